"""Point to country, from country-coder's borders (ISC licence) and a ministry's areas: no network, no database, some 35 us."""

import json
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from crisis.places.areas import BadAreas, Ring, areas


@dataclass(frozen=True, slots=True)
class _Shape:
    """One polygon: its bounds in degrees, its rings (the first is the edge, the others are holes), and where it counts."""

    west: float
    south: float
    east: float
    north: float
    rings: list[Ring]
    countries: tuple[str, ...]

    @property
    def size(self) -> float:
        return (self.east - self.west) * (self.north - self.south)

    def holds(self, lat: float, lon: float) -> bool:
        if not (self.west <= lon <= self.east and self.south <= lat <= self.north):
            return False
        return _inside(lon, lat, self.rings[0]) and not any(_inside(lon, lat, hole) for hole in self.rings[1:])


def _shape(rings: list[Ring], countries: tuple[str, ...]) -> _Shape:
    lons, lats = zip(*rings[0], strict=True)
    return _Shape(min(lons), min(lats), max(lons), max(lats), rings, countries)


@cache
def _shapes(_: str) -> list[_Shape]:
    """Return every shape, in the order in which they are asked: what a ministry drew itself, then the smallest.

    The smallest shape that holds a point is the most exact one: a territory before the country around it.
    """
    decided = {area.shape: area.countries for area in areas() if area.shape}
    whole = {area.whole: area.countries for area in areas() if area.whole}
    drawn = [_shape([area.ring], area.countries) for area in areas() if area.ring and area.countries]
    known = []
    for feature in json.loads((settings.DATA_DIR / "borders.json").read_text(encoding="utf-8")):
        name = feature.get("area", "")
        if name and name not in decided:
            raise BadAreas(f"The file of areas has no row for the shape {name}.")
        countries = decided[name] if name else whole.get(feature["country"], (feature["country"],))
        known += [_shape(polygon, countries) for polygon in feature["coordinates"]]
    return sorted(drawn, key=lambda s: s.size) + sorted(known, key=lambda s: s.size)


def _inside(lon: float, lat: float, ring: Ring) -> bool:
    inside, (x1, y1) = False, ring[-1]
    for x2, y2 in ring:
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def countries_at(lat: float, lon: float) -> tuple[str, ...]:
    """Return where a point counts, its country's coastal waters included; none on the high seas.

    Several where a ministry decided that whoever is there is to be asked; the first holds until then.

    Args:
        lat: degrees north, -90 to 90.
        lon: degrees east, -180 to 180.
    """
    return next((shape.countries for shape in _shapes(str(settings.AREAS_FILE)) if shape.holds(lat, lon)), ())


def country_at(lat: float, lon: float) -> str | None:
    """Return the country that a point counts in, or None on the high seas; see `countries_at`."""
    return next(iter(countries_at(lat, lon)), None)


def countries_with_borders() -> frozenset[str]:
    """Return every code that `country_at` can answer."""
    return _countries(str(settings.AREAS_FILE))


@cache
def _countries(areas: str) -> frozenset[str]:
    return frozenset(code for shape in _shapes(areas) for code in shape.countries)
