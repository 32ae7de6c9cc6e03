"""The same small map as lines for a page (SVG), on which a person can point at a place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from crisis.cards.world import Polygon, Ring, Spot, View, around, meets, shapes, view_of
from crisis.places.rings import KM_PER_DEGREE

SIZE = (640, 400)
_COARSE = 3  # units: a corner of a coast that is nearer to the one before is left out


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is drawn, in the units of its view box.

    Attributes:
        view: what it shows; a page's script reads from it which degrees a point has.
        land: outlines, as the `d` of an SVG path.
        marked: (country, outlines) of each that is.
        circles: (x, y, radius); a place has no radius.
        areas: the `points` of SVG polygons.
    """

    view: View
    land: str
    marked: tuple[tuple[str, str], ...]
    circles: tuple[tuple[int, int, int], ...]
    areas: tuple[str, ...]


@lru_cache(maxsize=64)
def sketch(
    path: Path,
    countries: tuple[str, ...],
    spots: tuple[Spot, ...],
    rings: tuple[Ring, ...],
    size: tuple[int, int] = SIZE,
) -> Sketch:
    """Return a map of what is meant; of the whole world where nothing is.

    Args:
        path: of shapes.json.
        countries: what is marked, by ISO 3166-1 code.
        spots, rings: places, circles and areas by their corners, as (lat, lon) in degrees.
        size: of the view box.
    """
    land = shapes(path)
    view = view_of(land, countries, spots, size, rings)
    outlines = {
        code: "".join(outline for polygon in polygons for outline in _outlines(view, polygon))
        for code, polygons in land.items()
    }
    return Sketch(
        view=view,
        land="".join(outline for code, outline in outlines.items() if code not in countries),
        marked=tuple((code, outlines[code]) for code in countries if outlines.get(code)),
        circles=tuple(_circle(view, spot) for spot in spots),
        areas=tuple(" ".join(f"{x:.0f},{y:.0f}" for x, y in around(view, ring)) for ring in rings),
    )


def _circle(view: View, spot: Spot) -> tuple[int, int, int]:
    x, y = view.at(view.near(spot.lon), spot.lat)
    return round(x), round(y), round(spot.radius_km / KM_PER_DEGREE * view.scale)


def _outlines(view: View, polygon: Polygon) -> Iterator[str]:
    west, south, east, north = polygon.box
    for shift in (-360.0, 0.0, 360.0):
        if meets(view.seen, (west + shift, south, east + shift, north)):
            for ring in polygon.rings:
                if outline := _outline(view, [(lon + shift, lat) for lon, lat in ring]):
                    yield outline


def _outline(view: View, ring: Sequence[tuple[float, float]]) -> str:
    """Return one ring in whole units, without what no eye would see; blank where nothing is left."""
    points: list[tuple[int, int]] = []
    for lon, lat in ring:
        x, y = view.at(lon, lat)
        # Far outside the view, a coast need not be exact.
        point = round(min(max(x, -view.width), 2 * view.width)), round(min(max(y, -view.height), 2 * view.height))
        if not points or abs(points[-1][0] - point[0]) + abs(points[-1][1] - point[1]) >= _COARSE:
            points.append(point)
    if len(points) < 3:
        return ""
    steps = (f"{x - points[at][0]} {y - points[at][1]}" for at, (x, y) in enumerate(points[1:]))
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z".replace(" -", "-")
