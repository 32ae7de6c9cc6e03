"""An alert's card: which words it has, and what its map marks. The drawing is `crisis.cards`' work, loaded when it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from crisis.alerts.editions import kind_of
from crisis.alerts.models import Alert, Area
from crisis.alerts.operations import frame
from crisis.places.queries import largest
from crisis.wording.fit import Filled, TooLong
from crisis.wording.render import blocks

if TYPE_CHECKING:
    from crisis.cards.card import Card
    from crisis.cards.world import Spot

LAYOUT = "card"


class NoCard(Exception):
    """No card can be drawn in these languages; the message says why, for staff."""


@dataclass(frozen=True, slots=True)
class CardText:
    """What a card says, and in which languages."""

    languages: tuple[str, ...]
    text: str


def compose(alert: Alert, form: str, languages: Sequence[str]) -> CardText:
    """Return the words of a card in an account's languages, or in those of them that can be drawn together.

    Args:
        alert: saved, or about to be.
        form: "alert" or "retraction".
        languages: complete ones, in order; from the last on they are left out where all have no room.

    Raises:
        NoCard: none can be drawn.
    """
    from crisis.cards import words
    from crisis.cards.card import room
    from crisis.cards.faces import Undrawable

    kind, around, space = kind_of(alert), frame(alert), room(drill=alert.exercise)
    told: dict[str, list[Filled]] = {}
    why = []
    for language in languages:
        own = blocks(LAYOUT, kind, form, language, alert.slots, around)
        try:
            words.compose({language: own}, space)
        except Undrawable as error:
            why.append(f"{language}: {error}")
        except TooLong:
            why.append(f"{language}: even its shortest form has no room")
        else:
            told[language] = own
    while told:
        try:
            return CardText(tuple(told), words.compose(told, space))
        except TooLong:
            told.popitem()
    raise NoCard("; ".join(why))


def card(alert: Alert, form: str, said: CardText) -> "Card":
    """Return all that a card shows.

    Args:
        alert: whose words it has.
        form: "alert" or "retraction".
        said: as `compose` gives it, now or when the alert was issued.
    """
    from crisis.cards.card import OVER, TONES, Card

    over = form == "retraction" or alert.msg_type == Alert.MsgType.CANCEL
    place = alert.slots["place"]
    areas = list(alert.areas.all())
    countries = tuple(dict.fromkeys([*(area.country for area in areas if area.country), *place["countries"]]))
    return Card(
        text=said.text,
        languages=said.languages,
        tone=OVER if over else TONES.get(alert.severity, TONES["Unknown"]),
        code=alert.marker,
        link=frame(alert).link,
        countries=countries,
        spots=_spots(areas, place, countries),
        rings=tuple(tuple((lat, lon) for lat, lon in area.ring) for area in areas if area.ring),
    )


def _spots(areas: Sequence[Area], place: dict[str, object], countries: Sequence[str]) -> tuple["Spot", ...]:
    """Return what the map marks: circles, else the place, else the towns of countries that are too small to have a shape.

    Of an area that was drawn it marks the middle of nothing: the area itself stands there.
    """
    from crisis.cards.world import Spot, shapes

    circles = [area for area in areas if area.kind == Area.Kind.CIRCLE]
    found = [Spot(area.lat or 0.0, area.lon or 0.0, float(area.radius_km or 0)) for area in circles]
    drawn = any(area.kind == Area.Kind.POLYGON for area in areas)
    if not found and not drawn and isinstance(place.get("lat"), float | int):
        found = [Spot(float(str(place["lat"])), float(str(place["lon"])))]
    land = shapes(settings.DATA_DIR / "shapes.json")
    small = [town for code in countries if code not in land for town in largest(code)] if not (found or drawn) else []
    return (*found, *(Spot(town.lat, town.lon) for town in small))


def draw(shown: "Card") -> bytes:
    """Return a card as a JPEG.

    Raises:
        Undrawable, TooLong: a typeface has changed since its words were composed.
    """
    from crisis.cards.card import draw as draw_card

    return draw_card(shown, settings.DATA_DIR / "shapes.json")
