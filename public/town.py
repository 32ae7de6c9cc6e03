"""A town that somebody typed: found in any language, and asked about where several towns, or several countries, may be meant."""

from dataclasses import dataclass
from datetime import datetime

from crisis.audience.operations import Place
from crisis.places.borders import countries_at
from crisis.places.names import country_name
from crisis.places.queries import search, told_apart
from crisis.registry.queries import Competence, home_ministry
from public import subscribe_words
from public.fields import Typed

LONGEST = 120
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: its value, and how it is told apart."""

    number: str
    label: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody means.

    Attributes:
        place: the town; None as long as it, or its country, is not clear.
        country: which of several they chose; blank where one is clear.
        towns, countries: among which to choose.
    """

    place: Place | None = None
    country: str = ""
    towns: tuple[Choice, ...] = ()
    countries: tuple[Choice, ...] = ()


def town(form: Typed, language: str, now: datetime) -> Meant:
    """Return the town that is meant, or among what to choose; what is wrong stands at its field.

    Args:
        form: with the fields `where`, `place` for a town that was chosen, and `country` for a country.
        language: in which the countries are named.
        now: the time, for whoever serves it today.
    """
    mistakes = subscribe_words.mistakes()
    text = form.text("where", LONGEST)
    found = search(text, limit=OFFERED) if text else []
    if not found:
        form.errors.setdefault("where", mistakes["where"])
        return Meant()
    chosen = form.values.get("place", "")
    one = next((each for each in found if str(each.pk) == chosen), found[0] if len(found) == 1 else None)
    if one is None:
        labels = told_apart(found, language)
        form.errors.setdefault("place", mistakes["which"])
        return Meant(towns=tuple(Choice(str(each.pk), label) for each, label in zip(found, labels, strict=True)))
    place, possible = Place(one.lat, one.lon, one.name), countries_at(one.lat, one.lon)
    if len(possible) < 2:
        return Meant(place)
    if country := form.choice("country", possible):
        return Meant(place, country)
    form.errors.setdefault("country", mistakes["which"])
    return Meant(countries=_countries(possible, place, language, now))


def _countries(possible: tuple[str, ...], place: Place, language: str, now: datetime) -> tuple[Choice, ...]:
    competence = Competence(ministry=home_ministry(), on=now.date())
    found = []
    for country in possible:
        post, name = competence.post_for(country, "", (place.lat, place.lon)), country_name(country, language)
        found.append(Choice(country, f"{name} – {post.name}" if post else name))
    return tuple(found)
