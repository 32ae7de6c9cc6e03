"""Breakers: what fails five times in a row is left alone for a while, then tried by one; the others go on meanwhile."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q

from crisis.broadcast.models import Breaker
from platforms.contract import Receipt
from platforms.errors import (
    PlatformDown,
    PlatformError,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unreachable,
)

log = logging.getLogger(__name__)

TRIPS_AT = 5
SHORTEST = timedelta(seconds=30)
LONGEST = timedelta(minutes=10)
PROBE = timedelta(seconds=60)  # after which a probe that told nothing is taken for dead


def keys(platform: str, account_id: int | None = None) -> list[str]:
    """Return the names of a platform's breaker and of an account's."""
    return [platform] if account_id is None else [platform, f"{platform}:{account_id}"]


def admit(names: Iterable[str], now: datetime) -> datetime | None:
    """Ask whether something may be tried now.

    Args:
        names: of the breakers that all must be closed.
        now: the time.

    Returns:
        None if it may; else until when it is worth waiting. An open breaker whose time is over lets one through, whose outcome
        must be told to `note`.
    """
    opened = Breaker.objects.filter(name__in=list(names), open_until__isnull=False).order_by("pk")
    ends = {name: until for name, until in opened.values_list("name", "open_until") if until is not None}
    # Asked of all before one is taken: an account that rests must not hold its platform's one try, while all others wait for it.
    if (last := max(ends.values(), default=now)) > now:
        return last
    ours: list[str] = []
    for name in ends:
        free = Q(probe_until=None) | Q(probe_until__lt=now)
        if not Breaker.objects.filter(free, name=name, open_until__lte=now).update(probe_until=now + PROBE):
            release(ours)
            return now + timedelta(seconds=2)
        ours.append(name)
    return None


def troubled(names: Collection[str], now: datetime) -> set[str]:
    """Return those of some names of which something is known: failures, an open breaker, or a wish for quiet."""
    something = Q(failures__gt=0) | Q(open_until__isnull=False) | Q(halted_until__gt=now)
    known = Breaker.objects.filter(something, name__in=names)
    return set(known.values_list("name", flat=True))


def is_closed(name: str) -> bool:
    """Tell whether nothing is known against a platform or account."""
    return not Breaker.objects.filter(name=name, open_until__isnull=False).exists()


def rests(names: Iterable[str], now: datetime) -> datetime | None:
    """Return until when something is left alone, or None; one whose time is over may be tried, and nobody is let through here."""
    resting = Breaker.objects.filter(name__in=list(names), open_until__gt=now).order_by("-open_until")
    return resting.values_list("open_until", flat=True).first()


def resting(names: Iterable[str], now: datetime) -> list[str]:
    """Return those of some breakers whose platform or account is left alone."""
    return list(Breaker.objects.filter(name__in=list(names), open_until__gt=now).values_list("name", flat=True))


def release(names: Iterable[str]) -> None:
    """Let another one through: whoever was admitted has asked the platform nothing."""
    Breaker.objects.filter(name__in=list(names), probe_until__isnull=False).update(probe_until=None)


def note_refusal(way: str, now: datetime) -> None:
    """Remember since when notices wait because a way refuses them, or is left alone; what is known already is kept."""
    Breaker.objects.get_or_create(name=way)
    Breaker.objects.filter(name=way, refused_since=None).update(refused_since=now)


def note_taken(way: str) -> None:
    """Remember that a way takes notices."""
    refusing = Breaker.objects.filter(name=way, refused_since__isnull=False)
    if refusing.exists():  # nothing is written where nothing has changed: it is asked for every window
        refusing.update(refused_since=None)


def refused(before: datetime) -> list[str]:
    """Return the ways that have taken nothing since a moment, while notices waited."""
    return list(Breaker.objects.filter(refused_since__lte=before).values_list("name", flat=True))


def is_failure(outcome: Receipt | PlatformError) -> bool:
    """Tell whether an outcome says that the platform is not well, rather than something of this one text or person."""
    if isinstance(outcome, Unconfirmed):
        return not outcome.duplicate
    return isinstance(outcome, Unreachable | PlatformDown | Unfinished | UnexpectedResponse)


def note(names: Iterable[str], outcome: Receipt | PlatformError, now: datetime) -> None:
    """Take an outcome into account: a failure that says nothing of this one text, or a sign of life."""
    if isinstance(outcome, Throttled):
        release(names)  # a limit has a time of its own; whoever goes on after it is the probe
        return
    named = list(names)
    if not is_failure(outcome):
        worried = Breaker.objects.filter(Q(failures__gt=0) | Q(open_until__isnull=False), name__in=named)
        worried.update(failures=0, trips=0, open_until=None, probe_until=None)
        return
    for name in named:
        _fail(name, now)


def _fail(name: str, now: datetime) -> None:
    one = Breaker.objects.filter(name=name)
    if not one.update(failures=F("failures") + 1):
        Breaker.objects.get_or_create(name=name)
        one.update(failures=F("failures") + 1)
    breaker = one.get()
    probed = breaker.open_until is not None and breaker.open_until <= now
    if not probed and (breaker.open_until is not None or breaker.failures < TRIPS_AT):
        return
    until = now + min(LONGEST, SHORTEST * 2 ** min(breaker.trips, 8))
    same = one.filter(Q(open_until=None) | Q(open_until__lte=now))
    if same.update(open_until=until, trips=F("trips") + 1, failures=0, probe_until=None):
        log.warning("a breaker opened", extra={"breaker": name, "until": until.isoformat()})
