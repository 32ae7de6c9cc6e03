"""Who is meant by an alert: the cells in which its citizens stay, how exposed each is, and which post serves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Sum

from crisis.alerts.models import Alert, Area
from crisis.audience.models import Contact, Stay
from crisis.places.grid import CELL_REACH_KM, centre_of, distance_km
from crisis.registry.models import Post
from crisis.registry.queries import Competence, Reach


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with people in it: `rank` is the distance to the danger in km, `contacts` and `people` how many stay there."""

    country: str
    region: str
    cell: int
    rank: int
    post: Post | None
    contacts: int
    people: int
    greatest_contact: int


def cells(alert: Alert, reaches: Sequence[Reach], now: datetime) -> list[Cell]:
    """Return the cells that an alert's areas hold, most exposed first.

    Args:
        alert: with areas and slots; an exercise means volunteers only.
        reaches: the countries that its areas touch.
        now: the time; posts that are not competent today serve nobody.
    """
    countries = [reach.country for reach in reaches]
    areas = list(alert.areas.all())
    stays = Stay.objects.filter(
        ended_at=None,
        country__in=countries,
        citizen__ministry=alert.ministry,
        citizen__contacts__kind=Contact.Kind.TELEGRAM,
        citizen__contacts__state=Contact.State.ACTIVE,
    )
    if alert.exercise:
        stays = stays.filter(citizen__in_exercises=True)
    rows = stays.values_list("country", "region", "cell").annotate(
        Count("citizen__contacts"), Sum("citizen__people"), Max("citizen__contacts__id")
    )
    place = alert.slots.get("place", {})
    focus = (place["lat"], place["lon"]) if "lat" in place else None
    competence = Competence(ministry=alert.ministry, on=now.date())
    found = []
    for country, region, cell, contacts, people, greatest in rows.order_by():
        middle = centre_of(cell)
        if not _inside(country, middle, areas):
            continue
        rank = round(distance_km(*middle, *focus)) if focus else 0
        post = competence.post_for(country, region, middle)
        found.append(Cell(country, region, cell, rank, post, contacts, people, greatest))
    return sorted(found, key=lambda c: (c.rank, c.cell))


def _inside(country: str, middle: tuple[float, float], areas: Sequence[Area]) -> bool:
    return any(
        area.country == country if area.kind == Area.Kind.COUNTRY else _in_circle(area, middle) for area in areas
    )


def _in_circle(area: Area, middle: tuple[float, float]) -> bool:
    if area.lat is None or area.lon is None or area.radius_km is None:
        return False
    # To the far corner of the cell: somebody at the edge is rather told than missed.
    return distance_km(*middle, area.lat, area.lon) <= area.radius_km + CELL_REACH_KM
