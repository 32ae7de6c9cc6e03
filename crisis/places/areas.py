"""Areas of which a ministry decides where they count and who serves them: a file, one row an area, each with its reason."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

Ring = list[list[float]]
COLUMNS = ("area", "name", "where", "country", "served_with", "reason")
_CODE = re.compile(r"[A-Z]{2}")


class BadAreas(Exception):
    """The file of areas cannot be used; the message names the row and says why."""


@dataclass(frozen=True, slots=True)
class Area:
    """One row.

    Attributes:
        code, name: for the file and for staff.
        shape: the name of a shape among the borders; blank where it is none.
        ring: corners as [lon, lat] in degrees; empty where it is none.
        whole: the country that it is the whole of; blank where it is a part.
        countries: where whoever is there counts. Several: the person is asked, and the first holds until then. None: the borders
            say it.
        served_with: the country whose posts serve it where no post names its own; blank is nobody.
        reason: why.
    """

    code: str
    name: str
    shape: str
    ring: Ring
    whole: str
    countries: tuple[str, ...]
    served_with: str
    reason: str


@cache
def _read(path: Path) -> tuple[Area, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(_rows(csv.DictReader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadAreas(f"{path.name}: {getattr(error, 'strerror', None) or error}") from error


def _rows(reader: "csv.DictReader[str]") -> Iterator[Area]:
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BadAreas(f"The columns of the file of areas are {', '.join(COLUMNS)}.")
    for row in reader:
        try:
            yield _area({name: (row[name] or "").strip() for name in COLUMNS})
        except ValueError as error:
            raise BadAreas(f"Line {reader.line_num} of the file of areas: {error}.") from error


def _area(row: dict[str, str]) -> Area:
    kind, _, what = row["where"].partition(" ")
    countries = tuple(code for code in row["country"].split("|") if code)
    if wrong := [code for code in (*countries, row["served_with"]) if code and not _CODE.fullmatch(code)]:
        raise ValueError(f"{wrong[0]!r} is no two-letter code of a country")
    if not row["reason"]:
        raise ValueError("the reason is missing")
    if kind not in ("shape", "country", "ring") or not what:
        raise ValueError("where is 'country XX', 'ring LAT LON, LAT LON, ...' or 'shape NAME'")
    if kind != "ring" and not countries:
        raise ValueError("the country is missing")
    ring = _ring(what) if kind == "ring" else []
    shape, whole = (what if kind == "shape" else ""), (what if kind == "country" else "")
    if whole and countries[0] != whole:
        raise ValueError(f"{whole} as a whole counts as {whole}; others who serve it stand under served_with")
    return Area(row["area"], row["name"], shape, ring, whole, countries, row["served_with"], row["reason"])


def _ring(text: str) -> Ring:
    corners = [corner.split() for corner in text.split(",")]
    if len(corners) < 3 or any(len(corner) != 2 for corner in corners):
        raise ValueError("a ring has three corners or more, each a latitude and a longitude in degrees")
    ring = [[float(lon), float(lat)] for lat, lon in corners]
    if any(abs(lat) > 90 or abs(lon) > 180 for lon, lat in ring):
        raise ValueError("a corner is out of range: latitude -90 to 90, then longitude -180 to 180")
    return ring


def areas() -> tuple[Area, ...]:
    """Return every row.

    Raises:
        BadAreas: the file is wrong.
    """
    return _read(Path(settings.AREAS_FILE))


@cache
def _served_with(path: Path) -> dict[str, str]:
    return {area.countries[0]: area.served_with for area in _read(path) if area.countries and area.served_with}


def served_with(country: str) -> str:
    """Return the country whose posts serve another one where none names it; blank if nobody decided that."""
    return _served_with(Path(settings.AREAS_FILE)).get(country, "")


def state_of(country: str) -> str:
    """Return the country that a territory is served with, or the country itself."""
    return served_with(country) or country
