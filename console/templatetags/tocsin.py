"""Times as staff read them (local to the place, and UTC), and small words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from crisis.alerts.models import Alert, Area
from crisis.broadcast.models import NoticeState
from crisis.broadcast.queries import sentence
from crisis.checkins.intent import Intent, read
from crisis.language import spoken, within
from crisis.places.names import clock_name, country_name
from crisis.registry.addresses import known
from crisis.registry.models import Account
from crisis.registry.operations import is_by_hand
from crisis.registry.queries import home_ministry
from crisis.wording.catalogue import Situation, situation
from crisis.wording.slots import place_text, town
from platforms.errors import BadCredentials

register = template.Library()
register.filter("within", within)


@register.simple_tag
def narrowed(chosen: dict[str, str], **changes: object) -> str:
    """Return a board's filter as the end of an address, with some of its fields changed; a blank one is left out."""
    return "?" + urlencode({key: value for key, value in (chosen | changes).items() if value})


def day_month(at: datetime) -> str:
    """Return a day of UTC without its year, as the reader's language writes it: "29 Nov", "29 nov."."""
    return date_format(at.astimezone(UTC), "MONTH_DAY_FORMAT")


@register.simple_tag
def colon() -> str:
    """Return what stands between a label and what it says: in French, a space goes before it."""
    return pgettext("between a label and what it says", ":")


@register.filter
def both(at: datetime | None, alert: Any = None) -> str:
    """Return a time in UTC and, with an alert, local to its place."""
    if at is None:
        return "–"
    shown = f"{day_month(at)} {at.astimezone(UTC):%H:%M:%S} UTC"
    place = alert.slots.get("place", {}) if alert is not None else {}
    if zone := place.get("zone"):
        there = at.astimezone(ZoneInfo(zone))
        local = (
            f"{there:%H:%M}"
            if there.date() == at.astimezone(UTC).date()
            else f"{date_format(there, 'MONTH_DAY_FORMAT')} {there:%H:%M}"
        )
        return _("%(utc)s (%(local)s in %(place)s)") % {
            "utc": shown,
            "local": local,
            "place": town(place, spoken()) or clock_name(zone, spoken()),
        }
    return shown


@register.filter
def hours(at: datetime) -> str:
    """Return a time as the ministry's clock shows it: "Sun 22:05 in Brussels"."""
    zone = home_ministry().time_zone
    return _("%(at)s in %(zone)s") % {
        "at": date_format(at.astimezone(ZoneInfo(zone)), "D H:i"),
        "zone": clock_name(zone, spoken()),
    }


@register.filter
def clock(at: Any) -> str:
    """Return the hour of a time in UTC, where the day is plain."""
    return f"{at.astimezone(UTC):%H:%M:%S} UTC" if isinstance(at, datetime) else "–"


@register.filter
def hour(at: datetime) -> str:
    """Return an hour with its day, in UTC: "29 Nov 03:00 UTC"."""
    return f"{day_month(at)} {at.astimezone(UTC):%H:%M} UTC"


@register.filter
def spell(span: timedelta | None) -> str:
    """Return how long something took, in the two largest units: "3 h 20 min"; a dash where nobody knows."""
    if span is None:
        return "–"
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("%(days)s d %(hours)s h") % {"days": hours // 24, "hours": hours % 24}


@register.filter
def country(code: str) -> str:
    """Return a country's name."""
    return country_name(code, spoken())


@register.filter
def local(at: datetime | None, zone: str) -> str:
    """Return a time as the clock shows it in a time zone, "03:40 in Kinshasa"; blank where the zone is not known."""
    if at is None or not zone:
        return ""
    return _("%(at)s in %(zone)s") % {
        "at": f"{at.astimezone(ZoneInfo(zone)):%H:%M}",
        "zone": clock_name(zone, spoken()),
    }


@register.filter
def named(alert: Alert) -> str:
    """Return what an alert is about: "Earthquake"."""
    return situation(alert.situation).name(spoken())


@register.filter
def called(kind: Situation) -> str:
    """Return what a situation is called."""
    return kind.name(spoken())


@register.filter
def area_name(area: Area) -> str:
    """Return what one area of an alert is called: a country by its name, a circle with how far it reaches."""
    if area.kind == Area.Kind.COUNTRY:
        return country_name(area.country, spoken())
    called = area.name or str(area)
    if area.kind == Area.Kind.CIRCLE:
        return _("%(km)s km around %(place)s") % {"km": area.radius_km, "place": called}
    return called


@register.filter
def notice_state(state: str) -> str:
    """Return the word for a notice's state, within a sentence."""
    return within(NoticeState(state).label)


@register.filter
def place(alert: Alert) -> str:
    """Return where an alert holds: "Tokyo, Japan", or the countries' names."""
    return place_text(alert.slots["place"], spoken())


@register.filter
def labels(slots: list[str], alert: Alert) -> str:
    """Return what the form calls an alert's slots."""
    return ", ".join(situation(alert.situation).label(slot, spoken()) for slot in slots)


_CAP = {
    "Extreme": gettext_lazy("Extreme"),
    "Severe": gettext_lazy("Severe"),
    "Moderate": gettext_lazy("Moderate"),
    "Minor": gettext_lazy("Minor"),
    "Unknown": gettext_lazy("Unknown"),
}


@register.filter
def cap_word(word: str) -> str:
    """Return a severity of CAP 1.2 ("Severe") as staff read it."""
    return str(_CAP.get(word, word))


@register.filter
def coached(about: str) -> str:
    """Return what the coach's points are called."""
    names = {
        "source": _("source"),
        "hazard": _("hazard"),
        "place": _("place"),
        "time": _("time"),
        "guidance": _("guidance"),
        "impact": _("impact"),
    }
    return names[about]


_READ_AS = {
    Intent.SAFE: gettext_lazy("Read as: safe"),
    Intent.NEED_HELP: gettext_lazy("Read as a call for help"),
    Intent.NOT_THERE: gettext_lazy("Read as: not there"),
    Intent.ABOUT_OTHER: gettext_lazy("Read as about somebody else"),
    Intent.UNCLEAR: gettext_lazy("Read as a question, or not clear"),
}


@register.filter
def read_as(text: str) -> str:
    """Return how a text was understood, and by which words: 'Read as a call for help, by "trapped".'."""
    reading = read(text)
    because = ", ".join(f"“{each}”" for each in reading.because[:4])
    if not reading.plain:
        return _("No rule explains %(words)s: read it.") % {"words": because}
    read_so = str(_READ_AS[reading.intent])
    return _("%(how)s, by %(words)s.") % {"how": read_so, "words": because} if because else f"{read_so}."


@register.filter
def item(table: dict[Any, Any], key: Any) -> Any:
    """Return a value of a table, 0 if it has none."""
    return table.get(key, 0)


@register.filter
def answered(row: Any, safety: str) -> int:
    """Return how many people of a row gave an answer."""
    return int(row.answered(safety))


@register.filter
def why(reasons: dict[str, int]) -> str:
    """Return why so many were not delivered, the most frequent first: "12 the person has left, 3 too late"."""
    ordered = sorted(reasons.items(), key=lambda each: -each[1])
    return ", ".join(f"{number} {sentence(reason)}" for reason, number in ordered)


@register.filter
def codes(languages: Any) -> str:
    """Return language codes for reading."""
    return " · ".join(languages.split(",") if isinstance(languages, str) else languages)


@register.filter
def language_name(code: str) -> str:
    """Return what a language is called where it begins a line, "French"; its code where Django has no name for it."""
    try:
        return str(capfirst(get_language_info(code)["name_translated"]))
    except KeyError:
        return code


@register.filter
def first_code(languages: str) -> str:
    """Return the first of several language codes, for the page's own markup."""
    return languages.partition(",")[0]


@register.filter
def platform(slug: str) -> str:
    """Return a platform's name."""
    where = known().get(slug)
    return where.name if where else slug.capitalize()


@register.filter
def by_hand(account: Account) -> bool:
    """Tell whether only a person publishes on an account."""
    return is_by_hand(account)


@register.filter
def ends(credential: Any, now: datetime) -> str:
    """Return when an access ends by itself, in words; blank if it does not."""
    left = credential.days_left(now)
    if left is None:
        return ""
    if left < 0:
        return _("access has ended: connect it again")
    if credential.renews_itself(now):
        return _("access is renewed by itself")
    if credential.renew_code == BadCredentials.code:
        words = ngettext(
            "access ends in %(days)d day and the platform no longer renews it: connect it again",
            "access ends in %(days)d days and the platform no longer renews it: connect it again",
            left,
        )
        return words % {"days": left}
    if left == 0:
        return _("access ends within a day")
    return ngettext("access ends in %(days)d day", "access ends in %(days)d days", left) % {"days": left}


@register.filter
def warns(credential: Any, now: datetime) -> str:
    """Return how loudly to say it: nothing, soon (14 days), week (7), day (1, and once it has ended)."""
    return {None: "", 14: "soon", 7: "week"}.get(credential.warning(now), "day")
