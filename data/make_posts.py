#!/usr/bin/env python3
"""Make data/posts.csv from a survey of posts (CSV, one row a post, a source a row).

    python data/make_posts.py SURVEY.csv > data/posts.csv

What the survey says in a note and a machine must know stands below as data, with the note it comes from.
"""

import csv
import sys
from pathlib import Path

COLUMNS = [
    "post_id", "name", "kind", "city", "country", "lat", "lon", "coordinates", "consular", "political", "state", "website",
    "email", "phone", "facebook", "x", "youtube", "languages", "wikidata", "notes", "source",
]  # fmt: skip
STATES = {
    "listed": "open",
    "closed": "closed",
    "verify": "unverified",
    "doubtful": "unverified",
    "closing 2026-27": "closing",
    "opening 2026-27": "planned",
}
# post_id: (consular, political), where the survey's own columns cannot say it.
JURISDICTIONS = {
    "be-ottawa-emb": ("", "CA"),  # note: no consular services at the embassy, all at the consulate-general in Montreal
    "be-jerusalem-cg": ("PS|IL:Jerusalem", ""),  # note: competent for Jerusalem, West Bank, Gaza
}


def jurisdiction(row: dict[str, str]) -> tuple[str, str]:
    """Return the (consular, political) cells of a row: countries, or country:region, parted by |."""
    if row["post_id"] in JURISDICTIONS:
        return JURISDICTIONS[row["post_id"]]
    countries = [c for c in row["jurisdiction_iso2"].split("|") if c]
    regions = [r for r in row["jurisdiction_other"].split("|") if r]
    if regions and countries == [row["country_iso2"]]:
        return "|".join(f"{row['country_iso2']}:{region}" for region in regions), ""
    return "|".join(countries), ""


def main(survey: Path) -> None:
    """Write the CSV to standard output."""
    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    with survey.open(encoding="utf-8", newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda r: r["post_id"]):
            consular, political = jurisdiction(row)
            centroid = "city centroid" in row["notes"]
            notes = row["notes"].replace("coordinates = city centroid (GeoNames), not the building", "").strip("; ")
            out.writerow(
                {
                    **{key: row[key] for key in ("post_id", "name", "city", "lat", "lon", "website", "email", "phone",
                                                 "facebook", "youtube", "languages", "wikidata", "source")},
                    "kind": row["type"],
                    "country": row["country_iso2"],
                    "coordinates": "" if not row["lat"] else "city" if centroid else "exact",
                    "consular": consular,
                    "political": political,
                    "state": STATES[row["status"]],
                    "x": row["twitter"],
                    "notes": notes,
                }
            )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
