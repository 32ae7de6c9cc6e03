"""Where an alert holds, on a map: what an author draws, and what an approver must see before they say yes."""

from collections.abc import Sequence

from django.conf import settings

from crisis.alerts.models import Area
from crisis.cards.sketch import Sketch, sketch
from crisis.cards.world import Spot
from crisis.places import drawn, rings


def area_map(found: Sequence[Area], corners: str = "") -> Sketch:
    """Return the map of areas.

    Args:
        found: the areas, saved or not.
        corners: as typed, of an area that is none yet: each is shown where it lies.
    """
    circles = [area for area in found if area.kind == Area.Kind.CIRCLE]
    spots = [Spot(area.lat or 0.0, area.lon or 0.0, float(area.radius_km or 0)) for area in circles]
    rings_drawn = tuple(tuple((lat, lon) for lat, lon in area.ring) for area in found if area.ring)
    if not rings_drawn:
        spots += [Spot(lat, lon) for lat, lon in _typed(corners)]
    countries = tuple(area.country for area in found if area.country)
    return sketch(settings.DATA_DIR / "shapes.json", countries, tuple(spots), rings_drawn)


def _typed(corners: str) -> list[rings.Corner]:
    try:
        return drawn.points(corners)
    except drawn.BadRing:
        return []
