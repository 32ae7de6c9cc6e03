"""Who is meant by an alert: the cells in which its citizens stay, how exposed each is, and which post serves it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet, Sum

from crisis.alerts.areas import away_km
from crisis.alerts.models import Alert, Area
from crisis.audience.models import Contact, Stay
from crisis.broadcast.ways import by_every_way, turn, ways
from crisis.places.grid import CELL_REACH_KM, centre_of, distance_km
from crisis.registry.models import Post
from crisis.registry.queries import Competence, Reach


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with people in it.

    Attributes:
        rank: the distance to the danger in km.
        people: how many stay there who can be written to, each counted once, whatever ways there are to them.
        by_way: of each way, whom it reaches at once, and for whom it is another way.
    """

    country: str
    region: str
    cell: int
    rank: int
    post: Post | None
    people: int
    by_way: dict[str, "Reached"]


@dataclass(frozen=True, slots=True)
class Reached:
    """Who is written to by one way: contacts, the greatest id among them, and for how many people they answer.

    Attributes:
        reserve: how many more contacts it has of people who prefer another way; they are written to where that one fails.
    """

    contacts: int
    greatest_contact: int
    people: int
    reserve: int = 0


def cells(alert: Alert, reaches: Sequence[Reach], now: datetime) -> list[Cell]:
    """Return the cells that an alert's areas hold, most exposed first.

    Args:
        alert: with areas and slots; an exercise means volunteers only.
        reaches: the countries that its areas touch.
        now: the time; posts that are not competent today serve nobody.
    """
    areas = list(alert.areas.all())
    stays = _stays(alert, [reach.country for reach in reaches])
    every_way = by_every_way(alert)
    found = _reached(stays, every_way=every_way)
    counted = _people(stays) if every_way else {}
    place = alert.slots.get("place", {})
    focus = (place["lat"], place["lon"]) if "lat" in place else None
    competence = Competence(ministry=alert.ministry, on=now.date())
    cells = []
    for (country, region, cell), by_way in found.items():
        middle = centre_of(cell)
        if not _inside(country, middle, areas):
            continue
        rank = round(distance_km(*middle, *focus)) if focus else 0
        post = competence.post_for(country, region, middle)
        # Where everybody is reached first by one way, people count once.
        people = counted.get((country, region, cell)) or sum(reached.people for reached in by_way.values())
        cells.append(Cell(country, region, cell, rank, post, people, by_way))
    return sorted(cells, key=lambda c: (c.rank, c.cell))


def _stays(alert: Alert, countries: Collection[str]) -> QuerySet[Stay]:
    stays = Stay.objects.filter(ended_at=None, country__in=countries, citizen__ministry=alert.ministry)
    return stays.filter(citizen__in_exercises=True) if alert.exercise else stays


@dataclass(frozen=True, slots=True)
class Known:
    """From where we know of people, and how old that is.

    Attributes:
        source: the list that they came with; blank is by themselves.
        oldest, newest: when somebody last said that they are there.
    """

    source: str
    people: int
    oldest: datetime
    newest: datetime


def known(alert: Alert, cells: Collection[Cell]) -> list[Known]:
    """Return from where we know of those who are meant, most people first.

    Args:
        alert: whose they are.
        cells: as `cells` gives them.
    """
    meant = {(each.country, each.region, each.cell) for each in cells}
    stays = _reachable(_stays(alert, {country for country, _, _ in meant})).order_by()
    rows = stays.values_list("country", "region", "cell", "citizen__came_with__source").annotate(
        Sum("citizen__people"), Min("confirmed_at"), Max("confirmed_at")
    )
    found: dict[str, Known] = {}
    for country, region, cell, source, people, oldest, newest in rows:
        if (country, region, cell) in meant:
            key = source or ""
            so_far = found.get(key, Known(key, 0, oldest, newest))
            found[key] = Known(key, so_far.people + people, min(so_far.oldest, oldest), max(so_far.newest, newest))
    return sorted(found.values(), key=lambda each: -each.people)


def _reachable(stays: QuerySet[Stay]) -> QuerySet[Stay]:
    """Return those of people who can be written to by some way."""
    return stays.filter(Exists(_working()))


def _working() -> QuerySet[Contact]:
    """Return the contacts of a stay's person that can be written to."""
    return Contact.objects.filter(citizen=OuterRef("citizen"), kind__in=ways(), state=Contact.State.ACTIVE)


_Place = tuple[str, str, int]


def _people(stays: QuerySet[Stay]) -> dict[_Place, int]:
    """Count the people of each cell who can be written to, each once."""
    rows = _reachable(stays).values_list("country", "region", "cell").annotate(Sum("citizen__people"))
    return {(country, region, cell): people for country, region, cell, people in rows.order_by()}


def _reached(stays: QuerySet[Stay], *, every_way: bool) -> dict[_Place, dict[str, Reached]]:
    """Return who is written to in each cell, by way: of each person's contacts the first, the others in reserve; or all."""
    active = stays.filter(citizen__contacts__kind__in=ways(), citizen__contacts__state=Contact.State.ACTIVE)
    found: dict[_Place, dict[str, Reached]] = {}
    for place, kind, contacts, greatest, people in _counted(active):
        found.setdefault(place, {})[kind] = Reached(contacts, greatest, people)
    if every_way or len({kind for by_way in found.values() for kind in by_way}) <= 1:
        return found
    # Only where there are several ways it is asked for each contact whether another goes before it.
    before = _working().annotate(turn=turn()).filter(turn__lt=OuterRef("turn"))
    later = active.annotate(turn=turn("citizen__contacts__")).filter(Exists(before))
    for place, kind, contacts, _, people in _counted(later):
        all_of = found[place][kind]
        first, others = all_of.contacts - contacts, all_of.people - people
        found[place][kind] = Reached(first, all_of.greatest_contact, others, reserve=contacts)
    return found


def _counted(contacts: QuerySet[Stay]) -> Iterator[tuple[_Place, str, int, int, int]]:
    rows = contacts.values_list("country", "region", "cell", "citizen__contacts__kind").annotate(
        Count("citizen__contacts"), Max("citizen__contacts__id"), Sum("citizen__people")
    )
    for country, region, cell, *counts in rows.order_by():
        yield (country, region, cell), *counts


def _inside(country: str, middle: tuple[float, float], areas: Sequence[Area]) -> bool:
    # To the far corner of the cell: somebody at the edge is rather told than missed.
    return any(
        area.country == country if area.kind == Area.Kind.COUNTRY else away_km(area, *middle) <= CELL_REACH_KM
        for area in areas
    )
