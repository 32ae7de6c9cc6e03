"""Invitations of people who came with a list: over the ways of the notices, only with permits that nobody else wants now."""

import hashlib
import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from crisis import clock
from crisis.audience import inviting
from crisis.audience.leaving import token_of
from crisis.audience.lists import Invite
from crisis.audience.writing import INVITED_BY
from crisis.broadcast import breakers, halts
from crisis.registry.queries import house_paused
from crisis.wording.catalogue import CatalogueError, words
from platforms.contract import Outgoing
from platforms.errors import PlatformError
from tasks.writing import once, send_each, try_again_at

log = logging.getLogger(__name__)

WORK_S = 8.0  # of each ten seconds
AT_ONCE = 100  # are looked up together
AGAIN = timedelta(minutes=15)  # after a refusal before anything left


@shared_task(name="tasks.invitations.send")
def send() -> None:
    """Send what is due for some seconds; two at the same time, or one much later, are safe."""
    now = clock.now()
    if lost := Invite.lose(now):
        log.warning("invitations whose outcome nobody knows: they are not sent again", extra={"number": lost})
    if house_paused():
        return
    open_ways: list[str] = [kind for kind in INVITED_BY if halts.halted(breakers.keys(kind), now) is None]
    waiting = ((invite.contact, invite) for invite in inviting.due(now, kinds=open_ways, limit=AT_ONCE))
    send_each(waiting, _claim, _send, seconds=WORK_S)


def _claim(invite: Invite) -> tuple[Invite, str] | None:
    token = inviting.claim(invite, clock.now())
    return (invite, token) if token else None


def _send(claimed: tuple[Invite, str]) -> PlatformError | None:
    """Send one, and note what became of it."""
    invite, contact = claimed[0], claimed[0].contact
    error = once(contact.kind, _letter(*claimed), address=contact.address, sealed=contact.sealed)
    again_at = try_again_at(error, soon=AGAIN, mended=AGAIN)
    state = invite.settle_after(error, again_at=again_at, code=error.code if error else "")
    if error is not None:
        seen = {"invite": invite.pk, "way": contact.kind, "error": error.code, "state": state}
        log.warning("an invitation was not, or not surely, sent", extra=seen)
    return error


def _letter(invite: Invite, token: str) -> Outgoing:
    contact = invite.contact
    citizen, ministry = contact.citizen, contact.citizen.ministry
    try:
        language, fixed = citizen.language, words(citizen.language)
    except CatalogueError:
        language = ministry.languages[0]
        fixed = words(language)
    filled = {
        "ministry": ministry.name(language),
        "source": invite.file.source,
        "link": f"{settings.TELEGRAM_LINK}?start={inviting.PREFIX}{token}",
        "leave": f"{settings.PUBLIC_URL}{reverse('public:leave', args=[token_of(contact.pk, contact.version)])}",
    }
    return Outgoing(
        text=fixed[f"invitation_{contact.kind}"].format(**filled),
        marker="invitation",
        language=language,
        subject=fixed["invitation_subject"].format(**filled),
        # Of this letter and no other ever, also in a house that begins anew (docs/sms-gateway.md).
        key=f"IN-{hashlib.sha256(token.encode()).hexdigest()[:16].upper()}",
        leave_url=filled["leave"],
    )
