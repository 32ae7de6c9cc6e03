"""Names of countries and towns in every language, and the folding that makes names searchable."""

import csv
import unicodedata
from collections.abc import Iterable
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import get_timezone_location
from django.conf import settings
from django.utils.translation import gettext as _

from crisis.language import spoken

# Babel lists regions that are no country; what an alert can name is a two-letter code that has borders, or a territory
# of one. Exceptional reservations and groupings are left out.
_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


# Short, former and everyday names that CLDR's full names lack, folded. Of the ISO codes: the alpha-3 and usual abbreviations.
_ALSO = {
    "US": "usa|us of america|united states of america|america|etats unis damerique|vs|vsa",
    "GB": "uk|great britain|britain|groot brittannie|grande bretagne|grossbritannien|england|scotland|wales|northern ireland",
    "CD": "drc|dr congo|rdc|rd congo|drk|democratic republic of the congo|democratic republic of congo|congo kinshasa"
    "|republique democratique du congo|democratische republiek congo|demokratische republik kongo",
    "CG": "republic of the congo|republic of congo|congo brazzaville|congo republic|republique du congo|roc congo",
    "CI": "ivory coast|elfenbeinkuste|ivoorkust|cote divoire",
    "CZ": "czech republic|tsjechische republiek|republique tcheque|tschechische republik",
    "PS": "palestine|palestina|palastina|state of palestine|west bank|gaza",
    "AE": "uae|emirates|vae|eau",
    "KR": "rok|republic of korea",
    "KP": "dprk",
    "CN": "prc",
    "NL": "holland|the netherlands|pays bas",
    "MM": "burma|birma|birmanie|birmania|myanmar",
    "TR": "turkey",
    "SZ": "swaziland",
    "MK": "macedonia|macedonie|macedonie du nord|mazedonien",
    "TL": "east timor|oost timor|timor oriental|osttimor",
    "VA": "vatican|vaticaan|vatikan|holy see",
    "CV": "cabo verde|kaapverdie",
    "BA": "bosnia|bosnie|bosnien",
    "GM": "the gambia",
    "BS": "the bahamas",
    "PH": "the philippines",
    "HK": "hong kong|hongkong",
    "MO": "macau|macao",
    "BY": "belorussia|wit rusland|bielorussie|weissrussland",
    "MD": "moldavia|moldavie|moldawien",
    "SA": "ksa",
    "TW": "roc",
}
# What two countries or more are called: whoever types it is asked.
_SHARED = {
    "congo": ("CD", "CG"),
    "kongo": ("CD", "CG"),
    "korea": ("KP", "KR"),
    "coree": ("KP", "KR"),
    "virgin islands": ("VG", "VI"),
    "saint martin": ("MF", "SX"),
    "st martin": ("MF", "SX"),
    "sint maarten": ("MF", "SX"),
}


def fold(text: str) -> str:
    """Return a name without case, accents, apostrophes and hyphens: "Saint-Étienne" and "saint etienne" are one."""
    kept = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum() or c.isspace() or c in "-'")
    return " ".join(kept.replace("-", " ").replace("'", "").split())


@cache
def countries(language: str) -> dict[str, str]:
    """Return every country's name in a language, by its ISO 3166-1 code (and XK for Kosovo).

    Args:
        language: a language code that Babel knows ("nl", "pt_BR").

    Raises:
        ValueError: Babel does not know the language.
    """
    try:
        names = Locale.parse(language.replace("-", "_")).territories
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"No country names in the language {language!r}.") from error
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY}


def country_name(code: str, language: str) -> str:
    """Return a country's name in a language, or its code where there is none."""
    return countries(language).get(code, code)


@cache
def _exonyms() -> dict[tuple[str, str], dict[str, str]]:
    with (settings.DATA_DIR / "exonyms.tsv").open(encoding="utf-8", newline="") as file:
        return {(row["country"], row["name"]): row for row in csv.DictReader(file, delimiter="\t")}


def town_name(name: str, country: str, language: str) -> str:
    """Return what a town is called in a language, or the name itself where no other is known.

    Args:
        name: its own, as places.tsv has it.
        country: two-letter code.
        language: a code ("nl"; of "nl-BE" the first part counts).
    """
    return _exonyms().get((country, name), {}).get(language.partition("-")[0]) or name


def clock_name(zone: str, language: str) -> str:
    """Return the town after which a time zone is called, in a language: "Bruxelles" of "Europe/Brussels".

    Args:
        zone: by its name in the tz database.
        language: a code that Babel knows.
    """
    named = get_timezone_location(zone, locale=language.replace("-", "_"), return_city=True)
    return named.rpartition("/")[2]


def is_country(code: str) -> bool:
    """Tell whether a code is one that an alert may name."""
    return code in countries("en")


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in ("en", "fr", "de", "nl", "es", "pt", "it"):
        for code, name in countries(language).items():
            found.setdefault(fold(name), code)
    for code, names in _ALSO.items():
        found |= dict.fromkeys(names.split("|"), code)
    return {name: code for name, code in found.items() if name not in _SHARED}


def country_of(text: str) -> str | None:
    """Return the code that a person means by a code or a name in a common language, or None; a shared name means nobody."""
    upper = text.strip().upper()
    if len(upper) == 2 and is_country(upper):
        return upper
    return _by_name().get(fold(text))


def unknown_countries(typed: Iterable[str]) -> str:
    """Say of words that `country_of` does not know what each may mean.

    Args:
        typed: as a person typed them.
    """
    lines = []
    for text in typed:
        if meant := _SHARED.get(fold(text)):
            names = _(" or ").join(f"{country_name(code, spoken())} ({code})" for code in meant)
            lines.append(_("%(text)s: do you mean %(names)s?") % {"text": text, "names": names})
        else:
            words = _("Unknown country: %(text)s. Use two-letter codes or names, like JP or Japan.")
            lines.append(words % {"text": text})
    return " ".join(lines)
