"""Writing to the staff about themselves: the link that lets somebody in, the code that confirms a way; made here, in no queue."""

import hashlib
import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from crisis import clock
from crisis.encryption import open_sealed
from crisis.language import STORED
from crisis.registry.endpoints import is_set_up
from crisis.registry.queries import house_paused
from crisis.staff import confirming, forgetting, inviting, letters
from crisis.staff.roster import Way
from platforms.contract import Outgoing
from tasks.writing import once, permitted

log = logging.getLogger(__name__)


@shared_task(name="tasks.staff_letters.invite")
def invite(officer_id: int) -> None:
    """Send somebody the link with which they set their password; the console shows whether the mail server took it."""
    if house_paused() or not is_set_up(Way.Kind.EMAIL):
        log.warning(
            "an invitation is not sent: e-mail is not set up, or the house is paused", extra={"officer": officer_id}
        )
        return
    made = inviting.make_link(officer_id=officer_id, now=clock.now())
    if made is None:
        return
    way, token = made
    if _sent(way, letters.invitation(way.officer, _link(token), inviting.LINK_HOLDS // timedelta(days=1)), token):
        inviting.note_sent(token=token, now=clock.now())


@shared_task(name="tasks.staff_letters.forgotten")
def forgotten(sealed: str) -> None:
    """Send the link for another password to whoever has forgotten theirs, if we know them; nobody learns whether we do.

    Args:
        sealed: what they typed, encrypted.
    """
    if house_paused() or not is_set_up(Way.Kind.EMAIL):
        log.warning("a link for another password is not sent: e-mail is not set up, or the house is paused")
        return
    made = forgetting.make_link(typed=open_sealed(sealed), now=clock.now())
    if made is None:
        return
    way, token = made
    letter = letters.forgotten(way.officer, _link(token), forgetting.LINK_HOLDS // timedelta(minutes=1))
    if _sent(way, letter, token):
        inviting.note_sent(token=token, now=clock.now())


@shared_task(name="tasks.staff_letters.confirm")
def confirm(way_id: int) -> None:
    """Send a code by a way that is not confirmed yet."""
    kind = Way.objects.filter(pk=way_id).values_list("kind", flat=True).first()
    if kind is None or house_paused() or not is_set_up(kind):
        log.warning("a code is not sent: that way is not set up, or the house is paused", extra={"way": kind})
        return
    made = confirming.make_code(way_id=way_id, now=clock.now())
    if made is not None:
        way, code = made
        _sent(way, letters.code(way, code, confirming.CODE_HOLDS // timedelta(minutes=1)), f"{way.pk}:{code}")


def _link(token: str) -> str:
    return settings.PUBLIC_URL + reverse("accept_invitation", args=[token])


def _sent(way: Way, letter: tuple[str, str], secret: str) -> bool:
    """Write, and tell whether it was taken; a person sees that nothing came, and asks for another."""
    seen: dict[str, object] = {"officer": way.officer_id, "way": way.kind}
    if not permitted(way.kind, way.address):
        log.warning("a letter to the staff is not sent: the way has no room now", extra=seen)
        return False
    subject, text = letter
    key = f"SL-{hashlib.sha256(secret.encode()).hexdigest()[:40].upper()}"
    out = Outgoing(text=text, marker=key, key=key, subject=subject, language=way.officer.language or STORED)
    error = once(way.kind, out, address=way.address, sealed=way.sealed)
    if error is not None:
        log.warning("a letter to the staff is not sent", extra=seen | {"error": error.code})
    return error is None
