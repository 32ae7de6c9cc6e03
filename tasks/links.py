"""Sending the links that somebody asked for on a public page: one message each, within the rate of the notices."""

import hashlib
import logging

from celery import shared_task

from crisis import clock
from crisis.audience import budget, confirming, linking
from crisis.audience.knocks import forget
from crisis.audience.letters import spoken_to
from crisis.audience.models import Contact, Link
from crisis.registry.queries import house_paused
from platforms.contract import Outgoing
from platforms.errors import REFUSES_US
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
    if not budget.room(contact.kind, clock.now()):
        log.warning("a link is not sent: this hour's are spent", extra=seen)
        return
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
    error = write(
        contact.kind, out, address=contact.address, sealed=contact.sealed, failed="a link is not sent", seen=seen
    )
    if error is not None and (error.retryable or isinstance(error, REFUSES_US)):
        confirming.not_sent(token=token, now=clock.now())


@shared_task(name="tasks.links.forget")
def forget_old() -> None:
    """Forget who knocked at the public doors."""
    if knocks := forget(clock.now()):
        log.info("forgotten", extra={"knocks": knocks})
