"""Telling households their codes: one message each, over the connections and within the rates of the notices."""

import logging
from datetime import timedelta

from celery import shared_task

from crisis import clock
from crisis.gathering import sending
from crisis.gathering.models import Pass
from crisis.registry.queries import house_paused
from platforms.errors import PlatformError
from tasks.writing import once, send_each, try_again_at

log = logging.getLogger(__name__)

ROUND_S = 20.0  # none is begun after it: with the longest send it stays within the task's time limit
AGAIN, MENDED = timedelta(seconds=30), timedelta(minutes=5)


@shared_task(name="tasks.passes.tell")
def tell() -> None:
    """Send what is due; two at the same time, or one much later, are safe."""
    if house_paused():
        return
    if lost := Pass.lose(clock.now(), reason="lost"):
        log.warning("codes were lost on the way: nobody knows whether they arrived", extra={"number": lost})
    waiting = ((row.contact, row.pk) for row in sending.due(clock.now()))
    send_each(waiting, _claim, _send, seconds=ROUND_S)


def _claim(pk: int) -> Pass | None:
    return sending.claim(pk, clock.now())


def _send(given: Pass) -> PlatformError | None:
    """Send what is claimed, and write down what became of it."""
    contact, out = given.contact, sending.told(given)
    if out is None or contact is None:
        given.settle(Pass.FAILED, reason="key_gone")
        return None
    error = once(contact.kind, out, address=contact.address, sealed=contact.sealed)
    again_at = try_again_at(error, soon=AGAIN, mended=MENDED)
    given.settle_after(error, again_at=again_at, reason=error.code if error else "")
    return error
