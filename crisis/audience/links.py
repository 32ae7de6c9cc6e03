"""Links that only their receiver knows: made, opened, used. What opens one is never stored, only its digest."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import QuerySet

from crisis.audience.models import Citizen, Contact, Link

# How long each may be opened; a link to answer an alert holds as long as the alert, which whoever makes it says.
HOLDS = {
    Link.Purpose.CONFIRM: timedelta(days=2),
    Link.Purpose.MANAGE: timedelta(hours=2),
    Link.Purpose.INVITE: timedelta(days=30),
}
NOT_SENT = timedelta(minutes=5)  # how long a link holds that did not leave: then another one is made
ASKED_FOR = (Link.Purpose.CONFIRM, Link.Purpose.MANAGE)
# To one address, whoever asks: what nobody answers is not repeated for ever.
MOST, WITHIN = 3, timedelta(days=1)
_BYTES = 24  # 192 bits: nobody guesses it, so nothing slows down who opens one


def make(
    *,
    citizen: Citizen,
    contact: Contact | None,
    purpose: Link.Purpose,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """Make a link and return its token, which is nowhere else from then on.

    Args:
        citizen: whose.
        contact: where it is sent; whoever opens it proves that this is theirs. None where it is handed over by staff.
        purpose: what it is for.
        now: the time.
        expires_at: until when it may be opened; needed for CHECK_IN and STAY.
    """
    token = secrets.token_urlsafe(_BYTES)
    until = expires_at if expires_at is not None else now + HOLDS[purpose]
    Link.objects.create(
        citizen=citizen, contact=contact, purpose=purpose, digest=_digest(token), made_at=now, expires_at=until
    )
    return token


def opened(token: str, purpose: Link.Purpose, now: datetime) -> Link | None:
    """Return the link of a token with its citizen and contact; None if there is none for this, or not any more."""
    links = Link.objects.select_related("citizen__ministry", "contact")
    return links.filter(digest=_digest(token), purpose=purpose, expires_at__gt=now).first()


def sent(rows: QuerySet[Link]) -> int:
    """Return how many of some links were sent; one that could not be ends early, and does not count."""
    return sum(made.expires_at - made.made_at > NOT_SENT for made in rows)


def may_write(contact: Contact, now: datetime) -> bool:
    """Tell whether one more link that somebody asked for may be sent to a contact today."""
    return sent(Link.objects.filter(contact=contact, purpose__in=ASKED_FOR, made_at__gt=now - WITHIN)) < MOST


def use(link: Link, now: datetime) -> bool:
    """Note that a link has done what it is for; False if somebody was faster."""
    return bool(Link.objects.filter(pk=link.pk, used_at=None).update(used_at=now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
