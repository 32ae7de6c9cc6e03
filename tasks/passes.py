"""Telling households their codes: one message each, over the connections and within the rates of the notices."""

import logging
import time
from datetime import timedelta

from celery import shared_task

from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast import breakers, halts
from crisis.encryption import UnreadableSecret
from crisis.gathering import sending
from crisis.gathering.models import Pass
from crisis.registry.queries import house_paused
from platforms.errors import REFUSES_US, PlatformError, Throttled, Unconfirmed
from tasks import notices, throttle, wiring

log = logging.getLogger(__name__)

ROUND_S = 20.0  # none is begun after it: with the longest send it stays within the task's time limit
AGAIN, MENDED = timedelta(seconds=30), timedelta(minutes=5)


@shared_task(name="tasks.passes.tell")
def tell() -> None:
    """Send what is due; two at the same time, or one much later, are safe."""
    begun = time.monotonic()
    if house_paused():
        return
    if lost := sending.lose(clock.now()):
        log.warning("codes were lost on the way: nobody knows whether they arrived", extra={"number": lost})
    for pk in sending.due(clock.now()):
        if time.monotonic() - begun > ROUND_S or not _one(pk):
            return


def _one(pk: int) -> bool:
    """Send one; False if nothing more should be tried now."""
    row = Pass.objects.select_related("contact").filter(pk=pk).first()
    if row is None or row.contact is None:
        return True
    kind = row.contact.kind
    if halts.halted(breakers.keys(kind), clock.now()) is not None:
        return True
    if throttle.take_soon(throttle.for_notices(kind)) > 0:
        return False
    time.sleep(throttle.reserve([row.contact.address], kind=kind)[0])
    if (given := sending.claim(pk, clock.now())) is not None:
        _send(given, row.contact)
    return True


def _send(given: Pass, contact: Contact) -> None:
    """Send what is claimed, and write down what became of it."""
    kind, out = contact.kind, sending.told(given)
    if out is None:
        sending.settle(given, Pass.State.FAILED, reason="key_gone")
        return
    try:
        notices.write(kind, out, wiring.citizen(contact.address, kind=kind, sealed=contact.sealed))
    except UnreadableSecret:
        sending.settle(given, Pass.State.FAILED, reason="unreadable")
    except Throttled as error:
        if error.scope != "recipient":
            throttle.halt(throttle.whole(kind), seconds=error.retry_after)
        until = clock.now() + timedelta(seconds=error.retry_after)
        sending.settle(given, Pass.State.QUEUED, reason=error.code, not_before=until)
    except Unconfirmed as error:
        sending.settle(given, Pass.State.UNKNOWN, reason=error.code)
    except PlatformError as error:
        # What is ours to mend, a password or a quota, has let nothing leave: the code is told once it is mended.
        again = error.retryable or isinstance(error, REFUSES_US)
        until = clock.now() + (AGAIN if error.retryable else MENDED)
        sending.settle(given, Pass.State.QUEUED if again else Pass.State.FAILED, reason=error.code, not_before=until)
    else:
        sending.settle(given, Pass.State.SENT)
