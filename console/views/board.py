"""The check-in board of a rollcall, and the cases."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, reach, whole_number
from console.board_map import STATES, board_map
from console.in_hand import whose
from console.wanted import HOUR, wanted_in, written
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import replacement
from crisis.checkins.casebook import may_open, turns
from crisis.checkins.counting import Board, Wanted, by_country, gravest_posts
from crisis.checkins.estimates import Estimate, estimable, estimates, note_estimate
from crisis.checkins.gravest import Gravest
from crisis.checkins.holding import forgotten
from crisis.checkins.models import Safety
from crisis.checkins.operations import is_open
from crisis.checkins.queries import (
    STATUSES,
    Waits,
    counts_of_cases,
    described,
    others_of,
    people,
    since_then,
    unassigned,
)
from crisis.checkins.queries import cases as find_cases
from crisis.checkins.reach import rollcalls
from crisis.checkins.reported import Unregistered, counts_of_reports, unregistered
from crisis.checkins.restricted import closed_to
from crisis.checkins.rounds import Question, aged, answers_of, current_round
from crisis.checkins.rungs import ladder_of
from crisis.checkins.tallying import shown
from crisis.checkins.unverified import Report
from crisis.language import spoken
from crisis.plots import HOURS, by_hour
from crisis.privacy.looking import A_MINUTE, ITSELF, looked
from crisis.registry.models import Mode
from crisis.registry.queries import numbers
from crisis.sharing import shared
from crisis.staff.reach import Reach
from crisis.staff.rights import Right, may
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text

PER_PAGE = 50
MAP_KEPT_S = 5  # a map is larger than the counts, and need not be as new
_FROM_BELOW = (Safety.SAFE, Safety.NOT_THERE, Safety.UNCLEAR, Safety.NEEDS_HELP)


@allowed(Right.SEE, of=rollcalls)
def board_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the counts per post, and the people.

    The filter stands in the address, so that a view can be sent on; a name is posted, and stands in none.
    """
    rollcall = _rollcall(pk)
    name = request.POST.get("name", "").strip()
    typed = request.POST if request.method == "POST" else request.GET
    wanted = wanted_in(typed)
    chosen = written(wanted)
    if request.method == "POST" and not name:
        return redirect(f"{request.path}?{urlencode(chosen)}")
    seen = reach(request)
    page = _people(rollcall, wanted, name, typed.get("to") or typed.get("page"), seen)
    within = ITSELF if request.headers.get("HX-Request") else A_MINUTE
    shown_here = [citizen.pk for citizen in page]
    looked(by=officer(request), citizens=shown_here, page="board", now=clock.now(), within=within)
    counted = Counted.now(rollcall)
    context = _counts(rollcall, counted, wanted, seen) | _drawn(rollcall, counted, wanted, seen)
    since = {at for at, _, _ in context["hours"]} | ({wanted.since} if wanted.since else set())
    context |= {
        "page": page,
        "people": described(rollcall, page, hidden=closed_to(officer(request), shown_here)),
        "name": name,
        "statuses": STATUSES,
        "query": urlencode(chosen),
        "sinces": [(f"{at:{HOUR}}", at) for at in sorted(since, reverse=True)],
        "replacement": replacement(rollcall.alert),
        "ladder": ladder_of(rollcall, clock.now(), seen),
        "for_all": seen.holds(None, rollcall.pk),
        "estimable": estimable(officer(request), context["countries"]) if may(officer(request), Right.CASES) else [],
        "aged": aged(asked, seen) if (asked := current_round(rollcall)) else None,
        "questions": Question.choices,
        "said_in_round": answers_of(asked, shown_here) if asked else {},
    }
    return render(request, "console/board.html", context)


def _rollcall(pk: int) -> Rollcall:
    return get_object_or_404(Rollcall.objects.select_related("alert__ministry"), pk=pk)


def _people(rollcall: Rollcall, wanted: Wanted, name: str, number: str | None, seen: Reach) -> Any:
    """Return a page of people, the gravest first.

    However many look at the same one, a process counts them once in some seconds, and puts them in order once a second.
    """
    rows, chosen = people(rollcall, **asdict(wanted), name=name, reach=seen), urlencode(written(wanted))
    narrowed = name or chosen or not seen.everything
    ordered: Any = _Kept(rollcall, rows if narrowed else None, status=wanted.status)
    paginator = Paginator(ordered, PER_PAGE)
    if name:
        paginator.count = rows.count()
    else:
        ordered.key = f"people:{rollcall.pk}:{chosen}:{seen.key}"
        paginator.count = shared(ordered.key, rows.count, seconds=5)
    return paginator.get_page(number)


class _Kept(Gravest):
    """The same, put in order once a second; of those who are found by a name, anew each time."""

    key = ""

    def ids(self, wanted: slice) -> list[int]:
        order = partial(super().ids, wanted)
        return shared(f"{self.key}:{wanted.start}", order, seconds=1) if self.key else order()


@dataclass(frozen=True, slots=True)
class Counted:
    """A board, those without registration beside it, what is thought of each country, and the time they were read at."""

    board: Board
    unregistered: list[Unregistered]
    estimates: dict[str, Estimate]
    at: datetime

    @classmethod
    def now(cls, rollcall: Rollcall) -> "Counted":
        """Read it."""
        found = shown(rollcall)
        places = {row.country for row in found.rows if row.country}
        return cls(found, unregistered(rollcall), estimates(rollcall.alert.ministry, places), clock.now())


def _counted(rollcall: Rollcall) -> Counted:
    # However many look on, a process reads the answers once a second.
    return shared(f"board:{rollcall.pk}", partial(Counted.now, rollcall), seconds=1)


def _counts(rollcall: Rollcall, counted: Counted, wanted: Wanted, seen: Reach) -> dict[str, Any]:
    """Return what the fragment shows: of whoever is bound only their posts' rows, and the sums of those."""
    alert, whole = rollcall.alert, counted.board.within(seen, rollcall.pk)
    board, everywhere = whole.narrowed(wanted), whole.narrowed(Wanted(since=wanted.since))
    kept = {row.post_id for row in board.rows} | {wanted.post_id}
    without = [
        row for row in counted.unregistered
        if seen.holds(row.post_id, rollcall.pk) and (row.post_id in kept or not (wanted.post_id or wanted.country))
    ]  # fmt: skip
    reported = {row.post_id: row.open for row in without}
    return {
        "rollcall": rollcall,
        "alert": alert,
        "mode": alert.mode,
        "open": is_open(rollcall, clock.now()),
        "wanted": wanted,
        "chosen": written(wanted),
        "board": replace(board, rows=gravest_posts(board.rows, reported)),
        "posts": sorted((row.post, str(row.post_id)) for row in whole.rows if row.post_id),
        "reported": reported,
        "reported_in_all": sum(row.open for row in without),
        "reported_to_need_help": sum(row.unverified.get(Report.Said.NEEDS_HELP, 0) for row in without),
        "countries": by_country(everywhere.rows),
        "estimates": counted.estimates,
        "unregistered": without,
        "said": Report.Said.choices,
        "answers": [(value, label) for value, label in Safety.choices],
        "situation": situation(alert.situation),
        "place": place_text(alert.slots["place"], spoken()),
        "now": counted.at,
    }


def _drawn(rollcall: Rollcall, counted: Counted, wanted: Wanted, seen: Reach) -> dict[str, Any]:
    """Return the board on a map, which shows every country in reach, and the answers of those wanted by hour."""
    whole, alert = counted.board.within(seen, rollcall.pk), rollcall.alert
    here = whole.narrowed(Wanted(post_id=wanted.post_id, country=wanted.country))
    hours = {datetime.fromisoformat(at): given for at, given in here.hours.items() if any(given.values())}
    ends = [at for at in (rollcall.closed_at, alert.expires_at) if at]
    return {
        "rollcall": rollcall,
        "chosen": written(wanted),
        "map": board_map(whole.narrowed(Wanted(since=wanted.since)).rows, alert.areas.all()),
        "states": [(state, sign, name) for state, (sign, name) in STATES.items()],
        "bars": by_hour(hours, kinds=_FROM_BELOW, until=min([clock.now(), *ends])),
        "hours": [(at, f"{at:{HOUR}}", given) for at, given in sorted(hours.items(), reverse=True)[:HOURS]],
        "answers": Safety.choices,
    }


@allowed(Right.SEE, of=rollcalls)
def counts_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the counts, which update by themselves: one text for everybody who sees the same, made once a second."""

    def made(rollcall: Rollcall, wanted: Wanted) -> str:
        return render_to_string("console/_counts.html", _counts(rollcall, _counted(rollcall), wanted, reach(request)))

    return _shared(request, pk, made, seconds=1)


@allowed(Right.SEE, of=rollcalls)
def map_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the map, the plot and the table of answers by hour, which update by themselves as the counts do."""

    def made(rollcall: Rollcall, wanted: Wanted) -> str:
        context = _drawn(rollcall, _counted(rollcall), wanted, reach(request))
        return "".join(render_to_string(f"console/{part}.html", context) for part in ("_drawn", "_hours"))

    return _shared(request, pk, made, seconds=MAP_KEPT_S)


def _shared(request: HttpRequest, pk: int, make: Callable[[Rollcall, Wanted], str], *, seconds: int) -> HttpResponse:
    """Answer with a fragment that is made once for everybody who sees the same, or with 304 to whoever has it."""
    wanted, page = wanted_in(request.GET), request.resolver_match.url_name if request.resolver_match else ""
    key = f"{page}:{pk}:{urlencode(written(wanted))}:{get_language()}:{reach(request).key}"

    def tagged() -> tuple[str, str]:
        text = make(_rollcall(pk), wanted)
        return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'

    text, tag = shared(key, tagged, seconds=seconds)
    response = HttpResponse(status=304) if request.headers.get("If-None-Match") == tag else HttpResponse(text)
    response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
    return response


@require_POST
@allowed(Right.CASES, of=rollcalls)
def estimate_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Note how many people are thought to be in a country."""
    rollcall, typed = _rollcall(pk), request.POST
    try:
        number, day = whole_number(typed.get("people", "")), parse_date(typed.get("as_of", ""))
        if number is None or day is None:
            raise ValueError(_("Say how many people, and for which day."))
        note_estimate(
            ministry=rollcall.alert.ministry, country=typed.get("estimated", ""), people=number,
            source=typed.get("source", ""), as_of=day, by=officer(request), now=clock.now(),
        )  # fmt: skip
    except ValueError as error:
        note_refusal(request, error, rollcall=pk)
        messages.error(request, str(error))
    return redirect("console:board", pk)


@allowed(Right.SEE)
def cases(request: HttpRequest) -> HttpResponse:
    """List the cases, LIVE ones first, open before closed, calls for help before the unclear."""
    chosen = {name: request.GET.get(name, "") for name in ("mode", "state", "kind", "whose")}
    chosen["state"] = chosen["state"] or "open"
    seen = reach(request)
    only = {"me": Q(assigned_to=officer(request)), "nobody": Q(assigned_to=None)}.get(chosen["whose"], Q())
    rows = find_cases(mode=chosen["mode"], state=chosen["state"], kind=chosen["kind"], only=only, reach=seen)
    rows = rows.select_related("citizen__ministry", "post", "rollcall__alert", "assigned_to", "held_by")
    rows = rows.prefetch_related("checkins__attachments", "citizen__stays", "citizen__contacts")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    by, now = officer(request), clock.now()
    since, turn = since_then(page), turns(page)
    open_to_me = [case for case in page if may_open(by, case)]
    looked(by=by, citizens=[case.citizen_id for case in open_to_me], page="cases", now=now)
    told = [*since.values(), *(checkin for case in open_to_me for checkin in case.checkins.all())]
    others = others_of(told, [case.citizen for case in open_to_me])
    number = cache(lambda post, ministry: numbers(post, ministry).best)  # many have the same post
    items = [
        {
            "case": case, "number": number(case.post, case.citizen.ministry), "since": since.get(case.pk),
            "turn": turn[case.pk], "whose": whose(case, by, now), "shown": case in open_to_me,
        }
        for case in page
    ]  # fmt: skip
    context = {
        "items": items,
        "page": page,
        "chosen": chosen,
        "counts": counts_of_cases(seen),
        "reports": counts_of_reports(seen),
        "query": urlencode(chosen),
        "others": others,
        "now": now,
        "forgotten": forgotten(now, timedelta(minutes=settings.CASE_ALARM_MINUTES), seen).count(),
        "alarm_minutes": settings.CASE_ALARM_MINUTES,
        "me": by,
    }
    return render(request, "console/cases.html", context)


@allowed(Right.SEE)
def badge(request: HttpRequest) -> HttpResponse:
    """Return how many cases nobody looks after yet, and calls for help reported without registration, for every page's head."""
    seen = reach(request)
    counted = shared(f"cases:waiting:{seen.key}", partial(_waiting, seen), seconds=2)
    return render(request, "console/_badge.html", {"waits": counted})


def _waiting(seen: Reach) -> Waits:
    waits = unassigned(seen)
    reported = {each.mode: each.needs_help for each in counts_of_reports(seen)}
    live, exercise = (reported.get(mode, 0) for mode in (Mode.LIVE, Mode.EXERCISE))
    return replace(waits, live=waits.live + live, exercise=waits.exercise + exercise)
