"""Confirming what somebody wrote back by SMS: one short message, over the connections and within the rate of the notices."""

import logging
import time
from datetime import timedelta

from celery import shared_task

from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast import breakers, halts
from crisis.checkins.confirming import confirmation
from crisis.checkins.models import CheckIn
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import house_paused
from platforms.contract import Outgoing
from platforms.errors import PlatformError, Throttled, Unconfirmed
from tasks import notices, throttle, wiring

log = logging.getLogger(__name__)

TRIES = 3  # the reference makes a repetition harmless; more would run into the task's time limit
BETWEEN_S = 2.0
# For a permit: the record stands without the confirmation, and notices must not wait for it.
PATIENCE = timedelta(seconds=20)


@shared_task(name="tasks.replies.confirm")
def confirm(contact_id: int, said: str, checkin_id: int, others: int, key: str) -> None:
    """Tell somebody what was recorded.

    Args:
        contact_id: whom.
        said, checkin_id, others: as `crisis.checkins.signals.replied` says.
        key: of this confirmation, at every try, and of no other.
    """
    contact = Contact.objects.select_related("citizen__ministry").filter(pk=contact_id).first()
    # Erased meanwhile; or a backup was put back, and nothing may leave.
    if contact is None or house_paused():
        return
    checkin = CheckIn.objects.select_related("rollcall__alert", "post").filter(pk=checkin_id).first()
    out = Outgoing(text=confirmation(contact, said, checkin, others=others), marker=key, key=key)
    seen = {"contact": contact_id, "way": contact.kind}
    if not permitted(contact):
        log.warning("a reply is recorded and not confirmed: the way has no room now", extra=seen)
        return
    try:
        target = wiring.citizen(contact.address, kind=contact.kind, sealed=contact.sealed)
    except UnreadableSecret:
        log.exception("a reply is recorded and not confirmed: the stored address fits none of our keys", extra=seen)
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
            log.warning("a reply is recorded and not confirmed", extra=seen | {"error": error.code})
        return


def permitted(contact: Contact) -> bool:
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
