"""Slots: checking what an officer filled in, and showing it in each language as `label: value`, never inflected."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crisis.places.names import country_name, town_name
from crisis.wording.catalogue import Situation, Slot, Texts, clock_words, refused_phrases, words
from crisis.wording.forms import ended
from crisis.wording.spacing import spaced

Value = Mapping[str, Any]

_NUMBERED = re.compile(r"(?:\d[\s().-]?){7,}")
_LINKED = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|info|be|eu|gov|int)\b", re.IGNORECASE)
# An alert holds for two weeks at most: what lies further back is a slip of the pen, and so is what is a year ahead.
EARLIEST = timedelta(days=14)
LATEST = timedelta(days=366)
CLOCKS = timedelta(minutes=10)  # by so much may two clocks differ
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'"})


class SlotError(Exception):
    """What was filled in does not fit its slot; the message says why, in the officer's words."""


def number(slot: Slot, raw: str) -> dict[str, Any]:
    """Check a number as typed, with a point or a comma.

    Raises:
        SlotError: it is none, or outside the slot's bounds.
    """
    try:
        value = round(float(raw.strip().replace(",", ".")), slot.decimals)
    except ValueError:
        raise SlotError(_("%(given)s is no number.") % {"given": repr(raw)}) from None
    if not math.isfinite(value):
        raise SlotError(_("%(given)s is no number.") % {"given": repr(raw)})
    if (slot.least is not None and value < slot.least) or (slot.most is not None and value > slot.most):
        raise SlotError(
            _("%(given)s is not between %(least)s and %(most)s.")
            % {"given": raw, "least": f"{slot.least:g}", "most": f"{slot.most:g}"}
        )
    return {"number": value}


def choice(slot: Slot, raw: str) -> dict[str, Any]:
    """Check a choice.

    Raises:
        SlotError: it is none of the slot's.
    """
    if raw not in slot.choices:
        raise SlotError(
            _("%(given)s is none of: %(choices)s.") % {"given": repr(raw), "choices": ", ".join(slot.choices)}
        )
    return {"choice": raw}


@cache
def _hours(language: str) -> re.Pattern[str]:
    """Return what finds an hour in a casefolded text: "14:00", "14h30", "9.30 uur", "3 pm", "à 15 h", "1500 hours"."""
    told = clock_words(language)

    def any_of(found: Sequence[str]) -> str:
        return "|".join(map(re.escape, found)) or r"(?!)"

    hour, minutes = r"(?<![\d.,:])(?:[01]?\d|2[0-4])", r"[0-5]\d(?!\d)"
    unit = any_of(told.hour_or_duration)
    return re.compile(
        rf"{hour}\s?:\s?{minutes}"
        rf"|{hour}\s?[hu]\s?{minutes}(?!\s?min)"
        rf"|{hour}(?:[.:]{minutes})?\s?(?:{any_of(told.hour)})(?!\w)"
        rf"|{hour}\.{minutes}\s?(?:{unit})(?!\w)"
        rf"|(?<!\w)(?:{any_of(told.at)})\s{hour}\s?(?:{unit})(?!\w)"
        rf"|(?<!\d)(?:[01]\d|2[0-3]){minutes}\s?(?:{unit})(?!\w)"
    )


def _bare_hour(language: str, text: str, time_label: str) -> str:
    """Return why a text may not name its hour as it does, with what to do; blank where it may.

    Args:
        language: the text's.
        text: casefolded.
        time_label: what the situation's time slot is called, or blank if it has none.
    """
    local = clock_words(language).local
    found = _hours(language).search(text)
    if found is None or any(word in text for word in local):
        return ""
    rest = f"name the place and write “{local[0]}” beside it"
    why = f"{language}: “{found.group().strip()}” does not say by whose clock"
    return f"{why}: give the time in “{time_label}”, or {rest}." if time_label else f"{why}: {rest}."


def refuse_claims(language: str, text: str) -> None:
    """Refuse what nobody may write freely.

    Raises:
        SlotError: a text says that a drill is none, or holds a number or link: those come from the directory.
    """
    plain = text.casefold().translate(_APOSTROPHES)
    if any(phrase in plain for phrase in refused_phrases()):
        raise SlotError(f"{language}: " + _("no text may say whether this is a drill; EXERCISE and LIVE say it."))
    if _LINKED.search(text) or _NUMBERED.search(text):
        raise SlotError(
            f"{language}: " + _("phone numbers and links come from the directory only; take them out of the text.")
        )


def free(slot: Slot, raw: Mapping[str, str], *, time_label: str = "") -> dict[str, Any]:
    """Check a free text, by language; a language left blank is not there.

    Args:
        slot: its definition.
        raw: as typed, by language.
        time_label: what the situation's time slot is called, or blank if it has none.

    Raises:
        SlotError: one is too long, says that a drill is none, holds a number or link (those come from the directory), or an
            hour without saying by whose clock.
    """
    kept = {}
    for language, text in raw.items():
        clean = " ".join(text.split())
        if not clean:
            continue
        if len(clean) > slot.longest:
            raise SlotError(
                f"{language}: "
                + _("%(length)s characters, at most %(longest)s.") % {"length": len(clean), "longest": slot.longest}
            )
        refuse_claims(language, clean)
        plain = clean.casefold().translate(_APOSTROPHES)
        if why := _bare_hour(language, plain, time_label):
            raise SlotError(why)
        kept[language] = spaced(language, clean)
    return {"free": kept}


def time(raw: str, zone: str, now: datetime, *, future: bool = False, past: bool = False) -> dict[str, Any]:
    """Check a local time as typed in a form ("2026-11-23T14:32") and store it in UTC with its zone.

    Args:
        raw: as typed.
        zone: the place's, by its name in the tz database.
        now: the time.
        future: it must still be to come.
        past: it must not be; what clocks differ by (`CLOCKS`) is no future.

    Raises:
        SlotError: it is no date and time, has passed although it must not have, is still to come although it must not be, or is
            too far from now to be meant.
    """
    try:
        local = datetime.fromisoformat(raw.strip())
    except ValueError:
        raise SlotError(_("%(given)s is no date and time: write 2026-11-23 14:32.") % {"given": repr(raw)}) from None
    if len(raw.strip()) < len("2026-11-23T14:32"):
        raise SlotError(_("A date alone is not enough: give the time too."))
    aware = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))
    try:
        at = aware.astimezone(ZoneInfo("UTC"))
    except OverflowError:  # the first or the last hours of the calendar
        raise SlotError(_("Is %(year)s the right year? Check the date.") % {"year": f"{aware.year:04}"}) from None
    if at < now - EARLIEST:
        raise SlotError(
            _("Is this the right date? %(date)s is %(past)s ago; a time lies at most %(most)s days back.")
            % {"date": f"{local:%Y-%m-%d}", "past": _days(now - at), "most": EARLIEST.days}
        )
    if future and at <= now:
        here = now.astimezone(aware.tzinfo)
        raise SlotError(
            _("This has passed: it is %(clock)s there now. Give a time that is still to come.")
            % {"clock": f"{here:%Y-%m-%d %H:%M}"}
        )
    if past and now + CLOCKS < at <= now + LATEST:
        here = now.astimezone(aware.tzinfo)
        raise SlotError(
            _("This is still to come: it is %(clock)s there now. Give the time at which it happened.")
            % {"clock": f"{here:%Y-%m-%d %H:%M}"}
        )
    if at > now + LATEST:
        raise SlotError(
            _("Is this the right date? %(date)s is %(ahead)s ahead; a time lies at most a year ahead.")
            % {"date": f"{local:%Y-%m-%d}", "ahead": _days(at - now)}
        )
    return {"at": at.isoformat(), "zone": zone}


def _days(span: timedelta) -> str:
    return ngettext("%(n)s day", "%(n)s days", span.days) % {"n": f"{span.days:,}"}


def locale_of(language: str) -> str:
    """Return the locale in which Babel writes a language; English is British here."""
    return {"en": "en_GB"}.get(language, language.replace("-", "_"))


def moment(at: datetime, language: str) -> str:
    """Write a date and a time in full, as a language does: "Dienstag, 24. November 2026, 05:10"."""
    day = format_date(at, "full", locale=locale_of(language))
    if language == "fr" and at.day == 1:
        day = day.replace(" 1 ", " 1er ", 1)  # which the forms of CLDR do not know
    return f"{day}, {at:%H:%M}"


def _in_utc(at: datetime, language: str) -> str:
    """Write the same moment in UTC, with its day where that is another one."""
    utc = at.astimezone(ZoneInfo("UTC"))
    day = "" if utc.date() == at.date() else f"{format_skeleton('MMMd', utc, locale=locale_of(language))}, "
    return f"{day}{utc:%H:%M} UTC"


def by_its_clock(value: Value) -> datetime:
    """Return a stored time as the clock of its place shows it; see `time`."""
    return datetime.fromisoformat(value["at"]).astimezone(ZoneInfo(value["zone"]))


def place_text(value: Value, language: str) -> str:
    """Show a place: "Tokyo, Japan", or the countries' names."""
    countries = ", ".join(country_name(code, language) for code in value["countries"])
    return f"{town(value, language)}, {countries}" if value.get("name") else countries


def town(value: Value, language: str) -> str:
    """Show the town of a place alone, as a language calls it; blank where the place is a whole country."""
    return _called(value.get("name") or "", value, language)


def _called(name: str, value: Value, language: str) -> str:
    """Return what a town in one of a place's countries is called; several have one of the same name, and then it is its own."""
    names = {town_name(name, country, language) for country in value["countries"]} - {name}
    return names.pop() if len(names) == 1 else name


def show(slot: Slot, value: Value, *, language: str, texts: Texts, place: Value) -> str:
    """Show a filled slot in a language; blank where a free one is not written in it.

    Args:
        slot: its definition.
        value: as stored.
        language: the text's language.
        texts: the situation's texts in that language.
        place: the value of the slot `place`, whose name stands beside each time; where it names none and has several time
            zones, the town by whose clock the time is given (`clock`), with UTC.
    """
    match slot.kind:
        case "place":
            return place_text(value, language)
        case "time":
            at = by_its_clock(value)
            clock = _called(place.get("clock") or "", place, language)
            where = town(place, language) or clock or place_text(place, language)
            if clock and not place.get("name"):
                where = f"{where}, {_in_utc(at, language)}"
            return f"{moment(at, language)} ({words(language)['local_time'].format(place=where)})"
        case "number":
            return str(format_decimal(value["number"], locale=locale_of(language)))
        case "choice":
            return texts.choices[slot.name][value["choice"]]
        case "free":
            return str(value["free"].get(language, ""))
        case _:
            return str(value["value"])


def missing(situation: Situation, filled: Mapping[str, Value], language: str) -> list[str]:
    """Return the slots that a language still lacks: required ones, and free ones that another language has.

    "texts" is among them where what is said to be over is not written in it.
    """
    over = ended(situation, filled)
    lacking = ["texts"] if over and language not in over.texts else []
    for slot in situation.slots:
        value = filled.get(slot.name)
        if value is None:
            if slot.required:
                lacking.append(slot.name)
        elif slot.kind == "free" and not value["free"].get(language) and (slot.required or value["free"]):
            lacking.append(slot.name)
    return lacking
