"""Ringing the staff: each message once, by its own way, before whatever goes to many."""

import hashlib
import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from crisis import clock
from crisis.alerts import ringing
from crisis.alerts.ring_words import letter
from crisis.alerts.rings import RingMessage
from crisis.broadcast import breakers, halts
from crisis.language import STORED
from crisis.registry.queries import house_paused
from crisis.staff.roster import Way
from platforms.contract import Outgoing
from platforms.errors import PlatformError, RecipientGone, Unconfirmed
from tasks import bells, throttle
from tasks.writing import once, try_again_at

log = logging.getLogger(__name__)


@shared_task(name="tasks.duty.ring")
def ring(alert_id: int) -> None:
    """Ring whoever is next for an alert that waits for approval; any number of rings is harmless."""
    bells.ring_staff(ringing.step(alert_id=alert_id, now=clock.now()))


@shared_task(name="tasks.duty.send")
def send(message_id: int) -> None:
    """Send one message, if it is due and still needed."""
    held = ringing.claim(message_id=message_id, now=clock.now())
    if held is None:
        return
    kind = held.kind
    if (until := _quiet_until(kind, clock.now())) is not None:
        ringing.put_off(held=held, until=until)
        return
    error = _sent(held)
    again = _again(error)
    ringing.settle(held=held, error=error, again_at=again, now=clock.now())
    if error is not None:
        seen = {"ring": held.ring_id, "way": kind, "error": error.code, "again": again is not None}
        log.warning("somebody of the staff was not rung", extra=seen)


def _quiet_until(kind: str, now: datetime) -> datetime | None:
    """Return until when nothing leaves by a way; None if it may now."""
    if house_paused():
        return now + ringing.AGAIN
    if (halted := halts.halted(breakers.keys(kind), now)) is not None:
        return halted
    # Of Telegram's rate, what is kept for answers: a person waits for this one too.
    wait = throttle.take_soon(throttle.for_replies(kind))
    return now + timedelta(seconds=wait) if wait > 0 else None


def _sent(held: RingMessage) -> PlatformError | None:
    """Send, and return why it was not taken."""
    way = Way.objects.filter(officer=held.ring.officer, kind=held.kind, confirmed_at__isnull=False).first()
    if way is None:
        return RecipientGone("the person has taken this way away, or changed it")
    return once(held.kind, _outgoing(held), address=way.address, sealed=way.sealed)


def _outgoing(held: RingMessage) -> Outgoing:
    about = held.ring
    link = settings.PUBLIC_URL + reverse("console:alert", args=[about.alert.mode, about.alert_id])
    subject, text = letter(about, link)
    # Of this message at every try, and of no other ever, also in a house that begins anew.
    turn = f"{about.purpose}:{about.asked_at.isoformat()}:{about.turn}:{about.officer_id}"
    named = f"{about.alert.identifier}:{turn}:{held.kind}"
    key = f"RG-{hashlib.sha256(named.encode()).hexdigest()[:16].upper()}"
    return Outgoing(text=text, marker=key, key=key, subject=subject, language=about.officer.language or STORED)


def _again(error: PlatformError | None) -> datetime | None:
    """Return when to try again: soon, as a person is waited for; None where it would be of no use."""
    # A second message in doubt is a small price; and what refuses us may be mended meanwhile.
    if isinstance(error, Unconfirmed):
        return clock.now() + ringing.AGAIN
    return try_again_at(error, soon=ringing.AGAIN, mended=ringing.AGAIN)
