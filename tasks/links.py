"""Sending the links that somebody asked for on a public page: one message each, within the rate of the notices."""

import hashlib
import logging

from celery import shared_task

from crisis import clock
from crisis.audience import confirming, linking
from crisis.audience.knocks import forget
from crisis.audience.letters import spoken_to
from crisis.audience.models import Contact, Link
from crisis.audience.subscribing import forget_unconfirmed
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import house_paused
from platforms.contract import Outgoing
from platforms.errors import REFUSES_US
from tasks import wiring
from tasks.writing import permitted, write

log = logging.getLogger(__name__)


@shared_task(name="tasks.links.send")
def send(contact_id: int, purpose: str) -> None:
    """Send a link to the address that asked for it; the token is made here, and stands in no queue.

    Any number of rings for a link that confirms is harmless: one that surely did not leave is made anew some minutes later, and
    one that may have left is not sent twice; the person can ask for another.

    Args:
        contact_id: whom.
        purpose: a value of Link.Purpose.
    """
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None or house_paused():
        return
    seen: dict[str, object] = {"contact": contact_id, "way": contact.kind}
    if not permitted(contact.kind, contact.address):
        log.warning("a link is not sent: the way has no room now", extra=seen)
        return
    taken = linking.take(contact_id=contact_id, purpose=Link.Purpose(purpose), now=clock.now())
    if taken is None:
        return
    contact, token = taken
    subject, text = linking.letter(contact, Link.Purpose(purpose), token)
    key = f"LI-{hashlib.sha256(token.encode()).hexdigest()[:40].upper()}"
    out = Outgoing(text=text, marker=key, key=key, subject=subject, language=spoken_to(contact.citizen))
    try:
        target = wiring.citizen(contact.address, kind=contact.kind, sealed=contact.sealed)
    except UnreadableSecret:
        log.exception("a link is not sent: the stored address fits none of our keys", extra=seen)
        return
    error = write(contact.kind, out, target, failed="a link is not sent", seen=seen)
    if error is not None and (error.retryable or isinstance(error, REFUSES_US)):
        confirming.not_sent(token=token, now=clock.now())


@shared_task(name="tasks.links.forget")
def forget_old() -> None:
    """Forget who knocked at the public doors, and who asked and never said yes."""
    now = clock.now()
    knocks, people = forget(now), forget_unconfirmed(now)
    if knocks or people:
        log.info("forgotten", extra={"knocks": knocks, "unconfirmed": people})
