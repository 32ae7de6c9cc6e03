"""What an alert's areas touch: countries, and of those that are touched in part, the regions."""

import math
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q

from crisis.alerts.models import Area
from crisis.places import rings
from crisis.places.borders import country_at
from crisis.places.grid import distance_km
from crisis.places.models import Place
from crisis.places.queries import nearest
from crisis.places.rings import KM_PER_DEGREE
from crisis.registry.queries import Reach

_RINGS, _SPOKES = 12, 24
_STEPS = 16  # a drawn area is asked at so many points in each direction, and along each of its sides


def away_km(area: Area, lat: float, lon: float) -> float:
    """Return how far a point lies outside a circle or a drawn area, in kilometres; 0 inside.

    Raises:
        ValueError: the area is a country.
    """
    if area.kind == Area.Kind.POLYGON:
        return rings.away_km(area.ring, lat, lon)
    if area.lat is None or area.lon is None or area.radius_km is None:
        raise ValueError("neither a circle nor drawn")
    return max(0.0, distance_km(lat, lon, area.lat, area.lon) - area.radius_km)


def points_in(area: Area) -> list[tuple[float, float]]:
    """Return points spread over a circle or a drawn area, its middle and its edge included, as (lat, lon) in degrees.

    Raises:
        ValueError: the area is a country.
    """
    if area.kind == Area.Kind.POLYGON:
        return _points_in_ring(area)
    if area.lat is None or area.lon is None or area.radius_km is None:
        raise ValueError("neither a circle nor drawn")
    found = [(area.lat, area.lon)]
    for ring in range(1, _RINGS + 1):
        reach = area.radius_km * ring / _RINGS / KM_PER_DEGREE
        for spoke in range(_SPOKES):
            angle = 2 * math.pi * spoke / _SPOKES
            lat = area.lat + reach * math.sin(angle)
            wide = max(0.05, math.cos(math.radians(area.lat)))
            if -90 <= lat <= 90:
                found.append((lat, _lon(area.lon + reach * math.cos(angle) / wide)))
    return found


def _lon(lon: float) -> float:
    return (lon + 180) % 360 - 180


def _points_in_ring(area: Area) -> list[tuple[float, float]]:
    flat = rings.flat(area.ring)
    parts = [step / _STEPS for step in range(_STEPS)]
    found = []
    for at, (lat, lon) in enumerate(flat):
        before = flat[at - 1]
        found += [(lat + (before[0] - lat) * part, _lon(lon + (before[1] - lon) * part)) for part in parts]
    south, west, north, east = rings.box(area.ring)
    grid = [(south + (north - south) * down, _lon(west + (east - west) * along)) for down in parts for along in parts]
    return found + [each for each in grid if not away_km(area, *each)]


def _box(area: Area) -> tuple[float, float, float, float]:
    """Return what surely holds an area: (south, west, north, east)."""
    if area.kind == Area.Kind.POLYGON:
        return rings.box(area.ring)
    if area.lat is None or area.lon is None or area.radius_km is None:
        raise ValueError("neither a circle nor drawn")
    high = area.radius_km / KM_PER_DEGREE
    wide = high / max(0.05, math.cos(math.radians(area.lat)))
    return area.lat - high, area.lon - wide, area.lat + high, area.lon + wide


def places_in(area: Area) -> list[Place]:
    """Return the places in a circle or a drawn area."""
    south, west, north, east = _box(area)
    # Past the 180th meridian the numbers begin anew.
    around = [Q(lon__range=(west + turn, east + turn)) for turn in (-360, 0, 360)]
    near = Place.objects.filter(reduce(or_, around), lat__range=(south, north))
    return [place for place in near if not away_km(area, place.lat, place.lon)]


def reaches(areas: Iterable[Area]) -> list[Reach]:
    """Return the countries that areas touch; of those touched in part, also the regions, where the places in it tell them.

    A country whose regions nothing tells stands as a whole: rather one post too many than one too few.
    """
    whole: set[str] = set()
    parts: dict[str, set[str]] = {}
    for area in areas:
        if area.kind == Area.Kind.COUNTRY:
            whole.add(area.country)
            continue
        regions: dict[str, set[str]] = {}
        for place in places_in(area):
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
