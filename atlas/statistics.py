"""Statistics: whom our accounts reach, ranked by what was measured, each figure with its source and its day; plots; readiness."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from atlas import lines, words
from atlas.pages import common, missing
from atlas.visitor import SHARED_S, answered, kept, language_of, text_of
from crisis import clock, plots
from crisis.places.names import country_name
from crisis.places.parts import part_name
from crisis.presence import words as said
from crisis.presence.guidelines import guidelines
from crisis.presence.models import DayTotal, Source
from crisis.presence.ranking import BY, OF, By, Line, Of, Ranking, ranking
from crisis.presence.readiness import Readiness, readiness
from crisis.presence.standing import standings
from crisis.registry.atlas import platform_name
from crisis.registry.models import Account, Ministry
from crisis.registry.profiles import page_of
from crisis.registry.queries import home_ministry
from crisis.sharing import shared

FEW = 10  # lines of a ranking on the first page, as many as fit a phone
MANY = 100  # lines on each page of a whole ranking
LAST = 100  # pages that are looked for
PLOTS = 3  # on the first page
POINTS = 200  # of a plot, about
BACK = timedelta(days=3 * 366)  # how far the plot goes back


class NoPage(Exception):
    """A ranking has fewer pages."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a ranking.

    Attributes:
        rows: they.
        first: the number of the first one among all lines; 0 where there is none.
        of: how many lines the whole has.
        page: which page of the whole it is; 0 for the first lines alone.
    """

    rows: Sequence[dict[str, Any]]
    first: int
    of: int
    page: int

    @property
    def last(self) -> int:
        """The number of the last one among all lines."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def told(self) -> str:
        """Say which of how many are shown; blank where all are."""
        if len(self.rows) == self.of:
            return ""
        return words.lines(self.first, self.last, self.of) if self.page else words.first_lines(len(self.rows), self.of)

    @property
    def whole(self) -> str:
        """The words of the link to all of them."""
        return words.all_lines(self.of)

    @property
    def before(self) -> int:
        """The number of the page before; 0 for none."""
        return max(0, self.page - 1)

    @property
    def after(self) -> int:
        """The number of the next page; 0 for none."""
        return self.page + 1 if self.last < self.of else 0


@require_safe
def statistics(request: HttpRequest) -> HttpResponseBase:
    """Show the first places of one ranking (?by=, ?of=), how our reach changed, and which posts are readiest."""
    by, of = _asked(request)
    language = language_of(request)
    key = f"atlas:statistics:{by}:{of}:{language}"
    return kept(request, answered(shared(key, lambda: _statistics(by, of, language), seconds=SHARED_S)))


@require_safe
def whole(request: HttpRequest) -> HttpResponseBase:
    """Show a whole ranking (?by=, ?of=), page by page (?page=)."""
    by, of = _asked(request)
    return _paged(request, f"ranking:{by}:{of}", lambda number, language: _whole(by, of, number, language))


@require_safe
def ready(request: HttpRequest) -> HttpResponseBase:
    """Show how ready each post is, page by page (?page=)."""
    return _paged(request, "ready", _all_ready)


def _asked(request: HttpRequest) -> tuple[By, Of]:
    by: By = next((each for each in BY if each == request.GET.get("by")), "post")
    of: Of = next((each for each in OF if each == request.GET.get("of")), "followers")
    return by, of


def _paged(request: HttpRequest, what: str, draw: Callable[[int, str], str]) -> HttpResponseBase:
    language, asked = language_of(request), request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= len(str(LAST)) else 0
    key = f"atlas:statistics:{what}:{number}:{language}"
    try:
        if not 1 <= number <= LAST:
            raise NoPage
        return kept(request, answered(shared(key, lambda: draw(number, language), seconds=SHARED_S)))
    except NoPage:
        return missing(request, home_ministry(), language)


def _statistics(by: By, of: Of, language: str) -> str:
    ministry, now = home_ministry(), clock.now()
    found, totals = ranking(ministry, by=by, of=of, on=now.date()), _totals(by, now.date())
    with override(language):
        context = _named(ministry, by, of, language) | {
            "measured": words.measured(found.measured, found.of),
            "ranked": _ranked(found, by, language, slice(0, FEW)),
            "plots": list(_plots(totals))[:PLOTS],
            "demo": _is_demo(found) or any(total.demo for total in totals),
            **_readiness(ministry, language, slice(0, FEW)),
        }
        return text_of("statistics", context)


def _whole(by: By, of: Of, number: int, language: str) -> str:
    ministry, now = home_ministry(), clock.now()
    found = ranking(ministry, by=by, of=of, on=now.date())
    totals = _totals(by, now.date()) if by == "platform" else []
    with override(language):
        context = _named(ministry, by, of, language) | {
            "measured": words.measured(found.measured, found.of),
            "ranked": _ranked(found, by, language, _cut(number, len(found.lines)), number),
            "plots": list(_plots(totals)),
            "demo": _is_demo(found),
        }
        return text_of("ranking", context | {"keep": f"{context['which']}page={number}&"})


def _all_ready(number: int, language: str) -> str:
    ministry = home_ministry()
    with override(language):
        context = common(ministry, language) | {"s": words.statistics(), "keep": f"page={number}&"}
        return text_of("ready", context | _readiness(ministry, language, None, number))


def _cut(number: int, many: int) -> slice:
    """Return which lines stand on a page of many.

    Raises:
        NoPage: there is no such page.
    """
    if number > max(1, ceil(many / MANY)):
        raise NoPage
    return slice((number - 1) * MANY, number * MANY)


def _named(ministry: Ministry, by: By, of: Of, language: str) -> dict[str, Any]:
    bys, ofs = words.ranked_by(), words.ranked_of()
    return common(ministry, language) | {
        "s": words.statistics(), "by": by, "of": of, "bys": bys.items(), "ofs": ofs.items(), "by_name": bys[by],
        "of_name": ofs[of], "which": f"of={of}&by={by}&", "keep": f"of={of}&by={by}&",
    }  # fmt: skip


def _ranked(found: Ranking, by: By, language: str, which: slice, number: int = 0) -> Piece:
    lines = found.lines[which]
    accounts = Account.objects.in_bulk([line.accounts[0] for line in lines]) if by == "account" else {}
    return _piece([_row(line, by, language, accounts) for line in lines], which, len(found.lines), number)


def _piece(rows: Sequence[dict[str, Any]], which: slice, of: int, number: int) -> Piece:
    return Piece(rows, int(which.start) + 1 if rows else 0, of, number)


def _readiness(ministry: Ministry, language: str, which: slice | None, number: int = 0) -> dict[str, Any]:
    """Return the posts, the readiest first, as they are shown.

    What was measured of all posts is asked for once in some seconds, whatever is ranked beside it.

    Args:
        ministry: theirs.
        language: the active one.
        which: the lines; None for those of a page.
        number: of that page.

    Raises:
        NoPage: there is no such page.
    """
    now = clock.now()

    def measure() -> tuple[list[dict[str, Any]], int]:
        rows = readiness(standings(ministry, on=now.date()), ministry, guidelines(ministry), now=now, access=False)
        return [_ready(row, language) for row in rows if row.place is not None], len(rows)

    rows, every = shared(f"atlas:readiness:{language}", measure, seconds=SHARED_S)
    which = which or _cut(number, len(rows))
    return {
        "ready": _piece(rows[which], which, len(rows), number),
        "ready_measured": words.measured(len(rows), every),
        "questions": [title for question, title in said.questions().items() if question != "access"],
    }


def _is_demo(found: Ranking) -> bool:
    return any(Source.DEMO in line.sources for line in found.lines)


class _Total(NamedTuple):
    platform: str
    on: date
    followers: int
    accounts: int
    measured: int
    demo: bool


def _totals(by: By, on: date) -> list[_Total]:
    """Return what all accounts together reached each day, or those on each platform."""
    rows = DayTotal.objects.filter(on__gte=on - BACK).order_by("on")
    rows = rows.exclude(platform="") if by == "platform" else rows.filter(platform="")
    return [_Total(*row) for row in rows.values_list(*_Total._fields)]


def _plots(totals: list[_Total]) -> Iterator[tuple[plots.Plot, str, str]]:
    """Draw how each rose and fell, the greatest first, with its name and a sentence that says how it stands now."""
    drawn: dict[str, list[_Total]] = {}
    for total in totals:
        drawn.setdefault(total.platform, []).append(total)
    for platform, days in sorted(drawn.items(), key=lambda each: -each[1][-1].followers):
        # From the end: the newest day is always a point.
        few = days[:: -max(1, len(days) // POINTS)][::-1]
        plot, last = plots.level([(day.on, day.followers) for day in few]), days[-1]
        says = words.followed(
            said.number(last.followers), said.number(last.measured), said.number(last.accounts), str(last.on)
        )
        if plot:
            name = platform_name(platform) if platform else ""
            yield plot, name or words.statistics()["over_time"], f"{name}: {says}" if name else says


def _row(line: Line, by: By, language: str, accounts: Mapping[int, Account]) -> dict[str, Any]:
    """Return what a line of a ranking says."""
    value = line.value
    named: dict[str, Any]
    if by == "country":
        named = {"name": country_name(line.key, language), "address": reverse("atlas:country", args=[line.key])}
    elif by == "part":
        named = {"name": part_name(line.key, language)}
    elif by == "platform":
        named = {"name": platform_name(line.key), "address": reverse("atlas:platform", args=[line.key])}
    elif by == "post" and line.post is not None:
        named = {"name": lines.title(line.post, language), "address": reverse("atlas:post", args=[line.post.code])}
    else:
        account = accounts[line.accounts[0]]
        named = {"name": f"{platform_name(account.platform)} {account.address}", "link": page_of(account)}
    return named | {
        "place": line.place,
        "value": said.number(value) if isinstance(value, int | float) else value,
        "some": words.some(len(line.values), len(line.accounts)) if len(line.accounts) > 1 else "",
        "source": said.sourced(line.sources, line.days),
    }


def _ready(row: Readiness, language: str) -> dict[str, Any]:
    return {
        "place": row.place,
        "code": row.standing.post.code,
        "name": lines.title(row.standing.post, language),
        "yes": words.some(row.yes, len(row.answers)),
        "answers": [{"yes": answer.yes, "says": said.answered(answer)} for answer in row.answers],
    }
