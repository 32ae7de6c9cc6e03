"""Checking what an officer filled in: each mistake is said at its field, in the officer's words, before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from crisis.alerts.editions import in_use
from crisis.alerts.models import Alert, Area
from crisis.alerts.where import Circle, areas, named_place
from crisis.language import spoken
from crisis.registry.models import DirectoryEntry, Ministry
from crisis.wording import slots as slot_values
from crisis.wording.catalogue import Situation, Slot, UnknownSituation, situation
from crisis.wording.slots import SlotError

# Nine of ten who answer a warning do so within minutes (NL-Alert's surveys): after an hour few more do by themselves.
REMIND_AFTER = 60
# Sooner, the notice itself may still be on its way to many; later than a day, it is another question.
REMIND_BETWEEN = (10, 24 * 60)


class ContentError(Exception):
    """What was filled in is wrong.

    Attributes:
        errors: what is wrong, by field: "situation", "countries", "circle", "corners", "slots.time", "slots.details", ...
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {words}" for name, words in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Content:
    """What an officer fills in.

    Attributes:
        situation: its slug.
        countries: two-letter codes.
        circle: instead of, or beside, countries.
        corners: of an area that was drawn, instead of, or beside, both: "35.6 139.5, 35.9 139.5, 35.9 140.1".
        slots: by name, as typed; a free one is written once per language.
        zones: of a time that a page filled in: by whose clock, a name of the tz database. The place may have been changed since.
        accounts: numbers of accounts that are only used when ticked.
        expires_hours: None is the situation's own.
        publish_at: of a routine notice: when it is issued, in local time as a form gives it; blank is once it is approved.
        remind_after: minutes after which whoever has not answered is reminded; None is never. Without a question it is nothing.
    """

    situation: str
    countries: Sequence[str] = ()
    circle: Circle | None = None
    corners: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)
    free: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    accounts: Sequence[int] = ()
    expires_hours: int | None = None
    remind_after: int | None = REMIND_AFTER
    publish_at: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is stored: the situation, areas that are not saved yet, slot values."""

    situation: Situation
    areas: list[Area]
    slots: dict[str, dict[str, Any]]
    expires_hours: int
    remind_after: int | None
    publish_at: datetime | None = None


def check(content: Content, ministry: Ministry, now: datetime, *, earlier: Alert | None = None) -> Checked:
    """Check everything that was filled in.

    Args:
        content: what was filled in.
        ministry: whose alert it is.
        now: the time; what is years away from it is a slip of the pen.
        earlier: the alert that it follows; nothing is over before it began.

    Raises:
        ContentError: something is wrong; every mistake is in it.
    """
    try:
        chosen = in_use(content.situation)
    except UnknownSituation as error:
        raise ContentError({"situation": str(error)}) from None
    errors: dict[str, str] = {}
    found = areas(content.countries, content.circle, content.corners, errors)
    unknown = (set(content.slots) | set(content.free)) - {slot.name for slot in chosen.slots}
    for name in sorted(unknown):
        errors[f"slots.{name}"] = _("“%(situation)s” has no such slot; it has %(slots)s.") % {
            "situation": chosen.name(spoken()),
            "slots": ", ".join(s.name for s in chosen.slots),
        }
    expires = content.expires_hours if content.expires_hours is not None else chosen.expires_hours
    if not 1 <= expires <= 24 * 14:
        errors["expires_hours"] = _("Between 1 hour and 14 days.")
    remind = content.remind_after if chosen.rollcall else None
    if remind is not None and not REMIND_BETWEEN[0] <= remind <= REMIND_BETWEEN[1]:
        errors["remind_after"] = _("Between 10 minutes and 24 hours (1440), or blank for nobody.")
    values: dict[str, dict[str, Any]] = {}
    publish_at = None
    if found:
        place = named_place(content.slots.get("place", ""), found, errors)
        values["place"] = place
        for slot in chosen.slots:
            if slot.kind != "place":
                _fill(slot, content, ministry, values, errors, now)
        publish_at = _publish_at(content.publish_at, chosen, place, errors, now)
    if chosen.ends:
        _over_after(earlier, chosen, values, errors)
    if errors:
        raise ContentError(errors)
    return Checked(chosen, found, values, expires, remind, publish_at)


def _over_after(
    ended: Alert | None, chosen: Situation, values: Mapping[str, dict[str, Any]], errors: dict[str, str]
) -> None:
    """Refuse an all-clear since a time at which what it ends had not happened; one may correct another's time."""
    while ended is not None and situation(ended.situation).ends:
        ended = ended.references
    began = _happened(situation(ended.situation), ended.slots) if ended is not None else None
    over = _happened(chosen, values)
    if began and over and over[1] < began[1]:
        errors[f"slots.{over[0]}"] = _(
            "This is before what it ends, which was at %(clock)s there. Give the time since when it is over."
        ) % {"clock": f"{began[1]:%Y-%m-%d %H:%M}"}


def _happened(kind: Situation, values: Mapping[str, dict[str, Any]]) -> tuple[str, datetime] | None:
    """Return the slot that says when something happened, and that time by its place's clock."""
    for slot in kind.slots:
        if slot.past and (told := values.get(slot.name)):
            return slot.name, slot_values.by_its_clock(told)
    return None


def _publish_at(
    raw: str, chosen: Situation, place: Mapping[str, Any], errors: dict[str, str], now: datetime
) -> datetime | None:
    if not raw.strip():
        return None
    if not chosen.routine:
        errors["publish_at"] = _("Only a routine notice can wait: an alert is published once it is approved.")
        return None
    try:
        told = slot_values.time(raw, place.get("zone", "UTC"), now, future=True)
    except SlotError as error:
        errors["publish_at"] = str(error)
        return None
    return datetime.fromisoformat(told["at"])


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
            by = content.zones.get(slot.name, zone)
            values[slot.name] = (
                check_typed(slot, raw)
                if check_typed
                else slot_values.time(raw, by, now, future=slot.future, past=slot.past) | {"zone": zone}
            )
    except SlotError as error:
        errors[f"slots.{slot.name}"] = str(error)


def _time_label(slug: str) -> str:
    """Return what the form calls a situation's time slot, or blank if it has none."""
    kind = situation(slug)
    texts = kind.texts.get(spoken()) or next(iter(kind.texts.values()))
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
            raise SlotError(_("This is not in the directory of verified numbers and links: choose one that is."))
    if entry is None:
        return None
    verified = entry.verified_on.isoformat() if entry.verified_on else ""
    return {"entry": entry.pk, "value": entry.value, "verified_on": verified}
