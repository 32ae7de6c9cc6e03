"""Checking what an officer filled in: each mistake is said at its field, in the officer's words, before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from crisis.alerts.areas import reaches
from crisis.alerts.models import Area
from crisis.places.grid import distance_km
from crisis.places.models import Place
from crisis.places.names import country_name, is_country
from crisis.places.queries import largest, search, several_clocks
from crisis.registry.models import DirectoryEntry, Ministry
from crisis.wording import slots as slot_values
from crisis.wording.catalogue import Situation, Slot, UnknownSituation, situation
from crisis.wording.slots import SlotError

MAX_COUNTRIES = 60
MAX_RADIUS_KM = 1_000
# Nine of ten who answer a warning do so within minutes (NL-Alert's surveys): after an hour few more do by themselves.
REMIND_AFTER = 60
# Sooner, the notice itself may still be on its way to many; later than a day, it is another question.
REMIND_BETWEEN = (10, 24 * 60)


class ContentError(Exception):
    """What was filled in is wrong.

    Attributes:
        errors: what is wrong, by field: "situation", "countries", "circle", "slots.time", "slots.details", ...
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {words}" for name, words in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle around a place: its name as typed, with its country where several bear it, and a radius in kilometres."""

    around: str
    radius_km: int


@dataclass(frozen=True, slots=True)
class Content:
    """What an officer fills in.

    Attributes:
        situation: its slug.
        countries: two-letter codes.
        circle: instead of, or beside, countries.
        slots: by name, as typed; a free one is written once per language.
        accounts: numbers of accounts that are only used when ticked.
        expires_hours: None is the situation's own.
        remind_after: minutes after which whoever has not answered is reminded; None is never. Without a question it is nothing.
    """

    situation: str
    countries: Sequence[str] = ()
    circle: Circle | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    free: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accounts: Sequence[int] = ()
    expires_hours: int | None = None
    remind_after: int | None = REMIND_AFTER


@dataclass(frozen=True, slots=True)
class Checked:
    """What is stored: the situation, areas that are not saved yet, slot values."""

    situation: Situation
    areas: list[Area]
    slots: dict[str, dict[str, Any]]
    expires_hours: int
    remind_after: int | None


def check(content: Content, ministry: Ministry, now: datetime) -> Checked:
    """Check everything that was filled in.

    Args:
        content: what was filled in.
        ministry: whose alert it is.
        now: the time; what is years away from it is a slip of the pen.

    Raises:
        ContentError: something is wrong; every mistake is in it.
    """
    try:
        chosen = situation(content.situation)
    except UnknownSituation as error:
        raise ContentError({"situation": str(error)}) from None
    errors: dict[str, str] = {}
    areas = _areas(content, errors)
    unknown = (set(content.slots) | set(content.free)) - {slot.name for slot in chosen.slots}
    for name in sorted(unknown):
        errors[f"slots.{name}"] = (
            f"“{chosen.name('en')}” has no such slot; it has {', '.join(s.name for s in chosen.slots)}."
        )
    expires = content.expires_hours if content.expires_hours is not None else chosen.expires_hours
    if not 1 <= expires <= 24 * 14:
        errors["expires_hours"] = "Between 1 hour and 14 days."
    remind = content.remind_after if chosen.rollcall else None
    if remind is not None and not REMIND_BETWEEN[0] <= remind <= REMIND_BETWEEN[1]:
        errors["remind_after"] = "Between 10 minutes and 24 hours (1440), or blank for nobody."
    values: dict[str, dict[str, Any]] = {}
    if areas:
        place = _place(content.slots.get("place", ""), areas, errors)
        values["place"] = place
        for slot in chosen.slots:
            if slot.kind != "place":
                _fill(slot, content, ministry, values, errors, now)
    if errors:
        raise ContentError(errors)
    return Checked(chosen, areas, values, expires, remind)


def _areas(content: Content, errors: dict[str, str]) -> list[Area]:
    codes = [code.strip().upper() for code in content.countries if code.strip()]
    unknown = [code for code in codes if not is_country(code)]
    if unknown:
        errors["countries"] = f"Unknown country: {', '.join(unknown)}. Use two-letter codes, like JP."
        return []
    if len(codes) > MAX_COUNTRIES:
        errors["countries"] = f"At most {MAX_COUNTRIES} countries at once."
    areas = [Area(kind=Area.Kind.COUNTRY, country=code, name=country_name(code, "en")) for code in dict.fromkeys(codes)]
    if content.circle is not None:
        areas += _circle(content.circle, errors)
    elif not areas:
        errors["countries"] = (
            "Name at least one country, or a circle around a place: an alert without an area reaches nobody."
        )
    return areas


def _circle(circle: Circle, errors: dict[str, str]) -> list[Area]:
    found = search(circle.around, limit=1, strict=True)
    if not found:
        errors["circle"] = f"No place called {circle.around!r} is known: name a larger one nearby."
    elif not 1 <= circle.radius_km <= MAX_RADIUS_KM:
        errors["circle"] = f"The radius is between 1 and {MAX_RADIUS_KM} km."
    else:
        place = found[0]
        return [
            Area(
                kind=Area.Kind.CIRCLE,
                name=str(place)[:120],
                place=place,
                lat=place.lat,
                lon=place.lon,
                radius_km=circle.radius_km,
            )
        ]
    return []


def _place(text: str, areas: list[Area], errors: dict[str, str]) -> dict[str, Any]:
    countries = [reach.country for reach in reaches(areas)]
    circle = next((area for area in areas if area.kind == Area.Kind.CIRCLE), None)
    if text.strip():
        found = [place for place in search(text, limit=30, strict=True) if place.country in countries]
        if circle is not None:
            found.sort(key=partial(_far, circle))
        if not found:
            where = ", ".join(country_name(code, "en") for code in countries) or "the area"
            errors["slots.place"] = (
                f"No place called {text.strip()!r} is known in {where}; leave it blank to name the area itself."
            )
            return {"countries": countries}
        return _named(found[0])
    if circle is not None and circle.place is not None:
        return _named(circle.place)
    town = next((place for code in countries for place in largest(code)), None)
    value: dict[str, Any] = {"countries": countries, "zone": town.time_zone if town else "UTC"}
    # Local time is whose? Where clocks differ, a text names the town whose clock it is.
    return value | ({"clock": town.name} if town and several_clocks(countries) else {})


def _far(circle: Area, place: Place) -> float:
    if circle.lat is None or circle.lon is None:
        return 0.0
    return distance_km(circle.lat, circle.lon, place.lat, place.lon)


def _named(place: Place) -> dict[str, Any]:
    return {
        "id": place.pk,
        "name": place.name,
        "countries": [place.country],
        "lat": place.lat,
        "lon": place.lon,
        "zone": place.time_zone,
    }


def _fill(
    slot: Slot,
    content: Content,
    ministry: Ministry,
    values: dict[str, dict[str, Any]],
    errors: dict[str, str],
    now: datetime,
) -> None:
    raw = content.slots.get(slot.name, "").strip()
    try:
        if slot.kind == "free":
            value = slot_values.free(slot, content.free.get(slot.name, {}), time_label=_time_label(content.situation))
            if value["free"]:
                values[slot.name] = value
        elif slot.kind in ("phone", "link"):
            if entry := _directory(slot, raw, ministry):
                values[slot.name] = entry
        elif raw:
            check_typed = {"number": slot_values.number, "choice": slot_values.choice}.get(slot.kind)
            zone = values["place"].get("zone", "UTC")
            values[slot.name] = (
                check_typed(slot, raw) if check_typed else slot_values.time(raw, zone, now, future=slot.future)
            )
    except SlotError as error:
        errors[f"slots.{slot.name}"] = str(error)


def _time_label(slug: str) -> str:
    """Return what the form calls a situation's time slot, or blank if it has none."""
    kind = situation(slug)
    texts = kind.texts.get("en") or next(iter(kind.texts.values()))
    return next((texts.slots[slot.name] for slot in kind.slots if slot.kind == "time"), "")


def _directory(slot: Slot, raw: str, ministry: Ministry) -> dict[str, Any] | None:
    """Resolve a number or link; left blank, a required one is the ministry's emergency number or website."""
    entries = DirectoryEntry.objects.filter(ministry=ministry, kind=slot.kind)
    if not raw:
        purpose = DirectoryEntry.Purpose.EMERGENCY if slot.kind == "phone" else DirectoryEntry.Purpose.WEBSITE
        entry = entries.filter(post=None, purpose=purpose).first() if slot.required else None
    else:
        entry = entries.filter(pk=int(raw)).first() if raw.isdigit() else entries.filter(value=raw).first()
        if entry is None:
            raise SlotError("This is not in the directory of verified numbers and links: choose one that is.")
    if entry is None:
        return None
    verified = entry.verified_on.isoformat() if entry.verified_on else ""
    return {"entry": entry.pk, "value": entry.value, "verified_on": verified}
