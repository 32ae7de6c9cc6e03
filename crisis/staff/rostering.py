"""Changing the duty roster, and the ways by which each of the staff is reached."""

import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from crisis.encryption import UnreadableSecret, blind_index, blind_indexes, open_sealed, seal
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, may, require
from crisis.staff.roster import Duty, LinkCode, Shift, Way
from crisis.staff.shifts import RIGHTS

LINK_PREFIX = "duty_"  # of the link that opens the bot with a code
CODE_HOLDS = timedelta(minutes=10)
LAST_TURN = 9
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no vowels and no look-alikes: it is copied from one screen to another
_BETWEEN = re.compile(r"[\s().\-/]")
_E164 = re.compile(r"\+[1-9]\d{6,14}")  # ITU-T E.164


class RosterError(Exception):
    """What was asked cannot stand on the roster; the message says why."""


@transaction.atomic
def add_shift(
    *,
    officer: Officer,
    duty: Duty,
    begins: time,
    ends: time,
    by: Officer,
    now: datetime,
    turn: int = 1,
    countries: Sequence[str] = (),
    weekdays: Sequence[int] = (),
    on: date | None = None,
) -> Shift:
    """Put somebody on duty, every week or once; see `Shift`.

    Raises:
        NotAllowed: `by` may not change the roster.
        RosterError: the person lacks what the duty needs, or it has no day, or both kinds of days.
    """
    require(by, Right.ROSTER)
    if not may(officer, RIGHTS[duty]):
        raise RosterError(
            _("%(officer)s holds no role that may %(right)s.") % {"officer": officer, "right": _(RIGHTS[duty].value)}
        )
    if bool(weekdays) == (on is not None):
        raise RosterError(_("Choose the days of the week, or one date."))
    if not set(weekdays) <= set(range(7)) or not 1 <= turn <= LAST_TURN:
        raise RosterError(_("Days are 0 to 6, turns 1 to %(last)s.") % {"last": LAST_TURN})
    shift = Shift.objects.create(
        officer=officer, duty=duty, turn=turn, countries=sorted(set(countries)), weekdays=sorted(set(weekdays)), on=on,
        begins=begins, ends=ends,
    )  # fmt: skip
    append(
        actor=by.actor, action="staff.add_shift", subject=f"officer:{officer.pk}", now=now, shift=shift.pk, duty=duty,
        turn=turn, countries=shift.countries, weekdays=shift.weekdays, on=on.isoformat() if on else "",
        hours=f"{begins:%H:%M}-{ends:%H:%M}",
    )  # fmt: skip
    return shift


@transaction.atomic
def remove_shift(*, shift: Shift, by: Officer, now: datetime) -> None:
    """Take somebody off duty."""
    require(by, Right.ROSTER)
    number, (gone, _) = shift.pk, Shift.objects.filter(pk=shift.pk).delete()
    if gone:
        append(
            actor=by.actor, action="staff.remove_shift", subject=f"officer:{shift.officer_id}", now=now, shift=number
        )


@transaction.atomic
def make_code(*, officer: Officer, now: datetime) -> str:
    """Return a code with which a chat is linked to somebody, once, within some minutes; an earlier one is worth nothing then."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    LinkCode.objects.update_or_create(
        officer=officer, defaults={"digest": blind_index(code), "expires_at": now + CODE_HOLDS}
    )
    return code


@transaction.atomic
def link_chat(*, code: str, chat: int, now: datetime) -> Officer | None:
    """Link the chat that says a code to the person who got it; a chat is one person's, the last one's.

    Returns:
        The person; None if the code is unknown, used or too old.
    """
    rows = LinkCode.objects.filter(digest__in=blind_indexes(code.strip().upper()), expires_at__gt=now)
    found = rows.select_for_update().select_related("officer").first()
    if found is None or not found.officer.is_active:
        return None
    found.delete()
    Way.objects.filter(kind=Way.Kind.TELEGRAM, address=str(chat)).exclude(officer=found.officer).delete()
    _store(found.officer, Way.Kind.TELEGRAM, str(chat), "", now)
    return found.officer


@transaction.atomic
def set_way(*, officer: Officer, kind: Way.Kind, text: str, now: datetime) -> None:
    """Note a person's own e-mail address or phone number; they are rung there once it is confirmed.

    Raises:
        RosterError: it is none, or somebody else's.
    """
    address = as_email(text.strip()) if kind == Way.Kind.EMAIL else _phone(text.strip())
    taken = Way.objects.filter(kind=kind, address__in=blind_indexes(address)).exclude(officer=officer)
    if taken.exists():
        raise RosterError(_("Somebody else of the staff is reached there already."))
    _store(officer, kind, blind_index(address), seal(address), now)


@transaction.atomic
def remove_way(*, officer: Officer, kind: str, now: datetime) -> None:
    """Reach a person that way no more."""
    gone, _ = Way.objects.filter(officer=officer, kind=kind).delete()
    if gone:
        append(actor=officer.actor, action="staff.remove_way", subject=f"officer:{officer.pk}", now=now, kind=kind)


def officer_of(chat: int) -> Officer | None:
    """Return whose chat it is, if it is linked to somebody of the staff who has not left."""
    way = Way.objects.filter(kind=Way.Kind.TELEGRAM, address=str(chat), officer__is_active=True)
    found = way.select_related("officer").first()
    return found.officer if found else None


def masked(way: Way) -> str:
    """Return as much of an address as its owner needs to know it again."""
    if way.kind == Way.Kind.TELEGRAM:
        return _("linked")
    try:
        address = open_sealed(way.sealed)
    except UnreadableSecret:
        return _("unreadable: give it anew")
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else f"{address[:3]}…{address[-2:]}"


def _store(officer: Officer, kind: Way.Kind, address: str, sealed: str, now: datetime) -> None:
    # Whoever says a code of the console in a chat has shown that it is theirs; of an address that is yet to come.
    confirmed = now if kind == Way.Kind.TELEGRAM else None
    fresh = {"linked_at": now, "confirmed_at": confirmed, "digest": "", "code_until": None}
    Way.objects.update_or_create(officer=officer, kind=kind, defaults={"address": address, "sealed": sealed, **fresh})
    append(actor=officer.actor, action="staff.set_way", subject=f"officer:{officer.pk}", now=now, kind=kind)


def as_email(text: str) -> str:
    """Return an e-mail address as it is stored.

    Raises:
        RosterError: it is none.
    """
    try:
        validate_email(text)
    except ValidationError as error:
        raise RosterError(_("This is no e-mail address.")) from error
    return text.lower()


def _phone(text: str) -> str:
    bare = _BETWEEN.sub("", text)
    number = f"+{bare[2:]}" if bare.startswith("00") else bare
    if not _E164.fullmatch(number):
        raise RosterError(_("A phone number is written with its country: + and 7 to 15 digits."))
    return number
