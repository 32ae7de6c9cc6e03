"""Asking the duty roster: who is on duty now, and when nobody is. Hours are the ministry's; what is returned is in UTC."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Q

from crisis.staff.models import Officer
from crisis.staff.rights import Right, may
from crisis.staff.roster import Duty, Shift

MORNING = time(8)  # until then a night's roster is looked at
RIGHTS = {Duty.OFFICER: Right.COMPOSE, Duty.APPROVER: Right.APPROVE, Duty.CASES: Right.CASES}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """One time that a shift comes round."""

    shift: Shift
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """When too few are on duty: for these countries, or (empty) for every one."""

    start: datetime
    end: datetime
    countries: tuple[str, ...] = ()


def morning_after(now: datetime, zone: str) -> datetime:
    """Return when the night ends that is under way, or comes next."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < MORNING else local.date() + _DAY
    return datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(UTC)


def periods(duty: Duty, *, begin: datetime, end: datetime, zone: str) -> list[Period]:
    """Return the shifts of a duty that touch a time, in the order in which their people are rung.

    Whoever has left, or no longer holds the right that the duty needs, is on none.

    Args:
        duty: which.
        begin, end: from when until when.
        zone: the ministry's time zone.
    """
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (begin, end))
    rows = Shift.objects.filter(Q(on=None) | Q(on__range=(first - _DAY, last)), duty=duty)
    rows = rows.select_related("officer").prefetch_related("officer__grants").order_by("turn", "id")
    days = [first + _DAY * number for number in range(-1, (last - first).days + 1)]
    found = (
        _period(shift, day, zone)
        for shift in rows
        if may(shift.officer, RIGHTS[duty])
        for day in days
        if day == shift.on or (shift.on is None and day.weekday() in shift.weekdays)
    )
    return [each for each in found if each.start < end and each.end > begin]


def _period(shift: Shift, day: date, zone: str) -> Period:
    last = day if shift.ends > shift.begins else day + _DAY
    start, end = datetime.combine(day, shift.begins, ZoneInfo(zone)), datetime.combine(last, shift.ends, ZoneInfo(zone))
    return Period(shift, start.astimezone(UTC), end.astimezone(UTC))


def on_duty(duty: Duty, *, now: datetime, zone: str, countries: Collection[str] | None = None) -> list[Officer]:
    """Return who is on duty now, each once, whoever is rung first before the others.

    Args:
        duty: which.
        now: the time.
        zone: the ministry's time zone.
        countries: only who is on duty for one of these; None: wherever.
    """
    here = [each.shift for each in periods(duty, begin=now, end=now + timedelta(microseconds=1), zone=zone)]
    meant = [s for s in here if countries is None or not s.countries or not set(s.countries).isdisjoint(countries)]
    return list({shift.officer_id: shift.officer for shift in meant}.values())


def gaps(
    duty: Duty, *, begin: datetime, end: datetime, zone: str, countries: Collection[str], depth: int = 1
) -> list[Gap]:
    """Return when fewer than `depth` people are on duty.

    Args:
        duty: which.
        begin, end: from when until when.
        zone: the ministry's time zone.
        countries: where somebody is needed; whoever is on duty everywhere is on duty for all of them.
        depth: 1: there must be one; 2: also one who is rung next.
    """
    around = periods(duty, begin=begin, end=end, zone=zone)
    inside = {moment for each in around for moment in (each.start, each.end) if begin < moment < end}
    found: list[Gap] = []
    for start, stop in pairwise(sorted({begin, end} | inside)):
        missing = _missing(
            (each.shift for each in around if each.start <= start and each.end >= stop), countries, depth
        )
        if missing is None:
            continue
        if found and found[-1].end == start and found[-1].countries == missing:
            start = found.pop().start  # noqa: PLW2901 - it goes on
        found.append(Gap(start, stop, missing))
    return found


def _missing(shifts: Iterable[Shift], countries: Collection[str], depth: int) -> tuple[str, ...] | None:
    """Return the countries for which there are too few; empty: everywhere; None: nowhere."""
    everywhere: set[int] = set()
    there: dict[str, set[int]] = {}
    for shift in shifts:
        if not shift.countries:
            everywhere.add(shift.officer_id)
        for country in shift.countries:
            there.setdefault(country, set()).add(shift.officer_id)
    if len(everywhere) >= depth:
        return None
    missing = tuple(sorted(each for each in countries if len(everywhere | there.get(each, set())) < depth))
    if missing == tuple(sorted(countries)):
        return ()
    return missing or None
