"""Who is silent, and may be asked again now: one rule for every step, and once more just before something leaves."""

from datetime import datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.db.models import Exists, OuterRef, Q

from crisis.alerts.models import Alert, Rollcall
from crisis.audience.contacts import TAKEN_AWAY
from crisis.audience.models import Citizen, Contact, Stay
from crisis.broadcast.release import holding
from crisis.checkins.models import Case, CheckIn
from crisis.registry.models import Mode

# Nobody is woken to be asked once more: the hours in which a call is taken for an emergency.
NIGHT = (time(22), time(7))
EXTREME = "Extreme"  # CAP 1.2 severity


def goes_on(rollcall: Rollcall, now: datetime) -> bool:
    """Tell whether the ladder of a rollcall goes on: it has one, is open, its alert may leave, and nobody has stopped it.

    Args:
        rollcall: as the database has it now.
        now: the time.
    """
    return is_wanted(rollcall) and holding(now).filter(pk=rollcall.alert_id).exists()


def is_wanted(rollcall: Rollcall) -> bool:
    """Tell whether a rollcall has a ladder that nobody and nothing has ended."""
    return rollcall.remind_after is not None and rollcall.quiet_since is None and rollcall.closed_at is None


def answered(rollcall: Rollcall, citizen: str) -> Exists:
    """Return the condition that a person has answered: by themselves or by staff, for what others report is no answer.

    Args:
        rollcall: the question.
        citizen: how the query reaches the citizen.
    """
    return Exists(CheckIn.objects.filter(rollcall=rollcall, citizen=OuterRef(citizen), current=True))


def found(citizen: str, mode: str | OuterRef) -> Exists:
    """Return the condition that something is known of a person that ends all asking.

    What was noted in a drill ends no asking in earnest; what is known in earnest ends a drill's too.

    Args:
        citizen: how the query reaches the citizen.
        mode: of the alert that asks, or how the query reaches it.
    """
    cases = Case.objects.filter(citizen=OuterRef(citizen)).exclude(finding="")
    return Exists(cases.filter(Q(mode=Mode.LIVE) | Q(mode=mode)))


def may_be_asked(rollcall: Rollcall, citizen: str) -> Q:
    """Return the condition that a person is silent and may be asked again, whatever the hour.

    Args:
        rollcall: with its alert.
        citizen: how the query reaches the citizen.
    """
    # Of whoever was erased nothing is left by which anybody could ask.
    there = Contact.objects.filter(citizen=OuterRef(citizen)).exclude(state=Contact.State.GONE, state_why=TAKEN_AWAY)
    silent = Q(Exists(there), ~answered(rollcall, citizen), ~found(citizen, rollcall.alert.mode))
    if not rollcall.alert.exercise:
        return silent
    return silent & Q(Exists(Citizen.objects.filter(pk=OuterRef(citizen), in_exercises=True)))


def asleep(alert: Alert, citizen: str, now: datetime) -> Q | None:
    """Return the condition that it is night where a person stays; None if nobody needs to be spared.

    Who has not said where they are is where the alert is.
    """
    if alert.severity == EXTREME:
        return None
    stays = Stay.objects.filter(citizen=OuterRef(citizen), ended_at=None)
    there = Q(Exists(stays.filter(time_zone__in=dark(now))))
    if not is_night(alert.slots.get("place", {}).get("zone", "UTC"), now):
        return there
    return there | Q(~Exists(stays.exclude(time_zone="")))


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_night(zone: str, now: datetime) -> bool:
    """Tell whether it is night in a time zone; one of no known name keeps UTC."""
    local = now.astimezone(_zone(zone if zone in _names() else "UTC")).time()
    return local >= NIGHT[0] or local < NIGHT[1]


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def dark(now: datetime) -> list[str]:
    """Return the time zones in which it is night."""
    return sorted(zone for zone in _names() if is_night(zone, now))
