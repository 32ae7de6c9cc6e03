"""Answering what somebody wrote: one short message, by the same way, over the connections and within the rate of the notices."""

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast import breakers, halts
from crisis.checkins import confirming, strangers
from crisis.checkins.confirming import confirmation
from crisis.checkins.models import CheckIn
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import home_ministry, house_paused
from platforms import catalog
from platforms.contract import Outgoing, Target
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
    text = confirmation(contact, said, checkin, others=others)
    alert = checkin.rollcall.alert if checkin is not None and checkin.rollcall is not None else None
    out = Outgoing(
        text=text,
        marker=key,
        key=key,
        answers=True,
        subject=f"Re: {alert.marker}" if alert else contact.citizen.ministry.name(contact.citizen.language),
        reply_token=notices.reply_token(contact.kind, contact.pk),
    )
    seen: dict[str, object] = {"contact": contact_id, "way": contact.kind}
    if not permitted(contact.kind, contact.address):
        log.warning("a reply is recorded and not confirmed: the way has no room now", extra=seen)
        return
    try:
        target = wiring.citizen(contact.address, kind=contact.kind, sealed=contact.sealed)
    except UnreadableSecret:
        log.exception("a reply is recorded and not confirmed: the stored address fits none of our keys", extra=seen)
        return
    _write(contact.kind, out, target, seen)


@shared_task(name="tasks.replies.welcome")
def welcome(kind: str, sealed: str, key: str) -> None:
    """Tell somebody whom we do not know, once, how to be known.

    Args:
        kind: by which way.
        sealed: the address, encrypted.
        key: as above.
    """
    if house_paused():
        return
    home, alert = home_ministry(), strangers.alert_now(clock.now())
    link = f"{settings.PUBLIC_URL}/a/{alert.code}" if alert else f"{settings.PUBLIC_URL}/"
    drill = alert is not None and alert.exercise
    text = strangers.text_for_stranger(
        "phone", languages=home.required_languages, ministry=home, post=None, link=link, exercise=drill
    )
    seen: dict[str, object] = {"way": kind}
    if not permitted(kind, key):
        log.warning("a stranger is not answered: the way has no room now", extra=seen)
        return
    try:
        target = wiring.citizen("", kind=kind, sealed=sealed)
    except UnreadableSecret:
        log.exception("a stranger is not answered: the address fits none of our keys", extra=seen)
        return
    _write(kind, Outgoing(text=text, marker=key, key=key, answers=True), target, seen)


def _write(kind: str, out: Outgoing, target: Target, seen: dict[str, object]) -> None:
    """Write, and once more where nothing has left; where nobody knows, only if the other side knows our key."""
    spec = catalog.spec(kind)
    keyed = spec is not None and spec.keyed
    if not (keyed or confirming.begin(kind, out.key)):
        # A worker died with it, and it may have left.
        log.warning("a reply is not written a second time: nobody knows whether the first one left", extra=seen)
        return
    for left in reversed(range(TRIES)):
        try:
            notices.write(kind, out, target)
        except PlatformError as error:
            if isinstance(error, Throttled) and error.scope != "recipient":
                throttle.halt(throttle.whole(kind), seconds=error.retry_after)
            elif left and (error.retryable or (keyed and isinstance(error, Unconfirmed))):
                time.sleep(BETWEEN_S)
                continue
            log.warning("a reply is recorded and not confirmed", extra=seen | {"error": error.code})
        return


def permitted(kind: str, address: str) -> bool:
    """Wait for a permit, and until the last message to this person is some seconds old; False if that takes too long."""
    until = clock.now() + PATIENCE
    if halts.halted(breakers.keys(kind), clock.now()) is not None:
        return False
    while wait := throttle.take(throttle.for_notices(kind)):
        if clock.now() + timedelta(seconds=wait) > until:
            return False
        time.sleep(min(wait, 1.0))
    time.sleep(throttle.reserve([address], kind=kind)[0])
    return True
