"""Plots drawn here, as lines for a page: no library, no script, and paper shows them too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

WIDTH, HEIGHT = 640, 200
HOURS = 48  # that are drawn: as many bars as can be told apart on a phone
_HOUR = timedelta(hours=1)
_FEWEST, _THINNEST = 6, 3  # hours of a plot, so that one alone is no wall; and units of what is drawn at all
_UNITS = (
    (timedelta(days=1), gettext_lazy("d")),
    (timedelta(hours=1), gettext_lazy("h")),
    (timedelta(minutes=1), gettext_lazy("min")),
    (timedelta(seconds=1), "s"),
)


@dataclass(frozen=True, slots=True)
class Plot:
    """A line over time.

    Attributes:
        line: the points of an SVG polyline, from the left to the right edge.
        most: its highest point.
        marks: of the time axis, as (x, "5 min").
    """

    line: str
    most: int
    marks: tuple[tuple[int, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of an hour's bar: what it counts, how many, and where it is drawn."""

    kind: str
    number: int
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bars:
    """So many of each kind in each hour, one above the other.

    Attributes:
        bars: (hour, its pieces from below), the earliest hour first; an hour without any is left out.
        wide: of a bar.
        most: of an hour.
        marks: of the time axis, as (x, "29 Nov 03:00").
        begins: the first hour that is drawn.
    """

    bars: tuple[tuple[datetime, tuple[Bar, ...]], ...]
    wide: int
    most: int
    marks: tuple[tuple[int, str], ...]
    begins: datetime
    width: int = WIDTH
    height: int = HEIGHT


def by_hour(hours: Mapping[datetime, Mapping[str, int]], *, kinds: Sequence[str], until: datetime) -> Bars | None:
    """Draw how many there were in each hour; None where there were none.

    Args:
        hours: of each hour that had any, how many of each kind.
        kinds: from below.
        until: the last hour that is drawn, if none is later; of what came before, `HOURS` are.
    """
    until = max([until, *hours]).replace(minute=0, second=0, microsecond=0)
    shown = {at: given for at, given in sorted(hours.items()) if until - at < HOURS * _HOUR and any(given.values())}
    if not shown:
        return None
    begins = min(*shown, until - (_FEWEST - 1) * _HOUR)
    wide = WIDTH // ((until - begins) // _HOUR + 1)
    most = max(sum(given.get(kind, 0) for kind in kinds) for given in shown.values())
    bars = tuple((at, _pieces(given, kinds, (at - begins) // _HOUR * wide, most)) for at, given in shown.items())
    many = (until - begins) // _HOUR + 1
    each = ceil(many / 4)
    ticks = ((at, begins + at * _HOUR) for at in range(0, many - each // 2, each))
    marks = tuple((at * wide, f"{date_format(hour, 'MONTH_DAY_FORMAT')} {hour:%H}:00") for at, hour in ticks)
    return Bars(bars, wide, most, marks, begins)


def _pieces(given: Mapping[str, int], kinds: Sequence[str], x: int, most: int) -> tuple[Bar, ...]:
    pieces, below = [], 0
    for kind in kinds:
        if (number := given.get(kind, 0)) > 0:
            top = _high(below + number, most)
            # Whoever needs help is seen, however many are safe.
            pieces.append(Bar(kind, number, x, top, max(_high(below, most) - top, _THINNEST)))
            below += number
    return tuple(pieces)


def rising(steps: Sequence[tuple[datetime, int]], since: datetime) -> Plot | None:
    """Draw how a count rose; None where it did not.

    Args:
        steps: how many more, and when, in order.
        since: when the time axis begins.
    """
    most = sum(number for _, number in steps)
    if not most:
        return None
    span = max(steps[-1][0] - since, timedelta(seconds=1))
    points, so_far = [(0, HEIGHT)], 0
    for at, number in steps:
        x = round(WIDTH * max(timedelta(0), at - since) / span)
        points += [(x, _high(so_far, most)), (x, _high(so_far + number, most))]
        so_far += number
    return Plot(" ".join(f"{x},{y}" for x, y in dict.fromkeys(points)), most, _marks(span))


def level(points: Sequence[tuple[date, int]]) -> Plot | None:
    """Draw how a figure went up and down over days, from nothing to its highest; None for fewer than two days.

    Args:
        points: the day and the figure, in order.
    """
    if len(points) < 2:
        return None
    first, days = points[0][0], (points[-1][0] - points[0][0]).days or 1
    most = max(number for _, number in points)
    line = [(round(WIDTH * (on - first).days / days), _high(number, most or 1)) for on, number in points]
    marks = [
        (round(WIDTH * turn / 4), f"{first + timedelta(days=round(days * turn / 4)):%Y-%m}") for turn in range(1, 5)
    ]
    # A short time has one mark for a month, where it begins.
    named = {words: (x, words) for x, words in reversed(marks)}
    return Plot(" ".join(f"{x},{y}" for x, y in line), most, tuple(sorted(named.values())))


def _high(number: int, most: int) -> int:
    return round(HEIGHT * (1 - number / most))


def _marks(span: timedelta) -> tuple[tuple[int, str], ...]:
    """Return four marks at most, in the greatest unit of which the whole has two or more."""
    unit, name = next(((unit, name) for unit, name in _UNITS if span >= 2 * unit), _UNITS[-1])
    each = ceil(span / unit / 4)
    return tuple((round(WIDTH * at * unit / span), f"{at} {name}") for at in range(each, int(span / unit) + 1, each))
