"""Where an alert holds: towns that begin as what was typed, and the map of what is meant."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format

from console.access import allowed
from console.area_map import area_map
from console.forms import PlaceForm
from console.templatetags.tocsin import area_name
from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.models import Area
from crisis.alerts.where import areas, named_place
from crisis.language import spoken
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
    context: dict[str, Any] = {"map": area_map(found, request.GET.get("corners", "")), "errors": errors.values()}
    context["areas"] = [area_name(area) for area in found]
    if found and not errors:
        # The clock is that of the town which the text names; one that is not known yet is said by its own field.
        unknown: dict[str, str] = {}
        place = named_place(request.GET.get("slot_place", ""), found, unknown)
        place = named_place("", found, {}) if unknown else place
        zone = place.get("zone", "UTC")
        there = clock.now().astimezone(ZoneInfo(zone))
        context |= {
            "place": place_text(place, spoken()),
            "there": f"{there:%Y-%m-%dT%H:%M}",
            "zone": zone,
            "clock": date_format(there, "H:i, j F"),
        }
    return render(request, "console/_where.html", context)
