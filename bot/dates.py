"""Days as people type them: by number in the order of their language, by the name of a month, or as a length of time."""

import re
from datetime import date, timedelta
from functools import cache

from babel import Locale

from crisis.places.names import fold

_NUMBERS = re.compile(r"(\d{1,2})[\s./-]+(\d{1,2})(?:[\s./-]+(\d{4}|\d{2}))?\.?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th|er|e)?\s+(?:of\s+|de\s+)?([^\W\d]+)\.?,?(?:\s+(\d{4}))?")
_MONTH_DAY = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?")
_LENGTH = re.compile(r"(\d{1,3})\s+([^\W\d]+)")
# What may stand before a day: "until 12 May", "tot", "jusqu'au", "bis zum".
_BEFORE = re.compile(r"^(?:until|till|to|tot|t/m|jusqu\W?(?:au?|en)|au|le|bis(?: zum)?|am|den|the)\s+", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("day", "days", "dag", "dagen", "jour", "jours", "tag", "tage", "tagen"), 1),
    **dict.fromkeys(("week", "weeks", "weken", "semaine", "semaines", "woche", "wochen"), 7),
    **dict.fromkeys(("month", "months", "maand", "maanden", "mois", "monat", "monate", "monaten"), 30),
    **dict.fromkeys(("year", "years", "jaar", "jaren", "an", "ans", "jahr", "jahre", "jahren"), 365),
}
LANGUAGES = ("en", "nl", "fr", "de")
_SHORTEST = 3  # letters of a month's name


def day_in(text: str, language: str, today: date) -> date | None:
    """Return the day that somebody means, or None; without a year it is the next one.

    Numbers are read day first, as in all our languages; the answer is confirmed in words, so that a slip is seen.

    Args:
        text: "12/05/2026", "12.5.", "2026-05-12", "12 mei", "May 12, 2026", "3 weeks", in any of our languages.
        language: whose names of months go first.
        today: where the person is.
    """
    said = _BEFORE.sub("", " ".join(text.strip().split()))
    if match := _ISO.fullmatch(said):
        return _day(int(match[3]), int(match[2]), match[1], today)
    if match := _NUMBERS.fullmatch(said):
        return _day(int(match[1]), int(match[2]), match[3], today)
    if match := _LENGTH.fullmatch(said):
        unit = _UNITS.get(fold(match[2]))
        if unit is not None and int(match[1]) > 0:
            return today + timedelta(days=int(match[1]) * unit)
    if match := _DAY_MONTH.fullmatch(said):
        number, name, year = match[1], match[2], match[3]
    elif match := _MONTH_DAY.fullmatch(said):
        name, number, year = match[1], match[2], match[3]
    else:
        return None
    month = _month(name, language)
    return _day(int(number), month, year, today) if month else None


def _day(day: int, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this = _date(today.year, month, day)
    if this is not None and this >= today:
        return this
    # 29 February may be some years away.
    return next((found for ahead in range(1, 9) if (found := _date(today.year + ahead, month, day))), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(name: str, language: str) -> int | None:
    folded = fold(name)
    for code in dict.fromkeys((language, *LANGUAGES)):
        names = _months(code)
        if folded in names:
            return names[folded]
        found = {number for known, number in names.items() if known.startswith(folded)}
        if len(folded) >= _SHORTEST and len(found) == 1:
            return found.pop()
    return None


@cache
def _months(language: str) -> dict[str, int]:
    locale = Locale.parse(language.replace("-", "_"))
    found: dict[str, int] = {}
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            found |= {fold(name): number for number, name in locale.months[form][width].items()}
    return found
