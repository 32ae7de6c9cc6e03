"""Rings: an area drawn by its corners, across the 180th meridian too; measuring, and asking what is in it."""

import math
from collections.abc import Iterable, Sequence

KM_PER_DEGREE = 111.2  # of latitude

Corner = tuple[float, float]  # degrees north, degrees east
Ring = Sequence[Corner]


def written(ring: Iterable[Sequence[float]]) -> str:
    """Return corners as `drawn.corners` reads them."""
    return ", ".join(f"{lat:g} {lon:g}" for lat, lon in ring)


def flat(ring: Iterable[Sequence[float]]) -> list[Corner]:
    """Return the corners with longitudes that go on past 180 where the ring crosses that meridian."""
    found = [(float(lat), float(lon)) for lat, lon in ring]
    first = found[0][1]
    return [(lat, first + (lon - first + 180) % 360 - 180) for lat, lon in found]


def box(ring: Iterable[Sequence[float]]) -> tuple[float, float, float, float]:
    """Return (south, west, north, east) in degrees; east may be over 180, or west under -180."""
    lats, lons = zip(*flat(ring), strict=True)
    return min(lats), min(lons), max(lats), max(lons)


def middle(ring: Iterable[Sequence[float]]) -> Corner:
    """Return the middle of the box around a ring."""
    south, west, north, east = box(ring)
    return (south + north) / 2, ((west + east) / 2 + 180) % 360 - 180


def away_km(ring: Iterable[Sequence[float]], lat: float, lon: float) -> float:
    """Return how far a point lies from an area, in kilometres; 0 inside.

    Args:
        ring: the area's corners.
        lat, lon: the point, in degrees.
    """
    around = flat(ring)
    _, west, _, east = box(ring)
    here = (west + east) / 2
    lon = here + (lon - here + 180) % 360 - 180
    if _inside(around, lat, lon):
        return 0.0
    wide = math.cos(math.radians(lat))
    local = [((x - lon) * wide, y - lat) for y, x in around]
    return min(_from_origin(one, other) for one, other in _sides(local)) * KM_PER_DEGREE


def _sides(ring: Sequence[Corner]) -> list[tuple[Corner, Corner]]:
    return [(ring[at - 1], ring[at]) for at in range(len(ring))]


def _inside(ring: Sequence[Corner], lat: float, lon: float) -> bool:
    inside = False
    for (y1, x1), (y2, x2) in _sides(ring):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _from_origin(one: Corner, other: Corner) -> float:
    dx, dy = other[0] - one[0], other[1] - one[1]
    along = min(1.0, max(0.0, -(one[0] * dx + one[1] * dy) / (dx * dx + dy * dy)))
    return math.hypot(one[0] + along * dx, one[1] + along * dy)


def km_between(one: Corner, other: Corner) -> float:
    """Return how far two points lie apart, in kilometres, as on a flat map of their latitude."""
    wide = math.cos(math.radians((one[0] + other[0]) / 2))
    return KM_PER_DEGREE * math.hypot(one[0] - other[0], ((one[1] - other[1] + 180) % 360 - 180) * wide)


def crosses_itself(ring: Sequence[Corner]) -> bool:
    """Tell whether two sides of a ring cross, which `flat` has laid out."""
    sides = _sides(ring)
    last = len(sides) - 1
    return any(
        _cross(*sides[at], *sides[other])
        for at in range(len(sides))
        for other in range(at + 2, len(sides))
        if (at, other) != (0, last)  # neighbours, around the corner
    )


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    return _left(a, b, c) != _left(a, b, d) and _left(c, d, a) != _left(c, d, b)


def _left(a: Corner, b: Corner, c: Corner) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])
