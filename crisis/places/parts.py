"""Parts of the world: which countries are reported together, as the United Nations count them."""

import csv
from functools import cache

from babel import Locale
from django.conf import settings

from crisis.places.areas import state_of


@cache
def _parts() -> dict[str, str]:
    with (settings.DATA_DIR / "parts_of_the_world.csv").open(encoding="utf-8", newline="") as file:
        return {code: row["part"] for row in csv.DictReader(file) for code in row["countries"].split()}


def part_of(country: str) -> str:
    """Return the code of the part of the world that a country is in; blank where none is known.

    Source: the sub-regions of UN M49 (unstats.un.org/unsd/methodology/m49); Taiwan and Kosovo, which it does not list, stand
    with their neighbours.

    Args:
        country: two-letter code.
    """
    return _parts().get(country) or _parts().get(state_of(country), "")


def part_name(part: str, language: str) -> str:
    """Return what a part of the world is called in a language, or its code."""
    return str(Locale.parse(language).territories.get(part, part))
