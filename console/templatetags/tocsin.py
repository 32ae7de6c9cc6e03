"""Times as staff read them (local to the place, and UTC), and small words."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template

from crisis.alerts.models import Alert
from crisis.checkins.intent import Intent, read
from crisis.registry.models import Account
from crisis.registry.operations import is_by_hand
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text
from platforms import catalog
from platforms.errors import BadCredentials

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


_READ_AS = {
    Intent.SAFE: "safe",
    Intent.NEED_HELP: "a call for help",
    Intent.NOT_THERE: "not there",
    Intent.ABOUT_OTHER: "about somebody else",
    Intent.UNCLEAR: "a question, or not clear",
}


@register.filter
def read_as(text: str) -> str:
    """Return how a text was understood, and by which words: 'Read as a call for help, by "trapped".'."""
    reading = read(text)
    because = ", ".join(f"“{each}”" for each in reading.because[:4])
    if not reading.plain:
        return f"No rule explains {because}: read it."
    return f"Read as {_READ_AS[reading.intent]}{f', by {because}' if because else ''}."


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
def first_code(languages: str) -> str:
    """Return the first of several language codes, for the page's own markup."""
    return languages.partition(",")[0]


@register.filter
def platform(slug: str) -> str:
    """Return a platform's name."""
    spec = catalog.spec(slug)
    return spec.name if spec else slug.capitalize()


@register.filter
def by_hand(account: Account) -> bool:
    """Tell whether only a person publishes on an account."""
    return is_by_hand(account)


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
    if credential.renews_itself(now):
        return "access is renewed by itself"
    if credential.renew_code == BadCredentials.code:
        return f"access ends in {left} day{'' if left == 1 else 's'} and the platform no longer renews it: connect it again"
    return "access ends within a day" if left == 0 else f"access ends in {left} day{'s' if left > 1 else ''}"


@register.filter
def warns(credential: Any, now: datetime) -> str:
    """Return how loudly to say it: nothing, soon (14 days), week (7), day (1, and once it has ended)."""
    return {None: "", 14: "soon", 7: "week"}.get(credential.warning(now), "day")
