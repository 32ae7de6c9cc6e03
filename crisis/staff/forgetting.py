"""A forgotten password: a link to an address that somebody has confirmed, with which they set another one; once, and soon."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from crisis.encryption import blind_index, blind_indexes
from crisis.journal.models import Entry
from crisis.journal.operations import append
from crisis.staff.invited import StaffInvitation
from crisis.staff.inviting import said
from crisis.staff.models import Officer
from crisis.staff.roster import Way
from crisis.staff.rostering import RosterError, as_email

LINK_HOLDS = timedelta(minutes=30)  # a mail server may keep a letter waiting
NOT_BEFORE = timedelta(minutes=5)  # another link for the same person
MOST_A_DAY = 5  # for one person, whoever asks
ASKED = "staff.forgot_password"


@transaction.atomic
def make_link(*, typed: str, now: datetime) -> tuple[Way, str] | None:
    """Return where the link of whoever has forgotten their password goes, and its token, which is kept nowhere.

    Args:
        typed: the name with which they sign in, or their e-mail address.
        now: the time.

    Returns:
        None if nothing is to be sent: we have nobody of that name, they have left, no e-mail address of theirs is confirmed, or
        they were sent a link a moment ago, or too many in a day.
    """
    officer = (
        Officer.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=_whose(typed) or 0, is_active=True)
        .first()
    )
    if officer is None:
        return None
    way = Way.objects.filter(officer=officer, kind=Way.Kind.EMAIL, confirmed_at__isnull=False).first()
    asked = Entry.objects.filter(action=ASKED, subject=f"officer:{officer.pk}", at__gt=now - timedelta(days=1))
    if way is None or asked.filter(at__gt=now - NOT_BEFORE).exists() or asked.count() >= MOST_A_DAY:
        return None
    token = secrets.token_urlsafe(32)
    fresh = {"made_by": officer, "made_at": now, "expires_at": now + LINK_HOLDS, "sent_at": None, "used_at": None}
    StaffInvitation.objects.update_or_create(officer=officer, defaults=fresh | {"digest": blind_index(said(token))})
    append(actor="door", action=ASKED, subject=f"officer:{officer.pk}", now=now)
    return way, token


def _whose(typed: str) -> int | None:
    """Return the number of whoever signs in by this name, or has this address."""
    if number := Officer.objects.filter(username=typed).values_list("pk", flat=True).first():
        return number
    try:
        address = as_email(typed)
    except RosterError:
        return None
    ways = Way.objects.filter(kind=Way.Kind.EMAIL, address__in=blind_indexes(address))
    return ways.values_list("officer", flat=True).first()
