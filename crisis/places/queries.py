"""Finding places: by what a person types, by a point, by country."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, Q, QuerySet

from crisis.places.borders import countries_at
from crisis.places.grid import distance_km
from crisis.places.models import Place, PlaceName, Region
from crisis.places.names import country_name, country_of, fold, town_name

_SEASONS = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))  # winter and summer
SHORTEST = 3  # letters; with fewer, a suggestion is a guess
_FEW = 2  # of a script whose letters say more


def search(text: str, *, limit: int = 5, strict: bool = False) -> list[Place]:
    """Return the places that a person may mean: exact names, or else beginnings; own names before others, large before small.

    Args:
        text: a city as typed in any language and script, alone or followed, each after a comma, by its region, its
            country, or its GeoNames number ("San Jose, Mimaropa, Philippines").
        limit: at most so many.
        strict: what follows the name and is none of these finds nothing; else it is passed over, as citizens type much.
    """
    # Who typed a whole name does not mean a longer one.
    return named(text, limit=limit, strict=strict) or _found(text, beginning, limit, strict=strict)


def named(text: str, *, limit: int = 5, strict: bool = False) -> list[Place]:
    """Return the places that bear exactly this name, folded, in any language; see `search`."""
    return _found(text, _whole, limit, strict=strict)


# Of two towns of a name, one of which has fewer than a twentieth of the other's people, whoever types no country means the other.
RIVAL = 20


def meant(text: str) -> tuple[Place | None, list[Place]]:
    """Return the one place that an official's words mean; else None, and those among which they must say: nothing is guessed.

    Without a country several towns may bear a name, and the beginning of a name is none.

    Args:
        text: as `search` takes it.
    """
    found = named(text, limit=6, strict=True)
    if not found:
        return None, search(text, limit=6, strict=True)
    rivals = [] if "," in text else [each for each in found[1:] if each.population * RIVAL >= found[0].population]
    return (None, [found[0], *rivals]) if rivals else (found[0], [])


def _whole(folded: str) -> Q:
    return Q(folded=folded)


def beginning(folded: str) -> Q:
    """Return the condition that a name begins so, in the form that each database answers from its index.

    SQLite's LIKE reads every row; its texts stand in the order of their code points, so that a range is the same.
    """
    if connection.vendor == "sqlite":
        return Q(folded__gte=folded, folded__lt=f"{folded}\U0010ffff")
    return Q(folded__startswith=folded)


def _found(text: str, how: Callable[[str], Q], limit: int, *, strict: bool) -> list[Place]:
    name, *behind = (part.strip() for part in text.split(","))
    folded = fold(name)
    number = next((int(part) for part in behind if _is_number(part)), None)
    if not folded or (len(folded) < _least(folded) and number is None):
        return []
    names = PlaceName.objects.select_related("place").order_by("-own", "-place__population").filter(how(folded))
    if number is not None:
        names = names.filter(place=number)
    names = _narrowed(names, [part for part in behind if part and not _is_number(part)], strict=strict)
    rows = sorted(names[: limit * 6], key=_weight, reverse=True)
    return list({row.place_id: row.place for row in rows}.values())[:limit]


def _least(folded: str) -> int:
    """Return how many letters a name has at least: 東京 is whole."""
    return SHORTEST if all(letter < "\u2e80" for letter in folded) else _FEW


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 12


def _narrowed(names: QuerySet[PlaceName], behind: list[str], *, strict: bool) -> QuerySet[PlaceName]:
    # What stands last is a country before it is a region ("Tbilisi, Georgia"), what stands between is a region.
    for at, part in enumerate(behind, start=1):
        country = country_of(part) if at == len(behind) else None
        if country:
            names = names.filter(place__country=country)
            continue
        regions = Region.objects.filter(folded=fold(part)).values_list("country", "code") if fold(part) else []
        in_regions = [Q(place__country=owner, place__region=code) for owner, code in regions]
        if in_regions:
            names = names.filter(reduce(or_, in_regions))
        elif strict:
            return names.none()
    return names


def label(place: Place) -> str:
    """Return the shortest text by which `search` finds exactly this place: with its country, its region too, or its number."""
    name, country = place.name.replace(",", ""), country_name(place.country, "en")
    region = Region.objects.filter(country=place.country, code=place.region).first()
    tries = [f"{name}, {country}"]
    if region is not None:
        tries.append(f"{name}, {region.name.replace(',', '')}, {country}")
    for text in tries:
        if search(text, limit=1, strict=True)[:1] == [place]:
            return text
    return f"{name}, {country}, {place.pk}"


def told_apart(places: Sequence[Place], language: str) -> list[str]:
    """Return a label for each place that a person chooses among: with its country; its region, its point too where it repeats.

    Args:
        places: what is offered.
        language: in which towns and countries are named.
    """
    regions = {(r.country, r.code): r.name for r in Region.objects.filter(country__in={p.country for p in places})}
    named_so = [(town_name(p.name, p.country, language), country_name(p.country, language)) for p in places]
    labels = [f"{name}, {country}" for name, country in named_so]
    with_region = [
        ", ".join(filter(None, (name, regions.get((place.country, place.region)), country)))
        for place, (name, country) in zip(places, named_so, strict=True)
    ]
    with_point = [
        f"{label} ({place.lat:.2f}, {place.lon:.2f})" for place, label in zip(places, with_region, strict=True)
    ]
    for longer in (with_region, with_point):
        often = Counter(labels)
        labels = [longer[at] if often[label] > 1 else label for at, label in enumerate(labels)]
    return labels


def _weight(row: PlaceName) -> tuple[int, int]:
    # A million people who call London "Londres" outweigh a village that is called so itself.
    return (row.place.population >= 500_000 or row.own, row.place.population)


def largest(country: str, *, limit: int = 1) -> list[Place]:
    """Return a country's largest places."""
    return list(Place.objects.filter(country=country).order_by("-population")[:limit])


def nearest(lat: float, lon: float, *, country: str | None = None) -> Place | None:
    """Return the nearest place within about 300 km, or None.

    Args:
        lat: degrees north.
        lon: degrees east.
        country: consider places of this country only (a city across the border has another time and another post).
    """
    for reach in (0.3, 1.0, 3.0):
        wide = reach / max(0.05, abs(1 - abs(lat) / 90))
        near = Place.objects.filter(lat__range=(lat - reach, lat + reach), lon__range=(lon - wide, lon + wide))
        if country:
            near = near.filter(country=country)
        if found := min(near, key=lambda p: distance_km(lat, lon, p.lat, p.lon), default=None):
            return found
    return None


@dataclass(frozen=True, slots=True)
class Located:
    """What is known of a point: its country, its region, its time zone and the nearest place's name (blank if unknown)."""

    country: str
    region: str
    time_zone: str
    name: str
    place_id: int | None


def locate(lat: float, lon: float, *, country: str = "") -> Located | None:
    """Tell where a point is, or None on the high seas.

    Args:
        lat: degrees north.
        lon: degrees east.
        country: which of several countries was chosen where a ministry has people asked; one that is none of them is passed over.
    """
    countries = countries_at(lat, lon)
    if not countries:
        return None
    country = country if country in countries else countries[0]
    place = nearest(lat, lon, country=country)
    if place is None:
        return Located(country, "", "", "", None)
    return Located(country, place.region, place.time_zone, place.name, place.pk)


def region_named(country: str, name: str) -> Region | None:
    """Return the region of a country with this code or name, or None."""
    regions = Region.objects.filter(country=country)
    return regions.filter(code=name.upper()).first() or regions.filter(folded=fold(name)).first()


def time_zones(country: str) -> list[str]:
    """Return a country's time zones, the one with most people first."""
    rows = Place.objects.filter(country=country).order_by(F("population").desc()).values_list("time_zone", flat=True)
    return list(dict.fromkeys(rows[:200]))


def several_clocks(countries: Iterable[str]) -> bool:
    """Tell whether clocks in these countries ever show different hours."""
    zones = Place.objects.filter(country__in=list(countries)).order_by().values_list("time_zone", flat=True).distinct()
    offsets = {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in _SEASONS) for zone in zones}
    return len(offsets) > 1
