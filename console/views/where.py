"""Where an alert holds: towns that begin as what was typed, and the map of what is meant."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format

from console.access import allowed
from console.forms import PlaceForm
from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.models import Area
from crisis.alerts.where import areas, named_place
from crisis.cards.sketch import Sketch, sketch
from crisis.cards.world import Spot
from crisis.language import spoken
from crisis.places import drawn, rings
from crisis.places.queries import label, search
from crisis.staff.rights import Right
from crisis.wording.slots import place_text


@allowed(Right.NOTICE)
def towns(request: HttpRequest) -> HttpResponse:
    """Offer the towns that begin as what was typed, each by the text that finds exactly it."""
    found = search(request.GET.get("around", ""), limit=6)
    return render(request, "console/_towns.html", {"towns": [label(place) for place in found]})


@allowed(Right.NOTICE)
def where_part(request: HttpRequest) -> HttpResponse:
    """Draw what is meant so far, and tell which time it is there."""
    form = PlaceForm(request.GET)
    errors: dict[str, str] = {}
    found: list[Area] = []
    if form.is_valid() and any(request.GET.get(name) for name in ("countries", "around", "corners")):
        try:
            found = areas(*form.where(), errors)
        except ContentError as error:
            errors = error.errors
    context: dict[str, Any] = {"map": _drawn(found, request.GET.get("corners", "")), "errors": errors.values()}
    if found and not errors:
        # The clock is that of the town which the text names; one that is not known yet is said by its own field.
        unknown: dict[str, str] = {}
        place = named_place(request.GET.get("slot_place", ""), found, unknown)
        place = named_place("", found, {}) if unknown else place
        there = clock.now().astimezone(ZoneInfo(place.get("zone", "UTC")))
        context |= {
            "place": place_text(place, spoken()),
            "there": f"{there:%Y-%m-%dT%H:%M}",
            "clock": date_format(there, "H:i, j F"),
        }
    return render(request, "console/_where.html", context)


def _drawn(found: list[Area], corners: str) -> Sketch:
    """Return the map of areas; of corners that are no area yet, where each lies."""
    circles = [area for area in found if area.kind == Area.Kind.CIRCLE]
    spots = [Spot(area.lat or 0.0, area.lon or 0.0, float(area.radius_km or 0)) for area in circles]
    drawn = tuple(tuple((lat, lon) for lat, lon in area.ring) for area in found if area.ring)
    if not drawn:
        spots += [Spot(lat, lon) for lat, lon in _typed(corners)]
    countries = tuple(area.country for area in found if area.country)
    return sketch(settings.DATA_DIR / "shapes.json", countries, tuple(spots), drawn)


def _typed(corners: str) -> list[rings.Corner]:
    try:
        return drawn.points(corners)
    except drawn.BadRing:
        return []
