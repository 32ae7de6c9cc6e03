"""Who is meant by an alert: the cells in which its citizens stay, how exposed each is, and which post serves it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Sum

from crisis.alerts.models import Alert, Area
from crisis.audience.models import Contact, Stay
from crisis.broadcast.ways import turn, ways
from crisis.places.grid import CELL_REACH_KM, centre_of, distance_km
from crisis.registry.models import Post
from crisis.registry.queries import Competence, Reach


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with people in it.

    Attributes:
        rank: the distance to the danger in km.
        people: how many stay there who can be written to, each counted once, whatever ways there are to them.
        by_way: of each way, whom it reaches first, and for whom it is another way.
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
    countries = [reach.country for reach in reaches]
    areas = list(alert.areas.all())
    stays = Stay.objects.filter(ended_at=None, country__in=countries, citizen__ministry=alert.ministry)
    if alert.exercise:
        stays = stays.filter(citizen__in_exercises=True)
    found = _reached(stays)
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
        # Everybody is reached first by one way: people count once.
        people = sum(reached.people for reached in by_way.values())
        cells.append(Cell(country, region, cell, rank, post, people, by_way))
    return sorted(cells, key=lambda c: (c.rank, c.cell))


_Place = tuple[str, str, int]


def _reached(stays: QuerySet[Stay]) -> dict[_Place, dict[str, Reached]]:
    """Return who is written to in each cell, by way: of each person's contacts the first, the others in reserve."""
    active = stays.filter(citizen__contacts__kind__in=ways(), citizen__contacts__state=Contact.State.ACTIVE)
    found: dict[_Place, dict[str, Reached]] = {}
    for place, kind, contacts, greatest, people in _counted(active):
        found.setdefault(place, {})[kind] = Reached(contacts, greatest, people)
    if len({kind for by_way in found.values() for kind in by_way}) <= 1:
        return found
    # Only where there are several ways it is asked for each contact whether another goes before it.
    before = Contact.objects.filter(citizen=OuterRef("citizen"), kind__in=ways(), state=Contact.State.ACTIVE)
    before = before.annotate(turn=turn()).filter(turn__lt=OuterRef("turn"))
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
    return any(
        area.country == country if area.kind == Area.Kind.COUNTRY else _in_circle(area, middle) for area in areas
    )


def _in_circle(area: Area, middle: tuple[float, float]) -> bool:
    if area.lat is None or area.lon is None or area.radius_km is None:
        return False
    # To the far corner of the cell: somebody at the edge is rather told than missed.
    return distance_km(*middle, area.lat, area.lon) <= area.radius_km + CELL_REACH_KM
