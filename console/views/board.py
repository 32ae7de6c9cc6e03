"""The check-in board of a rollcall, and the cases."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from console.access import allowed, officer, whole_number
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import replacement
from crisis.checkins.findings import lift_finding, note_finding
from crisis.checkins.models import Case, Safety
from crisis.checkins.operations import close_case, is_open
from crisis.checkins.queries import STATUSES, Board, board, counts_of_cases, described, others_of, people, since_then
from crisis.checkins.queries import cases as find_cases
from crisis.checkins.reported import Unregistered, unregistered
from crisis.checkins.rungs import ladder_of
from crisis.checkins.unverified import Report
from crisis.privacy.looking import A_MINUTE, ITSELF, looked
from crisis.registry.queries import numbers
from crisis.staff.rights import Right
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text

PER_PAGE = 50


@allowed(Right.SEE)
def board_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the counts per post, and the people; the filter stands in the address, so that a view can be sent on."""
    rollcall = get_object_or_404(Rollcall.objects.select_related("alert__ministry"), pk=pk)
    post = request.GET.get("post", "")
    chosen = {"status": request.GET.get("status", ""), "post": post, "name": request.GET.get("name", "")}
    rows = people(rollcall, status=chosen["status"], post_id=whole_number(post), name=chosen["name"])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = urlencode({key: value for key, value in chosen.items() if value})
    within = ITSELF if request.headers.get("HX-Request") else A_MINUTE
    shown = [citizen.pk for citizen in page]
    looked(by=officer(request), citizens=shown, page="board", now=clock.now(), within=within)
    context = _counts(rollcall, Counted.now(rollcall)) | {
        "page": page,
        "people": described(rollcall, page),
        "chosen": chosen,
        "statuses": STATUSES,
        "query": query,
        "replacement": replacement(rollcall.alert),
        "ladder": ladder_of(rollcall, clock.now()),
    }
    return render(request, "console/board.html", context)


@dataclass(frozen=True, slots=True)
class Counted:
    """A board, those without registration beside it, and the time they were counted at."""

    board: Board
    unregistered: list[Unregistered]
    at: datetime

    @classmethod
    def now(cls, rollcall: Rollcall) -> "Counted":
        """Count it."""
        return cls(board(rollcall), unregistered(rollcall), clock.now())


def _counts(rollcall: Rollcall, counted: Counted) -> dict[str, Any]:
    alert = rollcall.alert
    return {
        "rollcall": rollcall,
        "alert": alert,
        "mode": alert.mode,
        "open": is_open(rollcall, clock.now()),
        "board": counted.board,
        "unregistered": counted.unregistered,
        "said": Report.Said.choices,
        "answers": [(value, label) for value, label in Safety.choices],
        "situation": situation(alert.situation),
        "place": place_text(alert.slots["place"], "en"),
        "now": counted.at,
    }


@allowed(Right.SEE)
def counts_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the counts, which update by themselves."""
    rollcall = get_object_or_404(Rollcall.objects.select_related("alert__ministry"), pk=pk)
    # However many look on, a process counts the answers once a second.
    counted = cast("Counted", cache.get_or_set(f"board:{rollcall.pk}", partial(Counted.now, rollcall), 1))
    return render(request, "console/_counts.html", _counts(rollcall, counted))


@allowed(Right.SEE)
def cases(request: HttpRequest) -> HttpResponse:
    """List the cases, LIVE ones first, open before closed, calls for help before the unclear."""
    chosen = {name: request.GET.get(name, "") for name in ("mode", "state", "kind")}
    chosen["state"] = chosen["state"] or "open"
    rows = find_cases(**chosen).select_related("citizen__ministry", "post", "rollcall__alert")
    rows = rows.prefetch_related("checkins__attachments", "citizen__stays", "citizen__contacts")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    since = since_then(page)
    shown = [case.citizen_id for case in page]
    looked(by=officer(request), citizens=shown, page="cases", now=clock.now())
    told = [*since.values(), *(checkin for case in page for checkin in case.checkins.all())]
    others = others_of(told, [case.citizen for case in page])
    items = [
        {"case": case, "number": numbers(case.post, case.citizen.ministry).best, "since": since.get(case.pk)}
        for case in page
    ]
    context = {
        "items": items,
        "page": page,
        "chosen": chosen,
        "counts": counts_of_cases(),
        "query": urlencode(chosen),
        "findings": Case.Finding.choices,
        "others": others,
    }
    return render(request, "console/cases.html", context)


@require_POST
@allowed(Right.CASES)
def close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a case with what came of it."""
    case = get_object_or_404(Case, pk=pk)
    try:
        close_case(
            case=case, outcome=request.POST.get("outcome", ""), by=officer(request), now=clock.now(),
            finding=request.POST.get("finding", ""),
        )  # fmt: skip
    except ValueError as error:
        messages.error(request, str(error))
    return redirect("console:cases")


@require_POST
@allowed(Right.CASES)
def note_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Note on a case what ends all asking, without closing it."""
    case = get_object_or_404(Case, pk=pk)
    try:
        note_finding(case=case, finding=request.POST.get("finding", ""), by=officer(request), now=clock.now())
    except ValueError as error:
        messages.error(request, str(error))
    return redirect("console:cases")


@require_POST
@allowed(Right.CASES)
def lift_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    lift_finding(case=get_object_or_404(Case, pk=pk), by=officer(request), now=clock.now())
    return redirect("console:cases")
