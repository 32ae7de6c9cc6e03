"""One case: held by who opens it, written and called about, noted, merged, closed; and what a shift hands over."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, officer, reach, whole_number
from console.acting import acting, chosen_way
from console.in_hand import whose
from crisis import clock
from crisis.audience.queries import current_stay
from crisis.checkins import casebook, ending, holding, replying
from crisis.checkins.calling import OUTCOMES
from crisis.checkins.findings import confirm_finding, lift_finding, newest_word, note_finding
from crisis.checkins.models import Case
from crisis.checkins.queries import others_of, since_then
from crisis.checkins.reach import cases as in_reach
from crisis.privacy.looking import A_MINUTE, ITSELF, looked
from crisis.registry.models import Mode
from crisis.registry.queries import numbers
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed, Right, may, reach_of

LONGEST_SHIFT = 72  # hours


def _found(request: HttpRequest, pk: int) -> Case:
    rows = Case.objects.select_related(
        "citizen__ministry", "post", "rollcall__alert__ministry", "assigned_to", "held_by", "found_by", "confirmed_by",
        "merged_into",
    )  # fmt: skip
    case = get_object_or_404(rows, pk=pk)
    if not casebook.may_open(officer(request), case):
        raise NotAllowed(_("This case is restricted: ask a consular clerk or a duty officer."))
    return case


@allowed(Right.SEE, of=in_reach)
def case_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case; whoever works on cases has it in hand by opening it, unless somebody else has."""
    case = _found(request, pk)
    by, now = officer(request), clock.now()
    # A page that is left open renews itself, and holds nothing by that.
    opens = case.state == Case.State.OPEN and _works_on(by, case) and not request.headers.get("HX-Request")
    if opens and holding.hold(case=case, by=by, now=now):
        case.held_by, case.held_until = by, now + holding.HELD
    return _page(request, case)


def _works_on(by: Officer, case: Case) -> bool:
    return reach_of(by, Right.CASES).holds(case.post_id, case.rollcall_id)


def _page(request: HttpRequest, case: Case, addresses: list[tuple[str, str]] | None = None) -> HttpResponse:
    by, now = officer(request), clock.now()
    within = ITSELF if request.headers.get("HX-Request") else A_MINUTE
    looked(by=by, citizens=[case.citizen_id], page="case", now=now, within=within)
    seen, heard = casebook.newest(case), newest_word(case)  # first: what comes meanwhile is not seen
    said = casebook.thread(case)
    told = [each.checkin for each in said if each.checkin is not None]
    holder = case.holder(now)
    works = case.state == Case.State.OPEN and _works_on(by, case)
    context: dict[str, Any] = {
        "case": case,
        "mode": case.mode,
        "thread": said,
        "seen": seen,
        "heard": heard,
        "others": others_of(told, [case.citizen]),
        "since": since_then([case]).get(case.pk),
        "stay": current_stay(case.citizen),
        "local_hour": casebook.local_hour(case, now),
        "number": numbers(case.post, case.citizen.ministry).best,
        "holder": holder,
        "whose": whose(case, by, now),
        "works": works and holder == by,
        "may_take": works and holder != by,
        "reach": addresses,
        "endings": [(each.value, each.label) for each in ending.CHOSEN],
        "findings": Case.Finding.choices,
        "outcomes": OUTCOMES,
        "now": now,
    }
    if works:
        context |= {
            "ways": replying.ways_of(case, now),
            "ready": replying.ready(case),
            "language": replying.spoken(case),
            "colleagues": casebook.colleagues(case),
            "open_cases": in_reach(reach(request))
            .filter(citizen=case.citizen, state=Case.State.OPEN)
            .exclude(pk=case.pk),
        }
    return render(request, "console/case.html", context)


def _back(_request: HttpRequest, pk: int) -> HttpResponse:
    return redirect("console:case", pk)


_act = acting(_found, _back, what="case", of=in_reach)
# What is known of somebody in hospital, detained, missing or deceased.
_grave = acting(_found, _back, what="case", of=in_reach, right=Right.GRAVE)


@_act
def take_over_view(_request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Take a case from whoever has it open."""
    holding.take_over(case=case, by=by, now=now)
    return _("You have this case now.")


@_act
def assign_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Give a case to somebody, or to nobody in particular."""
    chosen = request.POST.get("to", "")
    to = next((each for each in casebook.colleagues(case) if each.pk == whole_number(chosen)), None)
    if chosen and to is None:
        raise ValueError(_("Choose a colleague of the list."))
    holding.assign(case=case, to=to, by=by, now=now)
    return _("%(name)s looks after it.") % {"name": to} if to else _("Nobody looks after it now.")


@_act
def write_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Write to the person."""
    contact = chosen_way(request)
    answer, text = request.POST.get("answer", ""), request.POST.get("text", "")
    replying.write(case=case, contact=contact, answer=answer, text=text, by=by, now=now)
    return _("It is being sent.")


@_act
def remark_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Write something down for colleagues."""
    replying.note(case=case, text=request.POST.get("text", ""), by=by, now=now)
    return _("Noted.")


@_act
def called_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Write down how a call went."""
    outcome, text = request.POST.get("outcome", ""), request.POST.get("text", "")
    replying.called(case=case, outcome=outcome, text=text, by=by, now=now)
    return _("The call is noted.")


@_act
def merge_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Let another case take this one's place."""
    into = in_reach(reach(request)).filter(pk=whole_number(request.POST.get("into", "")) or 0).first()
    if into is None:
        raise ValueError(_("There is no case with this number."))
    if not casebook.may_open(by, into):
        raise NotAllowed(_("That case is restricted."))
    ending.merge(case=case, into=into, by=by, now=now)
    return _("It goes on in case %(number)s.") % {"number": into.pk}


@_act
def close_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Close a case with what came of it."""
    chosen = request.POST.get("ending", "") or Case.Ending.RESOLVED
    outcome = request.POST.get("outcome", "")
    seen = whole_number(request.POST.get("seen", ""))
    if ending.close_case(case=case, outcome=outcome, ending=chosen, by=by, now=now, seen=seen):
        return _("The case is closed.")
    return _("Nobody is asked any more. The case is closed once a second person confirms it.")


@_grave
def note_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Note what ends all asking, without closing the case."""
    note_finding(case=case, finding=request.POST.get("finding", ""), by=by, now=now)
    return _("Nobody is asked any more. A second person must confirm it.")


@_grave
def confirm_view(request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Confirm what a colleague noted."""
    seen = whole_number(request.POST.get("seen", ""))
    closed = confirm_finding(case=case, finding=request.POST.get("finding", ""), by=by, now=now, seen=seen)
    return _("Confirmed, and the case is closed.") if closed else _("Confirmed.")


@_grave
def lift_view(_request: HttpRequest, case: Case, by: Officer, now: datetime) -> str:
    """Take it back."""
    lift_finding(case=case, by=by, now=now)
    return _("Taken back: whoever is silent is asked again.")


@require_POST
@allowed(Right.CASES, of=in_reach)
def numbers_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how to reach the person; that it was read is noted."""
    case = _found(request, pk)
    page = _page(request, case, casebook.numbers_of(case=case, by=officer(request), now=clock.now()))
    page["Cache-Control"] = "no-store"
    return page


@allowed(Right.CASES)
def handover_view(request: HttpRequest) -> HttpResponse:
    """Sum a shift up, for paper too."""
    hours = min(max(whole_number(request.GET.get("hours", "")) or 8, 1), LONGEST_SHIFT)
    wanted = request.GET.get("mode", "")
    mode = Mode(wanted) if wanted in Mode.values else Mode.LIVE
    now, by = clock.now(), officer(request)
    summed = casebook.shift(since=now - timedelta(hours=hours), mode=mode, reach=reach(request))
    shown = {case for case, _turn in summed.waiting if casebook.may_open(by, case)}
    looked(by=by, citizens=[case.citizen_id for case in shown], page="handover", now=now)
    grave = {str(Case.Ending(each).label) for each in Case.Finding.values if not may(by, Right.GRAVE)}
    context = {
        "shift": summed,
        "hours": hours,
        "mode": mode,
        "modes": Mode.choices,
        "now": now,
        "shown": shown,
        "endings": [(label, n) for label, n in summed.endings.items() if label not in grave],
        "unconfirmed": [case for case in summed.unconfirmed if casebook.may_open(by, case)],
    }
    return render(request, "console/handover.html", context)
