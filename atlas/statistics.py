"""Statistics: whom our accounts reach, ranked by what was measured, each figure with its source and its day; plots; readiness."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import override
from django.views.decorators.http import require_safe

from atlas import lines, words
from atlas.pages import common
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
from crisis.registry.atlas import Listed, platform_name
from crisis.registry.models import Account, Ministry
from crisis.registry.profiles import page_of
from crisis.registry.queries import home_ministry
from crisis.sharing import shared

SHOWN = 100  # lines of a ranking on its page
POINTS = 200  # of a plot, about
BACK = timedelta(days=3 * 366)  # how far the plot goes back


@require_safe
def statistics(request: HttpRequest) -> HttpResponseBase:
    """Show one ranking (?by=, ?of=), how our reach changed, and how ready each post is."""
    by: By = next((each for each in BY if each == request.GET.get("by")), "post")
    of: Of = next((each for each in OF if each == request.GET.get("of")), "followers")
    language = language_of(request)
    key = f"atlas:statistics:{by}:{of}:{language}"
    return kept(request, answered(shared(key, lambda: _statistics(by, of, language), seconds=SHARED_S)))


def _statistics(by: By, of: Of, language: str) -> str:
    ministry, now = home_ministry(), clock.now()
    found = ranking(ministry, by=by, of=of, on=now.date())
    totals = list(DayTotal.objects.filter(on__gte=now.date() - BACK).order_by("on"))
    with override(language):
        ready = readiness(
            standings(ministry, on=now.date()), ministry, guidelines(ministry), now=now, access=False
        )  # fmt: skip
        context = common(ministry, language) | {
            "s": words.statistics(),
            "by": by,
            "of": of,
            "bys": words.ranked_by().items(),
            "ofs": words.ranked_of().items(),
            "measured": words.measured(found.measured, found.of),
            "rows": [_row(line, by, ministry, language) for line in found.lines[:SHOWN]],
            "left_out": max(0, len(found.lines) - SHOWN),
            "plots": list(_plots(totals, by)),
            "demo": _is_demo(found, totals),
            "ready": [_ready(row, ministry, language) for row in ready if row.place is not None][:SHOWN],
            "ready_measured": words.measured(sum(row.place is not None for row in ready), len(ready)),
            "questions": [title for question, title in said.questions().items() if question != "access"],
        }
        return text_of("statistics", context)


def _is_demo(found: Ranking, totals: list[DayTotal]) -> bool:
    return any(Source.DEMO in line.sources for line in found.lines) or any(total.demo for total in totals)


def _plots(totals: list[DayTotal], by: By) -> Iterator[tuple[plots.Plot, str]]:
    """Draw what all accounts together reach, or those on each platform, with a sentence that says how it stands now."""
    drawn: dict[str, list[DayTotal]] = {}
    for total in totals:
        if bool(total.platform) == (by == "platform"):
            drawn.setdefault(total.platform, []).append(total)
    for platform, days in sorted(drawn.items(), key=lambda each: -each[1][-1].followers):
        # From the end: the newest day is always a point.
        few = days[:: -max(1, len(days) // POINTS)][::-1]
        plot, last = plots.level([(day.on, day.followers) for day in few]), days[-1]
        says = words.followed(
            said.number(last.followers), said.number(last.measured), said.number(last.accounts), str(last.on)
        )
        if plot:
            yield plot, f"{platform_name(platform)}: {says}" if platform else says


def _row(line: Line, by: By, ministry: Ministry, language: str) -> dict[str, Any]:
    """Return what a line of a ranking says."""
    value = line.value
    named: dict[str, Any] = {"name": line.key, "link": "", "code": ""}
    if by == "country":
        named |= {"name": country_name(line.key, language), "to": "country"}
    elif by == "part":
        named |= {"name": part_name(line.key, language), "to": ""}
    elif by == "platform":
        named |= {"name": platform_name(line.key), "to": "platform"}
    elif by == "post" and line.post is not None:
        named |= _post(line, ministry, language)
    else:
        account = Account.objects.get(pk=line.accounts[0])
        named |= {"name": f"{platform_name(account.platform)} {account.address}", "link": page_of(account), "to": ""}
    return named | {
        "key": line.post.code if by == "post" and line.post else line.key,
        "place": line.place,
        "value": said.number(value) if isinstance(value, int | float) else value,
        "some": words.some(len(line.values), len(line.accounts)) if len(line.accounts) > 1 else "",
        "source": said.sourced(line.sources, line.days),
    }


def _post(line: Line, ministry: Ministry, language: str) -> dict[str, Any]:
    assert line.post is not None  # noqa: S101 - asked before
    return {"name": lines.post(Listed(line.post, (), (), ""), ministry, language)["title"], "to": "post"}


def _ready(row: Readiness, ministry: Ministry, language: str) -> dict[str, Any]:
    listed = Listed(row.standing.post, (), (), "")
    return {
        "place": row.place,
        "code": row.standing.post.code,
        "name": lines.post(listed, ministry, language)["title"],
        "yes": words.some(row.yes, len(row.answers)),
        "demo": row.standing.demo and settings.LOOPBACK_ONLY,
        "answers": [{"yes": answer.yes, "says": said.answered(answer)} for answer in row.answers],
    }
