"""The small map: the land around a danger, its countries marked, and the place itself.

Borders between other countries are not drawn: a map of the world that nobody disputes has none.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from crisis.places import rings as corners
from crisis.places.rings import KM_PER_DEGREE

SEA, LAND, MARKED, EDGE = "#d5e4ee", "#f3efe6", "#e8a993", "#8a3b22"
HALO = "#ffffff"
_STEP = 100.0  # of a degree, in which the shapes are stored
_FINER = 3  # drawn so many times as large, and then made smaller: PIL's polygons have no soft edges
_LEAST, _MOST = 2.4, 130.0  # degrees of latitude that a map shows from top to bottom
_FAR_KM = 1_400.0  # of a country that is larger, what is farther from the place is not shown
_ROOM = 1.25  # of the map, what is shown beside what it is about

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Ring = tuple[tuple[float, float], ...]  # corners as (lat, lon)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, or a circle around one: degrees north and east, and kilometres (0 for a place)."""

    lat: float
    lon: float
    radius_km: float = 0.0


@dataclass(frozen=True, slots=True)
class Polygon:
    """Land: its bounds, its edge, and the holes in it; points are (lon, lat)."""

    box: Box
    rings: tuple[tuple[Point, ...], ...]

    @property
    def size(self) -> float:
        """Its bounds' area, in square degrees as they are at that latitude."""
        west, south, east, north = self.box
        return (east - west) * math.cos(math.radians((south + north) / 2)) * (north - south)


@dataclass(frozen=True, slots=True)
class View:
    """What a map shows: its middle in degrees, and how many pixels a degree of latitude has."""

    lon: float
    lat: float
    scale: float
    width: int
    height: int

    def at(self, lon: float, lat: float) -> Point:
        """Return where a point lies, in pixels from the upper left."""
        return (
            self.width / 2 + (lon - self.lon) * self.wide * self.scale,
            self.height / 2 - (lat - self.lat) * self.scale,
        )

    @property
    def wide(self) -> float:
        """How wide a degree of longitude is drawn, where one of latitude is 1."""
        return max(0.05, math.cos(math.radians(self.lat)))

    def near(self, lon: float) -> float:
        """Return a longitude counted so that it lies nearest to the middle."""
        return lon + 360 * round((self.lon - lon) / 360)

    @property
    def seen(self) -> Box:
        """What it shows: (west, south, east, north) in degrees."""
        high = self.height / self.scale / 2
        half = self.width / self.scale / 2 / self.wide
        return self.lon - half, self.lat - high, self.lon + half, self.lat + high


def _ring(steps: Sequence[int]) -> tuple[Point, ...]:
    x = y = 0
    found = []
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + dx, y + dy
        found.append((x / _STEP, y / _STEP))
    return tuple(found)


@cache
def shapes(path: Path) -> dict[str, tuple[Polygon, ...]]:
    """Return the land of each country by its ISO 3166-1 code; under a blank one, what is nobody's.

    Args:
        path: of shapes.json.
    """
    found = {}
    for row in json.loads(path.read_text(encoding="utf-8")):
        polygons = []
        for polygon in row["polygons"]:
            rings = tuple(_ring(steps) for steps in polygon)
            lons, lats = zip(*rings[0], strict=True)
            polygons.append(Polygon((min(lons), min(lats), max(lons), max(lats)), rings))
        found[row["country"]] = tuple(polygons)
    return found


def _joined(boxes: Sequence[Box]) -> Box:
    """Return the box around several, each shifted around the world to lie near the first."""
    first = (boxes[0][0] + boxes[0][2]) / 2
    near = []
    for west, south, east, north in boxes:
        shift = 360 * round((first - (west + east) / 2) / 360)
        near.append((west + shift, south, east + shift, north))
    return min(b[0] for b in near), min(b[1] for b in near), max(b[2] for b in near), max(b[3] for b in near)


def meets(one: Box, other: Box) -> bool:
    """Tell whether two boxes, in degrees, have something in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _mainland(polygons: Sequence[Polygon]) -> Box:
    """Return the box around a country's largest part and the large ones near it: not around an ocean for one island."""
    ordered = sorted(polygons, key=lambda polygon: polygon.size, reverse=True)
    box = ordered[0].box
    for polygon in ordered[1:]:
        reach_lon, reach_lat = 0.5 * (box[2] - box[0]), 0.5 * (box[3] - box[1])
        around = (box[0] - reach_lon, box[1] - reach_lat, box[2] + reach_lon, box[3] + reach_lat)
        if polygon.size >= 0.03 * ordered[0].size and meets(around, polygon.box):
            box = _joined([box, polygon.box])
    return box


def _around(spot: Spot, km: float) -> Box:
    high = km / KM_PER_DEGREE
    wide = high / max(0.05, math.cos(math.radians(spot.lat)))
    return spot.lon - wide, spot.lat - high, spot.lon + wide, spot.lat + high


def _within(box: Box, spot: Spot) -> Box:
    """Return a box that holds a place, and nothing that is far from it."""
    shift = 360 * round((spot.lon - (box[0] + box[2]) / 2) / 360)
    far = _around(spot, _FAR_KM)
    west, south, east, north = _joined([_around(spot, 0.0), (box[0] + shift, box[1], box[2] + shift, box[3])])
    return max(west, far[0]), max(south, far[1]), min(east, far[2]), min(north, far[3])


def _holds(box: Box, spot: Spot) -> bool:
    lon = spot.lon - 360 * round((spot.lon - (box[0] + box[2]) / 2) / 360)
    return box[0] <= lon <= box[2] and box[1] <= spot.lat <= box[3]


def view_of(
    land: dict[str, tuple[Polygon, ...]],
    countries: Sequence[str],
    spots: Sequence[Spot],
    size: Point,
    rings: Sequence[Ring] = (),
) -> View:
    """Return what a map shows that is about countries, places and areas.

    Args:
        land: see `shapes`.
        countries, spots, rings: see `draw`.
        size: width and height in pixels.
    """
    boxes = [_mainland(land[code]) for code in countries if land.get(code)]
    circles = [_around(spot, max(2.2 * spot.radius_km, 60.0)) for spot in spots]
    circles += [_turned(corners.box(ring)) for ring in rings]
    about = [*spots, *(Spot(*corners.middle(ring)) for ring in rings)]
    if len(boxes) == 1 and about and _holds(boxes[0], about[0]):
        boxes = [_within(boxes[0], about[0])]
    shown = _joined([*boxes, *circles] or [(-150.0, -50.0, 170.0, 70.0)])
    width, height = int(size[0]), int(size[1])
    lat = (shown[1] + shown[3]) / 2
    wide = (shown[2] - shown[0]) * math.cos(math.radians(lat)) * height / width
    most = _MOST if boxes or circles else math.inf  # all of the world is there to be pointed at
    span = min(max(wide, shown[3] - shown[1], _LEAST / _ROOM) * _ROOM, most)
    return View((shown[0] + shown[2]) / 2, lat, height / span, width, height)


def _draw(brush: ImageDraw.ImageDraw, view: View, polygon: Polygon, fill: str, edge: str = "") -> None:
    seen = view.seen
    for shift in (-360.0, 0.0, 360.0):
        west, south, east, north = polygon.box
        if not meets(seen, (west + shift, south, east + shift, north)):
            continue
        for number, ring in enumerate(polygon.rings):
            points = [view.at(lon + shift, lat) for lon, lat in ring]
            brush.polygon(points, fill=LAND if number else fill)
            if edge:
                brush.line([*points, points[0]], fill=edge, width=2 * _FINER, joint="curve")


def draw(
    path: Path,
    countries: Sequence[str],
    spots: Sequence[Spot],
    size: tuple[int, int],
    colour: str,
    rings: Sequence[Ring] = (),
) -> Image.Image:
    """Return a map.

    Args:
        path: of shapes.json.
        countries: what is marked, by ISO 3166-1 code.
        spots: where the danger is, if it is not all over them.
        size: width and height in pixels.
        colour: of the mark.
        rings: areas that were drawn, by their corners.
    """
    land = shapes(path)
    fine = (size[0] * _FINER, size[1] * _FINER)
    view = view_of(land, countries, spots, fine, rings)
    image = Image.new("RGB", fine, SEA)
    brush = ImageDraw.Draw(image)
    for code, polygons in land.items():
        if code not in countries:
            for polygon in polygons:
                _draw(brush, view, polygon, LAND)
    for code in countries:
        for polygon in land.get(code, ()):
            _draw(brush, view, polygon, MARKED, EDGE)
    for ring in rings:
        _mark_ring(image, view, ring, colour)
    for spot in spots:
        _mark(image, view, spot, colour)
    return image.resize(size, Image.Resampling.LANCZOS)


def _turned(box: Box) -> Box:
    south, west, north, east = box
    return west, south, east, north


def around(view: View, ring: Ring) -> list[Point]:
    """Return where a drawn area's corners lie on a map, in pixels."""
    _, west, _, east = corners.box(ring)
    shift = view.near((west + east) / 2) - (west + east) / 2
    return [view.at(lon + shift, lat) for lat, lon in corners.flat(ring)]


def _mark_ring(image: Image.Image, view: View, ring: Ring, colour: str) -> None:
    points = around(view, ring)
    veil = Image.new("L", image.size, 0)
    ImageDraw.Draw(veil).polygon(points, fill=70)
    image.paste(Image.new("RGB", image.size, colour), mask=veil)
    ImageDraw.Draw(image).line([*points, points[0]], fill=colour, width=4 * _FINER, joint="curve")


def _mark(image: Image.Image, view: View, spot: Spot, colour: str) -> None:
    x, y = view.at(view.near(spot.lon), spot.lat)
    brush = ImageDraw.Draw(image)
    reach = spot.radius_km / KM_PER_DEGREE * view.scale
    if reach > 0:
        veil = Image.new("L", image.size, 0)
        ImageDraw.Draw(veil).ellipse((x - reach, y - reach, x + reach, y + reach), fill=70)
        image.paste(Image.new("RGB", image.size, colour), mask=veil)
        brush.ellipse((x - reach, y - reach, x + reach, y + reach), outline=colour, width=4 * _FINER)
    for radius, fill in ((17, HALO), (14, colour), (6, HALO)):
        far = radius * _FINER
        brush.ellipse((x - far, y - far, x + far, y + far), fill=fill)
