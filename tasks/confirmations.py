"""The one message to an address that somebody gave: the link by which whoever reads it there confirms that it is theirs."""

import logging
import time

from celery import shared_task

from crisis import clock
from crisis.audience import confirming
from crisis.audience.letters import confirmation
from crisis.audience.models import Contact
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import house_paused
from platforms.contract import Outgoing
from platforms.errors import PlatformError, Throttled, Unconfirmed
from tasks import notices, throttle, wiring
from tasks.replies import BETWEEN_S, TRIES, permitted

log = logging.getLogger(__name__)


@shared_task(name="tasks.confirmations.send")
def send(contact_id: int) -> None:
    """Send the link of a contact that waits; any number of rings is harmless.

    What surely did not leave is made anew some minutes later, with another link. What may have left is not sent twice: the
    person can ask for another one.
    """
    contact = Contact.objects.select_related("citizen__ministry").filter(pk=contact_id).first()
    if contact is None or house_paused() or not permitted(contact.kind, contact.address):
        return
    token = confirming.take(contact_id=contact_id, now=clock.now())
    if token is None:
        return
    seen = {"contact": contact_id, "way": contact.kind}
    try:
        target = wiring.citizen(contact.address, kind=contact.kind, sealed=contact.sealed)
    except UnreadableSecret:
        log.exception("an address is not confirmed: it fits none of our keys", extra=seen)
        return
    subject, text = confirmation(contact, confirming.address_of(token))
    # Made for this link alone, of what is no secret: the key stands in the message's headers.
    key = f"CO-{contact_id}-{int(clock.now().timestamp())}"
    out = Outgoing(text=text, subject=subject, marker=key, key=key, language=contact.citizen.language)
    for left in reversed(range(TRIES)):
        try:
            notices.write(contact.kind, out, target)
        except PlatformError as error:
            if isinstance(error, Throttled) and error.scope != "recipient":
                throttle.halt(throttle.whole(contact.kind), seconds=error.retry_after)
            elif left and (error.retryable or isinstance(error, Unconfirmed)):
                time.sleep(BETWEEN_S)
                continue
            log.warning("a link to confirm an address was not sent", extra=seen | {"error": error.code})
            if error.retryable:
                confirming.not_sent(token=token, now=clock.now())
        return
