"""Times as staff read them (local to the place, and UTC), and small words."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template

from crisis.alerts.models import Alert
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text

register = template.Library()


@register.filter
def both(at: datetime | None, alert: Any = None) -> str:
    """Return a time in UTC and, with an alert, local to its place."""
    if at is None:
        return "–"
    shown = at.astimezone(UTC).strftime("%d %b %H:%M:%S UTC")
    place = alert.slots.get("place", {}) if alert is not None else {}
    if zone := place.get("zone"):
        local = at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
        return f"{shown} ({local} in {place.get('name') or zone.rpartition('/')[2].replace('_', ' ')})"
    return shown


@register.filter
def named(alert: Alert) -> str:
    """Return what an alert is about: "Earthquake"."""
    return situation(alert.situation).name("en")


@register.filter
def place(alert: Alert) -> str:
    """Return where an alert holds: "Tokyo, Japan", or the countries' names."""
    return place_text(alert.slots["place"], "en")


@register.filter
def labels(slots: list[str], alert: Alert) -> str:
    """Return what the form calls an alert's slots."""
    return ", ".join(situation(alert.situation).label(slot, "en") for slot in slots)


@register.filter
def item(table: dict[Any, Any], key: Any) -> Any:
    """Return a value of a table, 0 if it has none."""
    return table.get(key, 0)


@register.filter
def answered(row: Any, safety: str) -> int:
    """Return how many people of a row gave an answer."""
    return int(row.answered(safety))


@register.filter
def codes(languages: Any) -> str:
    """Return language codes for reading."""
    return " · ".join(languages.split(",") if isinstance(languages, str) else languages)


@register.filter
def within(units: int, limit: int) -> str:
    """Return how full a limit is, as a percentage for a meter."""
    return str(min(100, round(100 * units / limit)))


@register.filter
def ends(credential: Any, now: datetime) -> str:
    """Return when an access ends by itself, in words; blank if it does not."""
    left = credential.days_left(now)
    if left is None:
        return ""
    if left < 0:
        return "access has ended: connect it again"
    return "access ends within a day" if left == 0 else f"access ends in {left} day{'s' if left > 1 else ''}"


@register.filter
def warns(credential: Any, now: datetime) -> str:
    """Return how loudly to say it: nothing, soon (14 days), week (7), day (1, and once it has ended)."""
    return {None: "", 14: "soon", 7: "week"}.get(credential.warning(now), "day")
