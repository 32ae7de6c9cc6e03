"""What an alert's areas touch: countries, and of those that a circle touches in part, the regions."""

import math
from collections.abc import Iterable

from crisis.alerts.models import Area
from crisis.places.borders import country_at
from crisis.places.grid import distance_km
from crisis.places.models import Place
from crisis.places.queries import nearest
from crisis.registry.queries import Reach

KM_PER_DEGREE = 111.2  # of latitude
_RINGS, _SPOKES = 12, 24


def points_in(area: Area) -> list[tuple[float, float]]:
    """Return points spread over a circle, its middle and its edge included, as (lat, lon) in degrees.

    Raises:
        ValueError: the area is no circle.
    """
    if area.lat is None or area.lon is None or area.radius_km is None:
        raise ValueError("not a circle")
    found = [(area.lat, area.lon)]
    for ring in range(1, _RINGS + 1):
        reach = area.radius_km * ring / _RINGS / KM_PER_DEGREE
        for spoke in range(_SPOKES):
            angle = 2 * math.pi * spoke / _SPOKES
            lat = area.lat + reach * math.sin(angle)
            wide = max(0.05, math.cos(math.radians(area.lat)))
            if -90 <= lat <= 90:
                found.append((lat, (area.lon + reach * math.cos(angle) / wide + 180) % 360 - 180))
    return found


def _places_in(area: Area) -> list[Place]:
    assert area.lat is not None  # noqa: S101 - a circle, by its constraint
    assert area.lon is not None  # noqa: S101
    assert area.radius_km is not None  # noqa: S101
    lat, lon, radius = area.lat, area.lon, area.radius_km
    reach = radius / KM_PER_DEGREE
    wide = reach / max(0.05, math.cos(math.radians(lat)))
    near = Place.objects.filter(lat__range=(lat - reach, lat + reach), lon__range=(lon - wide, lon + wide))
    return [place for place in near if distance_km(lat, lon, place.lat, place.lon) <= radius]


def reaches(areas: Iterable[Area]) -> list[Reach]:
    """Return the countries that areas touch; of a circle's, also the regions, where the places in it tell them.

    A country whose regions nothing tells stands as a whole: rather one post too many than one too few.
    """
    whole: set[str] = set()
    parts: dict[str, set[str]] = {}
    for area in areas:
        if area.kind == Area.Kind.COUNTRY:
            whole.add(area.country)
            continue
        regions: dict[str, set[str]] = {}
        for place in _places_in(area):
            regions.setdefault(place.country, set()).add(place.region)
        for lat, lon in points_in(area):
            country = country_at(lat, lon)
            if country is not None and country not in regions:
                found = nearest(lat, lon, country=country)
                regions[country] = {found.region} if found else set()
        for country, found_regions in regions.items():
            if found_regions:
                parts.setdefault(country, set()).update(found_regions)
            else:
                whole.add(country)
    found_parts = [Reach(country, frozenset(regions)) for country, regions in parts.items() if country not in whole]
    return [Reach(country) for country in sorted(whole)] + sorted(found_parts, key=lambda reach: reach.country)
