"""A board on a map: its countries and posts, each with the gravest that is known there, by colour, pattern, sign and number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy

from crisis.alerts.models import Area
from crisis.cards.sketch import Sketch, sketch
from crisis.cards.world import Spot
from crisis.checkins.counting import Row, by_country
from crisis.checkins.models import Safety
from crisis.registry.models import Post

# The gravest first; each with its sign, which stands beside the number.
STATES = {
    "needs_help": ("!", gettext_lazy("need help")),
    "unclear": ("?", gettext_lazy("unclear")),
    "undelivered": ("×", gettext_lazy("not delivered")),
    "no_answer": ("…", gettext_lazy("no answer")),
    "safe": ("✓", gettext_lazy("safe, or not there")),
}
_LETTER, _HIGH = 13, 30  # units of the map that a sign or a digit is wide, and what it stands on is high


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands somewhere: the gravest of STATES (blank: nobody is known there), and how many people are in each."""

    state: str
    counts: dict[str, int]

    @property
    def sign(self) -> str:
        """What is written on the map: "!12"."""
        return f"{STATES[self.state][0]}{self.counts[self.state]}" if self.state else "–"

    @property
    def words(self) -> str:
        """The same in words, with everything less grave."""
        return ", ".join(f"{self.counts[state]} {name}" for state, (_, name) in STATES.items() if self.counts[state])


def standing(row: Row) -> Standing:
    """Return how it stands in a row of the board."""
    counts = {
        "needs_help": row.answered(Safety.NEEDS_HELP), "unclear": row.answered(Safety.UNCLEAR),
        "undelivered": row.undelivered, "no_answer": row.no_answer,
        "safe": row.answered(Safety.SAFE) + row.answered(Safety.NOT_THERE),
    }  # fmt: skip
    return Standing(next((state for state in STATES if counts[state] > 0), ""), counts)


@dataclass(frozen=True, slots=True)
class Mark:
    """One post on the map: where the middle of its sign is, in units of the map."""

    row: Row
    standing: Standing
    x: int
    y: int
    high: int = _HIGH

    @property
    def wide(self) -> int:
        """How wide the sign is."""
        return _LETTER * (len(self.standing.sign) + 1)

    @property
    def left(self) -> int:
        """Where it begins."""
        return self.x - self.wide // 2

    @property
    def top(self) -> int:
        """Where it begins, from above."""
        return self.y - self.high // 2


@dataclass(frozen=True, slots=True)
class BoardMap:
    """What is drawn.

    Attributes:
        sketch: the land, and the danger.
        countries: (country, outlines, how it stands there).
        marks: of the posts whose place is known, the gravest last, so that nothing covers it.
        danger: circles as (x, y, radius).
        apart: how many people are of no post, and so nowhere on it.
    """

    sketch: Sketch
    countries: tuple[tuple[str, str, Standing], ...]
    marks: tuple[Mark, ...]
    danger: tuple[tuple[int, int, int], ...]
    apart: int


def board_map(rows: Sequence[Row], areas: Iterable[Area]) -> BoardMap | None:
    """Draw a board; None where no post has people.

    Args:
        rows: what somebody may see of it.
        areas: of the alert.
    """
    found = {row.post_id: row for row in rows if row.post_id and row.country}
    if not found:
        return None
    held = list(areas)
    circles = [area for area in held if area.kind == Area.Kind.CIRCLE]
    danger = [Spot(area.lat or 0.0, area.lon or 0.0, float(area.radius_km or 0)) for area in circles]
    posts = Post.objects.filter(pk__in=found, lat__isnull=False, lon__isnull=False).order_by("pk")
    places = [(found[pk], Spot(lat or 0.0, lon or 0.0)) for pk, lat, lon in posts.values_list("pk", "lat", "lon")]
    countries = by_country(found.values())
    drawn = sketch(
        settings.DATA_DIR / "shapes.json",
        tuple(countries),
        (*danger, *(spot for _, spot in places)),
        tuple(tuple((lat, lon) for lat, lon in area.ring) for area in held if area.ring),
    )
    marks = [
        Mark(row, standing(row), x, y) for (row, _), (x, y, _) in zip(places, drawn.circles[len(danger) :], strict=True)
    ]
    grave = list(STATES)
    marks.sort(key=lambda mark: -grave.index(mark.standing.state) if mark.standing.state else -len(grave))
    return BoardMap(
        sketch=drawn,
        countries=tuple((code, outline, standing(countries[code])) for code, outline in drawn.marked),
        marks=tuple(marks),
        danger=drawn.circles[: len(danger)],
        apart=sum(row.registered for row in rows if row.post_id not in found),
    )
