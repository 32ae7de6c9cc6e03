"""Where an alert holds: countries, a circle around a town or a point, an area by its corners; and the place that names it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from crisis.alerts.areas import away_km, places_in, reaches
from crisis.alerts.models import Area
from crisis.language import spoken
from crisis.places import drawn, rings
from crisis.places.grid import distance_km
from crisis.places.models import Place
from crisis.places.names import country_name, country_of, is_country
from crisis.places.queries import label, largest, meant, nearest, search, several_clocks

MAX_COUNTRIES = 60
MAX_RADIUS_KM = 1_000
NEAR_KM = 10  # so far outside an area a town may lie that names it: its middle is one point


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle.

    Attributes:
        around: a town as typed, with its country where several bear its name; or a point, "35.68, 139.77".
        radius_km: in kilometres.
    """

    around: str
    radius_km: int


def areas(countries: Sequence[str], circle: Circle | None, corners: str, errors: dict[str, str]) -> list[Area]:
    """Return the areas that were meant, not saved yet; what is wrong is said in `errors`, by field.

    Args:
        countries: two-letter codes.
        circle: beside them, or instead.
        corners: of an area that was drawn, as `drawn.corners` reads them; blank is none.
        errors: takes "countries", "circle", "corners".
    """
    codes = [code.strip().upper() for code in countries if code.strip()]
    unknown = [code for code in codes if not is_country(code)]
    if unknown:
        errors["countries"] = _("Unknown country: %(unknown)s. Use two-letter codes, like JP.") % {
            "unknown": ", ".join(unknown)
        }
        return []
    if len(codes) > MAX_COUNTRIES:
        errors["countries"] = _("At most %(most)s countries at once.") % {"most": MAX_COUNTRIES}
    found = [Area(kind=Area.Kind.COUNTRY, country=code, name=country_name(code, "en")) for code in dict.fromkeys(codes)]
    if circle is not None:
        found += _circle(circle, errors)
    if corners.strip():
        found += _polygon(corners, errors)
    if not found and not errors:
        errors["countries"] = _(
            "Name at least one country, or a circle around a place: an alert without an area reaches nobody."
        )
    return found


def _circle(circle: Circle, errors: dict[str, str]) -> list[Area]:
    if not 1 <= circle.radius_km <= MAX_RADIUS_KM:
        errors["circle"] = _("The radius is between 1 and %(most)s km.") % {"most": MAX_RADIUS_KM}
        return []
    try:
        middle = drawn.point(circle.around)
    except drawn.BadRing as error:
        errors["circle"] = str(error)
        return []
    if middle is not None:
        area = Area(kind=Area.Kind.CIRCLE, lat=middle[0], lon=middle[1], radius_km=circle.radius_km)
        return [_called(area, f"{middle[0]:g}, {middle[1]:g}")]
    place, others = meant(circle.around)
    if place is None:
        errors["circle"] = _which(circle.around, others)
        return []
    name = str(place)[:120]
    return [
        Area(kind=Area.Kind.CIRCLE, name=name, place=place, lat=place.lat, lon=place.lon, radius_km=circle.radius_km)
    ]


def _which(text: str, found: Sequence[Place]) -> str:
    """Return what is asked of whoever names no town, or several."""
    country = country_of(text)
    if country is not None:
        return _("%(name)s is a country: name it under Countries, or a town with its country here.") % {
            "name": repr(text)
        }
    if not found:
        return _("No place called %(name)s is known: name a larger one nearby.") % {"name": repr(text)}
    towns = "; ".join(label(place) for place in found)
    return _("Which one is meant by %(name)s? Write: %(towns)s.") % {"name": repr(text), "towns": towns}


def _polygon(corners: str, errors: dict[str, str]) -> list[Area]:
    try:
        ring = drawn.corners(corners)
    except drawn.BadRing as error:
        errors["corners"] = str(error)
        return []
    lat, lon = rings.middle(ring)
    return [_called(Area(kind=Area.Kind.POLYGON, lat=lat, lon=lon, ring=ring), "an area on the map")]


def _called(area: Area, name: str) -> Area:
    """Name an area after the largest place in it: people know no coordinates."""
    area.place = max(places_in(area), key=lambda place: place.population, default=None)
    area.name = (f"{name}, with {area.place}" if area.place else name)[:120]
    return area


def named_place(text: str, areas: Sequence[Area], errors: dict[str, str]) -> dict[str, Any]:
    """Return the value of the slot `place`, by which texts name where it is.

    Args:
        text: a town as typed; blank is the one that names an area, else the countries.
        areas: the alert's.
        errors: takes "slots.place".
    """
    countries = [reach.country for reach in reaches(areas)]
    drawn = next((area for area in areas if area.kind != Area.Kind.COUNTRY), None)
    if text.strip():
        found = [place for place in search(text, limit=30, strict=True) if place.country in countries]
        if drawn is not None:
            found.sort(key=partial(_far, drawn))
        if not found:
            where = ", ".join(country_name(code, spoken()) for code in countries) or _("the area")
            errors["slots.place"] = _(
                "No place called %(name)s is known in %(where)s; leave it blank to name the area itself."
            ) % {"name": repr(text.strip()), "where": where}
            return {"countries": countries}
        if (km := _outside_km(areas, found[0])) > NEAR_KM:
            errors["slots.place"] = _(
                "%(name)s is %(km)s km outside the area, where nobody is told: name a town in it, or leave it blank."
            ) % {"name": label(found[0]), "km": round(km)}
            return {"countries": countries}
        return _named(found[0])
    if drawn is not None and drawn.place is not None:
        return _named(drawn.place)
    town = _near(drawn) or next((place for code in countries for place in largest(code)), None)
    value: dict[str, Any] = {"countries": countries, "zone": town.time_zone if town else "UTC"}
    # Local time is whose? Where clocks differ, a text names the town whose clock it is.
    return value | ({"clock": town.name} if town and several_clocks(countries) else {})


def _near(drawn: Area | None) -> Place | None:
    if drawn is None or drawn.lat is None or drawn.lon is None:
        return None
    return nearest(drawn.lat, drawn.lon)


def _far(area: Area, place: Place) -> float:
    if area.lat is None or area.lon is None:
        return 0.0
    return distance_km(area.lat, area.lon, place.lat, place.lon)


def _outside_km(areas: Sequence[Area], place: Place) -> float:
    """Return how far a town lies outside all that is told; 0 inside, and in a country that is told as a whole."""
    if any(area.country == place.country for area in areas if area.kind == Area.Kind.COUNTRY):
        return 0.0
    return min((away_km(area, place.lat, place.lon) for area in areas if area.kind != Area.Kind.COUNTRY), default=0.0)


def _named(place: Place) -> dict[str, Any]:
    return {
        "id": place.pk,
        "name": place.name,
        "countries": [place.country],
        "lat": place.lat,
        "lon": place.lon,
        "zone": place.time_zone,
    }
