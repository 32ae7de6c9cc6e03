"""How long people stay: until when, whether they are still there, and the end of a stay that nobody confirms."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from crisis.audience.models import Citizen, Contact, Stay

# A visitor who named no last day is asked after so long without a word; whoever lives there moves less often, and to lose them
# costs more: nobody would warn them any more.
VISITOR_ASKED_AFTER = timedelta(days=90)
RESIDENT_ASKED_AFTER = timedelta(days=365)
ANSWER_WITHIN = timedelta(days=14)  # then the stay ends
TOLD_AGAIN_AFTER = timedelta(minutes=10)  # longer than any task: whoever was about to tell the person died
LONGEST = timedelta(days=5 * 366)  # a later last day is a slip of the finger
# Whoever has no chat with us is asked by letter: what costs nothing first. Nothing else of ours may be written by WhatsApp.
WRITTEN_TO = (Contact.Kind.EMAIL, Contact.Kind.SMS)
HOURS = range(10, 19)  # of the place's own clock, in which people are asked
_WIDEST = timedelta(hours=14)  # how far the earliest clock on Earth is ahead of UTC


class WrongDayError(Exception):
    """The last day lies in the past, or too far away."""


def today(stay: Stay | None, now: datetime) -> date:
    """Return the date where somebody stays; in UTC where no clock is known."""
    return now.astimezone(_zone(stay.time_zone if stay else "")).date()


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name or "UTC")


def lives_here(*, citizen: Citizen) -> bool:
    """Note that somebody lives where they are; False if nobody knows where that is."""
    return bool(_current(citizen).update(lives_here=True, until_on=None, asked_at=None))


def stays_until(*, citizen: Citizen, until_on: date, now: datetime) -> bool:
    """Note the last day of a visit.

    Args:
        citizen: who.
        until_on: that day, where they are.
        now: the time.

    Returns:
        False if nobody knows where they are.

    Raises:
        WrongDayError: it is over already, or more than five years away.
    """
    stay = _current(citizen).first()
    if stay is None:
        return False
    if not today(stay, now) <= until_on <= today(stay, now) + LONGEST:
        raise WrongDayError
    return bool(_current(citizen).update(lives_here=False, until_on=until_on, asked_at=None))


def _current(citizen: Citizen) -> QuerySet[Stay]:
    return Stay.objects.filter(citizen=citizen, ended_at=None)


@transaction.atomic
def still_there(*, citizen: Citizen, stay_id: int, now: datetime) -> Stay | None:
    """Note that somebody is still where they were: a stay that goes on from now, also if the old one had ended meanwhile.

    The old row stays as it was: a run of notices that is being written counts by it who was there.

    Returns:
        The stay that holds now; None if it is not theirs, or they have moved since.
    """
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    old = Stay.objects.filter(pk=stay_id, citizen=citizen).first()
    if old is None or _current(citizen).exclude(pk=old.pk).exists():
        return None
    go(citizen=citizen, now=now)
    until_on = old.until_on if old.until_on is not None and old.until_on >= today(old, now) else None
    return Stay.objects.create(
        citizen=citizen, country=old.country, region=old.region, lat=old.lat, lon=old.lon, cell=old.cell,
        place_name=old.place_name, time_zone=old.time_zone, until_on=until_on, lives_here=old.lives_here, confirmed_at=now,
    )  # fmt: skip


def go(*, citizen: Citizen, now: datetime) -> bool:
    """End the stay of somebody who has left; False if there was none."""
    return bool(_current(citizen).update(ended_at=now))


def to_ask(
    now: datetime, *, but_not: Collection[str] = (), limit: int, by_letter: Collection[str] | None = None
) -> list[int]:
    """Return the stays about which somebody is to be asked now, by id: it is day there, and the person has a chat with us.

    Args:
        now: the time.
        but_not: countries where an alert holds: it goes first.
        limit: at most so many.
        by_letter: instead those who have no chat, and a contact of such a kind.
    """
    found: list[int] = []
    # One after another, each by an index of its own: together a database may read every stay.
    for rows in _late(now), _silent(now, VISITOR_ASKED_AFTER), _silent(now, RESIDENT_ASKED_AFTER, lives_here=True):
        due = _reachable(rows, by_letter).exclude(country__in=but_not)
        for day, zones in _awake(due, now).items():
            # Where it is still the last day, it is not over.
            there = due.filter(time_zone__in=zones).filter(Q(until_on=None) | Q(until_on__lt=day))
            found += there.order_by("pk").values_list("pk", flat=True)[: limit - len(found)]
    return found


def _late(now: datetime) -> QuerySet[Stay]:
    return Stay.objects.filter(ended_at=None, asked_at=None, until_on__lt=(now + _WIDEST).date())


def _silent(now: datetime, after: timedelta, *, lives_here: bool = False) -> QuerySet[Stay]:
    waits = Stay.objects.filter(ended_at=None, asked_at=None, until_on=None)
    return waits.filter(lives_here=lives_here, confirmed_at__lt=now - after)


def to_end(
    now: datetime, *, but_not: Collection[str] = (), limit: int, by_letter: Collection[str] | None = None
) -> list[int]:
    """Return the stays that end now, because the person was asked and said nothing, by id; see `to_ask`."""
    asked = Stay.objects.filter(ended_at=None, asked_at__lt=now - ANSWER_WITHIN).exclude(country__in=but_not)
    asked = _reachable(asked, by_letter)
    zones = [zone for zones in _awake(asked, now).values() for zone in zones]
    return list(asked.filter(time_zone__in=zones).order_by("pk").values_list("pk", flat=True)[:limit])


def _reachable(rows: QuerySet[Stay], by_letter: Collection[str] | None) -> QuerySet[Stay]:
    active = Contact.objects.filter(citizen=OuterRef("citizen"), state=Contact.State.ACTIVE)
    with_a_chat = Exists(active.filter(kind=Contact.Kind.TELEGRAM))
    if by_letter is None:
        return rows.filter(with_a_chat)
    return rows.filter(~with_a_chat, Exists(active.filter(kind__in=by_letter)))


def written_to(citizen: Citizen, kinds: Collection[str]) -> Contact | None:
    """Return the contact by which somebody without a chat is asked; None if there is none of these kinds."""
    active = Contact.objects.filter(citizen=citizen, state=Contact.State.ACTIVE, kind__in=kinds)
    return min(active, key=lambda each: WRITTEN_TO.index(Contact.Kind(each.kind)), default=None)


def _awake(rows: QuerySet[Stay], now: datetime) -> dict[date, list[str]]:
    """Return the time zones of some stays in which it is day, by the date there."""
    found: dict[date, list[str]] = defaultdict(list)
    for name in rows.order_by().values_list("time_zone", flat=True).distinct():
        there = now.astimezone(_zone(name))
        if there.hour in HOURS:
            found[there.date()].append(name)
    return dict(found)


def take(*, stay_id: int, now: datetime) -> bool:
    """Note that somebody is asked now; False if somebody else asks, or they have said something meanwhile."""
    return bool(Stay.objects.filter(pk=stay_id, ended_at=None, asked_at=None).update(asked_at=now))


def give_back(*, stay_id: int) -> None:
    """Note that the question did not leave: they are to be asked again."""
    Stay.objects.filter(pk=stay_id, ended_at=None).update(asked_at=None)


def end(*, stay_id: int, now: datetime) -> bool:
    """End a stay that nobody confirmed; False if it was confirmed meanwhile, or has ended. `told` once the person is."""
    asked = Stay.objects.filter(pk=stay_id, ended_at=None, asked_at__lt=now - ANSWER_WITHIN)
    return bool(asked.update(ended_at=now, untold_since=now))


def told(*, stay_id: int) -> None:
    """Note that the person was told that their stay has ended, or may have been."""
    Stay.objects.filter(pk=stay_id).update(untold_since=None)


def untold(now: datetime, *, limit: int, by_letter: Collection[str] | None = None) -> list[int]:
    """Return the stays of whose end nobody was told, because a worker died with it, by id; see `to_ask`.

    Whoever has said since where they are need not be told.
    """
    elsewhere = Stay.objects.filter(citizen=OuterRef("citizen"), ended_at=None)
    rows = Stay.objects.filter(~Exists(elsewhere), untold_since__lt=now - TOLD_AGAIN_AFTER)
    return list(_reachable(rows, by_letter).order_by("pk").values_list("pk", flat=True)[:limit])


def tell_again(*, stay_id: int, now: datetime) -> bool:
    """Take such a stay, to tell its end; False if somebody else does."""
    rows = Stay.objects.filter(pk=stay_id, untold_since__lt=now - TOLD_AGAIN_AFTER)
    return bool(rows.update(untold_since=now))


@transaction.atomic
def reopen(*, stay_id: int) -> None:
    """Take an end back that the person could not be told of, unless they are somewhere else by now."""
    stay = Stay.objects.filter(pk=stay_id, ended_at__isnull=False).first()
    if stay is None:
        return
    Citizen.objects.select_for_update().get(pk=stay.citizen_id)
    if not Stay.objects.filter(citizen=stay.citizen_id, ended_at=None).exists():
        Stay.objects.filter(pk=stay_id).update(ended_at=None, untold_since=None)
