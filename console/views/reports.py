"""Reports of people without registration: seen, matched with registered citizens, confirmed or dismissed."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, officer, reach, whole_number
from crisis import clock
from crisis.checkins.models import CheckIn
from crisis.checkins.reach import citizens
from crisis.checkins.reach import reports as in_reach
from crisis.checkins.reported import counts_of_reports, reports, who_may_it_be
from crisis.checkins.reports import Settled, close, confirm, dismiss, reveal
from crisis.checkins.restricted import closed_to
from crisis.checkins.unverified import Report
from crisis.encryption import UnreadableSecret
from crisis.privacy.looking import looked
from crisis.registry.queries import numbers
from crisis.staff.rights import Right

PER_PAGE = 50


@allowed(Right.SEE)
def listing(request: HttpRequest) -> HttpResponse:
    """List the reports, LIVE ones first, those that wait before the closed, calls for help before the rest."""
    chosen = {name: request.GET.get(name, "") for name in ("mode", "state", "said")}
    chosen["state"] = chosen["state"] or "waiting"
    rows = reports(**chosen, reach=reach(request)).select_related("post", "alert", "rollcall", "by", "citizen")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    by, now = officer(request), clock.now()
    known = [report.citizen_id for report in page if report.citizen_id]
    looked(by=by, citizens=known, page="reports", now=now)
    looked(by=by, reports=[report.pk for report in page], page="reports", now=now)
    context = {
        "page": page,
        "hidden": closed_to(by, known),  # what was said of them is read in their case only
        "chosen": chosen,
        "query": urlencode(chosen),
        "counts": counts_of_reports(reach(request)),
        "answers": Report.Said.choices,
    }
    return render(request, "console/reports.html", context)


@allowed(Right.SEE, of=in_reach)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one report, and the registered citizens who may have sent it; a name that is looked for stands in no address."""
    return _page(request, _found(pk))


def _found(pk: int) -> Report:
    rows = Report.objects.select_related("post", "alert__ministry", "rollcall__alert", "by", "citizen", "checkin")
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, report: Report, contact: str = "") -> HttpResponse:
    wanted = request.POST.get("wanted", "").strip()[:120]
    waits = report.state == Report.State.OPEN
    proposed = who_may_it_be(report, wanted, reach(request)) if waits else []
    answers = CheckIn.objects.filter(rollcall=report.rollcall, citizen__in=proposed, current=True)
    current = {answer.citizen_id: answer for answer in answers} if report.rollcall_id else {}
    by, now = officer(request), clock.now()
    shown = [*proposed, *filter(None, [report.citizen])]
    hidden = closed_to(by, [each.pk for each in shown])
    people = [
        {
            "citizen": citizen,
            "answer": current.get(citizen.pk),
            "same": any(each.address == report.address for each in citizen.contacts.all()) if report.address else False,
            "stays": [stay for stay in citizen.stays.all() if stay.ended_at is None and citizen.pk not in hidden],
        }
        for citizen in proposed
    ]
    looked(by=by, citizens=[each.pk for each in shown], page="report", now=now)
    looked(by=by, reports=[report.pk], page="report", now=now)
    context = {
        "report": report,
        "mode": report.mode,
        "people": people,
        "hidden": hidden,
        "wanted": wanted,
        "contact": contact,
        "number": numbers(report.post, report.alert.ministry).best,
        "same_form": in_reach(reach(request)).filter(form=report.form).exclude(pk=report.pk).order_by("pk"),
    }
    response = render(request, "console/report.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@allowed(Right.CASES, of=in_reach)
def contact_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how to reach whoever reported; that it was read is journalled."""
    report = _found(pk)
    try:
        contact = reveal(report=report, by=officer(request), now=clock.now())
    except (Settled, UnreadableSecret) as error:
        messages.error(request, str(error))
        return redirect("console:report", pk=pk)
    return _page(request, report, contact)


@require_POST
@allowed(Right.CASES, of=in_reach)
def confirm_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a report, as a registered citizen's answer or as that of people without registration."""
    report = _found(pk)
    chosen = request.POST.get("citizen", "")
    number = whole_number(chosen)
    citizen = get_object_or_404(citizens(reach(request)).select_related("ministry"), pk=number) if number else None
    if citizen is None and chosen != "none":
        messages.error(request, _("Choose who it is, or that they are not registered."))
        return redirect("console:report", pk=pk)
    try:
        done = confirm(report=report, citizen=citizen, by=officer(request), now=clock.now())
    except Settled as error:
        messages.error(request, str(error))
        return redirect("console:report", pk=pk)
    if citizen is None:
        messages.success(request, _("Report %(n)s is confirmed, as people without registration.") % {"n": pk})
    elif done.checkin_id:
        messages.success(request, _("Report %(n)s is confirmed, and recorded as the citizen's answer.") % {"n": pk})
    else:
        messages.warning(
            request, _("Report %(n)s is theirs, but they have answered since: that newer answer stands.") % {"n": pk}
        )
    return redirect("console:report", pk=pk) if done.closed_at is None else redirect("console:reports")


@require_POST
@allowed(Right.CASES, of=in_reach)
def close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a confirmed call for help with what came of it."""
    try:
        close(report=_found(pk), outcome=request.POST.get("outcome", ""), by=officer(request), now=clock.now())
    except Settled as error:
        messages.error(request, str(error))
        return redirect("console:report", pk=pk)
    return redirect("console:reports")


@require_POST
@allowed(Right.CASES, of=in_reach)
def dismiss_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a report aside, for a reason."""
    try:
        dismiss(report=_found(pk), reason=request.POST.get("reason", ""), by=officer(request), now=clock.now())
    except Settled as error:
        messages.error(request, str(error))
        return redirect("console:report", pk=pk)
    return redirect("console:reports")
