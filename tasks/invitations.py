"""Invitations of people who came with a list: over the ways of the notices, only with permits that nobody else wants now."""

import hashlib
import logging
import time
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
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import house_paused
from crisis.wording.catalogue import CatalogueError, words
from platforms.contract import Outgoing
from platforms.errors import REFUSES_US, PlatformError, Throttled, Unconfirmed
from tasks import notices, throttle, wiring

log = logging.getLogger(__name__)

WORK_S = 8.0  # of each ten seconds
AT_ONCE = 100  # are looked up together
AGAIN = timedelta(minutes=15)  # after a refusal before anything left


@shared_task(name="tasks.invitations.send")
def send() -> None:
    """Send what is due for some seconds; two at the same time, or one much later, are safe."""
    now = clock.now()
    if lost := inviting.lose(now):
        log.warning("invitations whose outcome nobody knows: they are not sent again", extra={"number": lost})
    if house_paused():
        return
    until = time.monotonic() + WORK_S
    open_ways: list[str] = [kind for kind in INVITED_BY if halts.halted(breakers.keys(kind), now) is None]
    for invite in inviting.due(now, kinds=open_ways, limit=AT_ONCE):
        kind = invite.contact.kind
        if kind not in open_ways:
            continue
        if time.monotonic() > until:
            return
        if not _permitted(kind, until) or not _send(invite):
            open_ways.remove(kind)


def _permitted(kind: str, until: float) -> bool:
    """Wait for a permit as long as this turn lasts."""
    while wait := throttle.take(throttle.for_notices(kind)):
        if time.monotonic() + wait > until:
            return False
        time.sleep(wait)
    return True


def _send(invite: Invite) -> bool:
    """Send one, and note what became of it; False if nothing more goes this way for now."""
    token = inviting.claim(invite, clock.now())
    if not token:
        return True
    contact, seen = invite.contact, {"invite": invite.pk, "way": invite.contact.kind}
    try:
        target = wiring.citizen(contact.address, kind=contact.kind, sealed=contact.sealed)
        notices.write(contact.kind, _letter(invite, token), target)
    except UnreadableSecret:
        log.exception("an invitation cannot be sent: the stored address fits none of our keys", extra=seen)
        inviting.settle(invite, Invite.State.FAILED, code="unreadable")
    except Unconfirmed as error:
        log.warning("an invitation may have been sent", extra=seen | {"error": error.code})
        inviting.settle(invite, Invite.State.UNKNOWN, code=error.code)
    except PlatformError as error:
        log.warning("an invitation was not sent", extra=seen | {"error": error.code})
        return _refused(invite, error)
    else:
        inviting.settle(invite, Invite.State.SENT)
    return True


def _refused(invite: Invite, error: PlatformError) -> bool:
    """Put off what surely was not sent; False if the whole way wants quiet."""
    if isinstance(error, Throttled) and error.scope != "recipient":
        throttle.halt(throttle.whole(invite.contact.kind), seconds=error.retry_after)
    if error.retryable or isinstance(error, (Throttled, *REFUSES_US)):
        inviting.settle(invite, Invite.State.QUEUED, code=error.code, not_before=clock.now() + AGAIN)
        return False
    inviting.settle(invite, Invite.State.FAILED, code=error.code)
    return True


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
        "leave": f"{settings.PUBLIC_URL}{reverse('public:leave', args=[token_of(contact.pk)])}",
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
