"""One row of a list: what it says of a person, or every reason why it cannot be taken, without an address in any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from crisis.audience.addresses import AddressError, normal
from crisis.audience.columns import ADDRESSES
from crisis.places.borders import countries_at
from crisis.places.grid import rounded
from crisis.places.names import country_of
from crisis.places.queries import Located, locate, named

MOST_PEOPLE = 99
LONGEST_NAME = 120
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")
_NAMESAKES = 20  # towns of one name that are looked at
_CLEAR = 10  # times as many people as the next one of its name: then a town is meant without saying more


@dataclass(frozen=True, slots=True)
class Where:
    """A point in degrees, rounded as a stay is, and what is known of it."""

    lat: float
    lon: float
    located: Located


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: addresses are normal, by kind; nothing of a person is ever shown."""

    line: int
    name: str = field(repr=False)
    language: str
    people: int
    where: Where
    until_on: date | None
    addresses: dict[str, str] = field(repr=False)


class Rows:
    """Reads rows by the same rules; places that come again are looked up once.

    Args:
        languages: those that the ministry speaks.
        language: of whoever's row names none; blank makes that a mistake.
        today: a stay that ended before is none.
    """

    def __init__(self, *, languages: list[str], language: str, today: date) -> None:
        self._languages, self._language, self._today = languages, language, today
        self._towns: dict[tuple[str, str], Where | str] = {}

    def read(self, line: int, cells: Mapping[str, str]) -> tuple[Row | None, list[str]]:
        """Return what a row says, or why it cannot be taken."""
        problems: list[str] = []
        language = (cells.get("language") or self._language).lower()
        if language not in self._languages:
            said = _shown(cells["language"]) if cells.get("language") else _("(blank)")
            words = _("%(column)s %(said)s is none of %(known)s")
            problems.append(words % {"column": "language", "said": said, "known": ", ".join(self._languages)})
        people = cells.get("people") or "1"
        if not (people.isascii() and people.isdecimal() and len(people) <= 3 and 1 <= int(people) <= MOST_PEOPLE):
            problems.append(_("people is a whole number from 1 to %(most)s") % {"most": MOST_PEOPLE})
        name = cells.get("name") or " ".join(filter(None, (cells.get("first_name"), cells.get("last_name"))))
        if len(name) > LONGEST_NAME:
            problems.append(_("the name is longer than %(most)s characters") % {"most": LONGEST_NAME})
        addresses = _addresses(cells, problems)
        until = self._until(cells.get("until_on", ""), problems)
        where = self._where(cells)
        if isinstance(where, str):
            problems.append(where)
        if problems or isinstance(where, str):
            return None, problems
        return Row(line, name, language, int(people), where, until, addresses), []

    def _until(self, text: str, problems: list[str]) -> date | None:
        if not text:
            return None
        for form in _DAYS:
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, of no time zone
            except ValueError:
                continue
            if day < self._today:
                problems.append(_("until_on is over"))
            return day
        problems.append(_("until_on is a day, like 2026-12-31 or 31/12/2026"))
        return None

    def _where(self, cells: Mapping[str, str]) -> Where | str:
        """Return where a row's person is, or why that is not clear."""
        typed, name = cells.get("country", ""), cells.get("place", "")
        country = country_of(typed) if typed else ""
        if country is None:
            return _("country is a two-letter code or a name that means one country only")
        if cells.get("lat") or cells.get("lon"):
            return _at(cells.get("lat", ""), cells.get("lon", ""), country)
        if not name:
            return _("place is blank, and so are lat and lon")
        key = (name, country)
        if key not in self._towns:
            self._towns[key] = _town(name, country)
        return self._towns[key]


def _shown(text: str) -> str:
    """Return what somebody typed, unless it may be an address in the wrong column."""
    private = "@" in text or sum(letter.isdigit() for letter in text) > 3
    return _("(what stands there)") if private else repr(text[:40])


def _addresses(cells: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    found = {}
    for kind, column in ADDRESSES.items():
        if cells.get(column):
            try:
                found[kind.value] = normal(kind, cells[column])
            except AddressError as error:
                problems.append(f"{column}: {error}")
    if not any(cells.get(column) for column in ADDRESSES.values()):
        problems.append(_("none of %(columns)s is filled in") % {"columns": ", ".join(ADDRESSES.values())})
    return found


def _either(countries: Sequence[str]) -> str:
    return _(" or ").join(countries)


def _at(lat_text: str, lon_text: str, country: str) -> Where | str:
    try:
        lat, lon = float(lat_text.replace(",", ".")), float(lon_text.replace(",", "."))
    except ValueError:
        return _("lat and lon are degrees, like 35.68 and 139.69")
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        return _("lat is from -90 to 90, lon from -180 to 180")
    possible = countries_at(lat, lon)
    if not possible or (country and country not in possible):
        if not possible:
            return _("lat and lon lie in no country")
        return _("lat and lon lie in %(found)s, not in %(country)s") % {"found": possible[0], "country": country}
    if len(possible) > 1 and not country:
        words = _("lat and lon may count in %(countries)s: say which in the column country")
        return words % {"countries": _either(possible)}
    return _located(lat, lon, country, "")


def _town(name: str, country: str) -> Where | str:
    towns = [town for town in named(name, limit=_NAMESAKES, strict=True) if country in ("", town.country)]
    towns.sort(key=lambda town: -town.population)
    if not towns:
        unknown = (
            _("place %(place)s is not known in %(country)s; give a larger town, or lat and lon")
            if country
            else _("place %(place)s is not known; give a larger town, or lat and lon")
        )
        return unknown % {"place": _shown(name), "country": country}
    if len(towns) > 1 and towns[0].population < _CLEAR * towns[1].population:
        several = (
            _("place %(place)s may be several towns in %(country)s: add a region behind a comma, or lat and lon")
            if country
            else _("place %(place)s may be several towns: add a region behind a comma, or lat and lon")
        )
        return several % {"place": _shown(name), "country": country}
    town = towns[0]
    possible = countries_at(town.lat, town.lon)
    if len(possible) > 1 and country not in possible:
        words = _("place %(place)s may count in %(countries)s: say which in the column country")
        return words % {"place": _shown(name), "countries": _either(possible)}
    return _located(town.lat, town.lon, country, town.name)


def _located(lat: float, lon: float, country: str, name: str) -> Where | str:
    found = locate(lat, lon, country=country)
    if found is None:
        return _("lat and lon lie in no country")
    if name:
        found = Located(found.country, found.region, found.time_zone, name, found.place_id)
    return Where(rounded(lat), rounded(lon), found)
