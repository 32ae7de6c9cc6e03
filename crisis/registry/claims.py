"""Claiming a channel that has no consent screen: its editor posts a code in it, once, within half an hour."""

import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from crisis.registry.invitations import ModesMeet, WrongIdentity, complete, digest, handle, refused, usable
from crisis.registry.models import Invitation
from platforms.access import Granted
from platforms.contract import Identity

CODE_HOLDS = timedelta(minutes=30)
# Without what is easily taken for something else.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE = re.compile(rf"\bTOCSIN-([{_ALPHABET}]{{4}})-([{_ALPHABET}]{{4}})\b", re.IGNORECASE)


class Claimed(StrEnum):
    """What became of a code."""

    CONNECTED = "connected"
    OTHER_CHANNEL = "other_channel"
    MAY_NOT_POST = "may_not_post"
    MODES_MEET = "modes_meet"
    UNKNOWN = "unknown"


def code_in(text: str) -> str:
    """Return the code that stands in a text, or blank."""
    found = _CODE.search(text)
    return found[0].upper() if found else ""


def new_code(*, invitation: Invitation, now: datetime) -> str:
    """Make a code; an earlier one no longer counts."""
    letters = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(2)]
    code = f"TOCSIN-{letters[0]}-{letters[1]}"
    Invitation.objects.filter(pk=invitation.pk).update(
        claim_digest=digest(code), claim_until=min(now + CODE_HOLDS, invitation.expires_at), problem=""
    )
    return code


def counts(invitation: Invitation, code: str, now: datetime) -> bool:
    """Tell whether a code may still be posted."""
    until = invitation.claim_until
    return bool(code) and invitation.claim_digest == digest(code) and until is not None and until > now


def claim(*, code: str, channel: str, platform_id: str, may_post: bool, now: datetime) -> Claimed:
    """Take a code that was posted in a channel; it counts once, wherever it stood.

    Args:
        code: as `code_in` found it.
        channel: the channel's public name.
        platform_id: the channel's number.
        may_post: our bot may post there.
        now: the time.
    """
    invitation = usable(now).filter(claim_digest=digest(code), claim_until__gt=now).first()
    if invitation is None or not _take(invitation):
        return Claimed.UNKNOWN
    identity = Identity(platform_id, f"@{handle(channel)}" if channel else platform_id)
    outcome = Claimed.CONNECTED
    if not may_post and handle(channel) == handle(invitation.address):
        outcome = Claimed.MAY_NOT_POST
        refused(invitation, outcome, now)
    else:
        try:
            complete(invitation=invitation, granted=[Granted(identity, {}, ("post_messages",))], now=now)
        except WrongIdentity:
            outcome = Claimed.OTHER_CHANNEL
        except ModesMeet:
            outcome = Claimed.MODES_MEET
    if outcome != Claimed.CONNECTED:
        about = identity.address if outcome == Claimed.OTHER_CHANNEL else ""
        Invitation.objects.filter(pk=invitation.pk).update(problem=f"{outcome} {about}".strip())
    return outcome


def _take(invitation: Invitation) -> bool:
    same = Invitation.objects.filter(pk=invitation.pk, claim_digest=invitation.claim_digest)
    return bool(same.update(claim_digest="", claim_until=None))
