"""Sending the links that somebody asked for on a public page: one message each, within the rate of the notices."""

import hashlib
import logging

from celery import shared_task

from crisis import clock
from crisis.audience import linking
from crisis.audience.knocks import forget
from crisis.audience.models import Link
from crisis.audience.subscribing import forget_unconfirmed
from crisis.registry.queries import house_paused
from platforms.contract import Outgoing
from tasks import replies

log = logging.getLogger(__name__)


@shared_task(name="tasks.links.send")
def send(contact_id: int, purpose: str) -> None:
    """Send a link to the address that asked for it; the token is made here, and stands in no queue.

    Args:
        contact_id: whom.
        purpose: a value of Link.Purpose.
    """
    if house_paused():
        return
    taken = linking.take(contact_id=contact_id, purpose=Link.Purpose(purpose), now=clock.now())
    if taken is None:
        return
    contact, token = taken
    subject, text = linking.letter(contact, Link.Purpose(purpose), token)
    key = f"LI-{hashlib.sha256(token.encode()).hexdigest()[:40].upper()}"
    out = Outgoing(text=text, marker=key, key=key, subject=subject, language=contact.citizen.language)
    replies.write_to(contact, out, about="a link that somebody asked for")


@shared_task(name="tasks.links.forget")
def forget_old() -> None:
    """Forget who knocked at the public doors, and who asked and never said yes."""
    now = clock.now()
    knocks, people = forget(now), forget_unconfirmed(now)
    if knocks or people:
        log.info("forgotten", extra={"knocks": knocks, "unconfirmed": people})
