"""Bringing the shipped places into the database."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import connection, transaction

from crisis.places.models import Place, Region
from crisis.places.names import fold

_AT_ONCE = 100  # rows of a statement: SQLite takes at least 999 values


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


@transaction.atomic
def import_places(data: Path) -> int:
    """Bring in regions.tsv and places.tsv, unless they stand already.

    Args:
        data: the folder that holds both.

    Returns:
        How many places stand.
    """
    if Place.objects.exists():
        return Place.objects.count()
    regions = [Region(**row, folded=fold(row["name"])) for row in _rows(data / "regions.tsv")]
    Region.objects.bulk_create(regions)
    places, names = [], []
    for row in _rows(data / "places.tsv"):
        number = int(row["geoname_id"])
        places.append(
            (
                number, row["name"], row["country"], row["region"], float(row["lat"]), float(row["lon"]), row["time_zone"],
                int(row["population"]),
            )
        )  # fmt: skip
        names.append((number, fold(row["name"])[:120], True))
        names += [(number, fold(name)[:120], False) for name in row["other_names"].split("|") if name]
    _insert("places_place", ("id", "name", "country", "region", "lat", "lon", "time_zone", "population"), places)
    _insert("places_placename", ("place_id", "folded", "own"), names)
    return len(places)


def _insert(table: str, columns: Sequence[str], rows: Sequence[tuple[int | float | str, ...]]) -> None:
    """Insert 200,000 rows without making an object of each, which takes several times as long."""
    row = f"({', '.join('%s' for _ in columns)})"
    with connection.cursor() as cursor:
        for first in range(0, len(rows), _AT_ONCE):
            batch = rows[first : first + _AT_ONCE]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(row for _ in batch)}",  # noqa: S608 - ours
                [value for each in batch for value in each],
            )
