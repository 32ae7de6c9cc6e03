"""Sending the links that somebody asked for on a public page: one message each, within the rate of the notices."""

import hashlib
import logging
import time
from datetime import timedelta

from celery import shared_task

from crisis import clock
from crisis.audience import linking
from crisis.audience.knocks import forget
from crisis.audience.models import Contact, Link
from crisis.audience.subscribing import forget_unconfirmed
from crisis.broadcast import breakers, halts
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import house_paused
from platforms.contract import Outgoing
from platforms.errors import PlatformError, Throttled, Unconfirmed
from tasks import notices, throttle, wiring

log = logging.getLogger(__name__)

TRIES = 3  # they share a key, which makes a repetition harmless; more would run into the task's time limit
BETWEEN_S = 2.0
PATIENCE = timedelta(seconds=20)  # for a permit: notices must not wait for it, and who asked can ask again


@shared_task(name="tasks.links.send")
def send(contact_id: int, purpose: str) -> None:
    """Send a link to the address that asked for it; the token is made here, and stands in no queue.

    Args:
        contact_id: whom.
        purpose: a value of Link.Purpose.
    """
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None or house_paused():
        return
    seen = {"contact": contact_id, "way": contact.kind}
    if not _permitted(contact):
        log.warning("a link is not sent: the way has no room now", extra=seen)
        return
    taken = linking.take(contact_id=contact_id, purpose=Link.Purpose(purpose), now=clock.now())
    if taken is None:
        return
    contact, token = taken
    subject, text = linking.letter(contact, Link.Purpose(purpose), token)
    key = f"LI-{hashlib.sha256(token.encode()).hexdigest()[:40].upper()}"
    out = Outgoing(text=text, marker=key, key=key, subject=subject, language=linking.language_of(contact.citizen))
    _write(contact, out, seen)


def _write(contact: Contact, out: Outgoing, seen: dict[str, object]) -> None:
    try:
        target = wiring.citizen(contact.address, kind=contact.kind, sealed=contact.sealed)
    except UnreadableSecret:
        log.exception("a link is not sent: the stored address fits none of our keys", extra=seen)
        return
    for left in reversed(range(TRIES)):
        try:
            notices.write(contact.kind, out, target)
        except PlatformError as error:
            if isinstance(error, Throttled) and error.scope != "recipient":
                throttle.halt(throttle.whole(contact.kind), seconds=error.retry_after)
            elif left and (error.retryable or isinstance(error, Unconfirmed)):
                time.sleep(BETWEEN_S)
                continue
            log.warning("a link is not sent", extra=seen | {"error": error.code})
        return


def _permitted(contact: Contact) -> bool:
    """Wait for a permit, and until the last message to this person is some seconds old; False if that takes too long."""
    until = clock.now() + PATIENCE
    if halts.halted(breakers.keys(contact.kind), clock.now()) is not None:
        return False
    while wait := throttle.take(throttle.for_notices(contact.kind)):
        if clock.now() + timedelta(seconds=wait) > until:
            return False
        time.sleep(min(wait, 1.0))
    time.sleep(throttle.reserve([contact.address], kind=contact.kind)[0])
    return True


@shared_task(name="tasks.links.forget")
def forget_old() -> None:
    """Forget who knocked at the public doors, and who asked and never said yes."""
    now = clock.now()
    knocks, people = forget(now), forget_unconfirmed(now)
    if knocks or people:
        log.info("forgotten", extra={"knocks": knocks, "unconfirmed": people})
