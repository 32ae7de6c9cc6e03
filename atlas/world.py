"""The land of the map as SVG paths: coarse enough to be light, made once in a process."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from django.conf import settings

SCALE = 4  # units of the map to a degree
NORTH, SOUTH = 84.0, -57.0  # degrees of latitude; nobody lives beyond
WIDTH, HEIGHT = int(360 * SCALE), int((NORTH - SOUTH) * SCALE)
_LEAST = 3  # units that an island has in one direction, unless it is its country's largest part


def at(lat: float, lon: float) -> tuple[int, int]:
    """Return where a point (degrees, WGS 84) is on the map, in units from the top left."""
    return round((lon + 180) * SCALE), round((NORTH - lat) * SCALE)


@cache
def land() -> dict[str, str]:
    """Return each country's outline as the `d` of a path, by its ISO 3166-1 code; under a blank one, what is nobody's."""
    from crisis.cards.world import shapes  # it loads an imaging library, which no other page here needs

    found = {}
    for code, polygons in shapes(settings.DATA_DIR / "shapes.json").items():
        edges = [_units(polygon.rings[0]) for polygon in polygons if polygon.box[3] > SOUTH]
        drawn = [edge for edge in edges if len(edge) > 2 and _size(edge) >= _LEAST]
        largest = sorted((edge for edge in edges if len(edge) > 1), key=_size)[-1:]
        if drawn or largest:
            found[code] = "".join(_path(edge) for edge in drawn or largest)
    return found


def _units(ring: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
    points: list[tuple[int, int]] = []
    for lon, lat in ring:
        point = at(max(lat, SOUTH), lon)
        if not points or point != points[-1]:
            points.append(point)
    return points


def _size(edge: Sequence[tuple[int, int]]) -> int:
    xs, ys = [x for x, _ in edge], [y for _, y in edge]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _path(edge: Sequence[tuple[int, int]]) -> str:
    steps = [f"{x - px} {y - py}" for (px, py), (x, y) in pairwise(edge)]
    return f"M{edge[0][0]} {edge[0][1]}l{' '.join(steps)}z"
