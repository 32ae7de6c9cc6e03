"""Bringing the shipped places into the database."""

import csv
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from crisis.places.models import Place, PlaceName, Region
from crisis.places.names import fold

_BATCH = 5_000


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
    Region.objects.bulk_create(regions, batch_size=_BATCH)
    places, names = [], []
    for row in _rows(data / "places.tsv"):
        place = Place(
            id=int(row["geoname_id"]),
            name=row["name"],
            country=row["country"],
            region=row["region"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            time_zone=row["time_zone"],
            population=int(row["population"]),
        )
        places.append(place)
        names.append(PlaceName(place=place, folded=fold(place.name)[:120], own=True))
        names += [PlaceName(place=place, folded=fold(n)[:120]) for n in row["other_names"].split("|") if n]
    Place.objects.bulk_create(places, batch_size=_BATCH)
    PlaceName.objects.bulk_create(names, batch_size=_BATCH)
    return len(places)
