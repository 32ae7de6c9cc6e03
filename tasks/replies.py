"""Answering what somebody wrote: one short message, by the same way, over the connections and within the rate of the notices."""

import logging

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.audience.models import Contact
from crisis.checkins import confirming, strangers
from crisis.checkins.confirming import confirmation
from crisis.checkins.models import CheckIn
from crisis.registry.queries import home_ministry, house_paused
from platforms.contract import Outgoing
from tasks import notices
from tasks.writing import is_keyed, permitted, write

log = logging.getLogger(__name__)


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
        reply_token=notices.reply_token(contact.kind, contact.pk, contact.version),
    )
    seen: dict[str, object] = {"contact": contact_id, "way": contact.kind}
    if not permitted(contact.kind, contact.address):
        log.warning("a reply is recorded and not confirmed: the way has no room now", extra=seen)
        return
    _write(contact.kind, out, contact.address, contact.sealed, seen)


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
    _write(kind, Outgoing(text=text, marker=key, key=key, answers=True), "", sealed, seen)


def _write(kind: str, out: Outgoing, address: str, sealed: str, seen: dict[str, object]) -> None:
    if not (is_keyed(kind) or confirming.begin(kind, out.key)):
        # A worker died with it, and it may have left.
        log.warning("a reply is not written a second time: nobody knows whether the first one left", extra=seen)
        return
    write(kind, out, address=address, sealed=sealed, failed="a reply is recorded and not confirmed", seen=seen)
