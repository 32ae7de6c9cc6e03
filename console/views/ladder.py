"""The ladder for the silent: stopped and gone on with from the board; and the list of whom a person calls."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, reach
from console.wanted import calls_wanted
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.checkins import calling, ladder
from crisis.checkins.models import LadderStep
from crisis.checkins.reach import rollcalls, steps
from crisis.privacy.looking import looked
from crisis.registry.models import Post
from crisis.staff.rights import Right

PER_PAGE = 50
FILTER = ("post", "rollcall", "mode")


@require_POST
@allowed(Right.CASES, of=rollcalls)
def stop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind and ask nobody further."""
    ladder.stop(rollcall=get_object_or_404(Rollcall, pk=pk), by=officer(request), now=clock.now())
    messages.success(request, _("Nobody is reminded or asked any further."))
    return redirect("console:board", pk)


@require_POST
@allowed(Right.CASES, of=rollcalls)
def go_on_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind and ask on."""
    ladder.go_on(rollcall=get_object_or_404(Rollcall, pk=pk), by=officer(request), now=clock.now())
    messages.success(request, _("Whoever is silent is reminded and asked again."))
    return redirect("console:board", pk)


@allowed(Right.CASES)
def calls(request: HttpRequest) -> HttpResponse:
    """List whom to call, by post; the numbers are shown to whoever takes the call."""
    chosen = {name: request.GET.get(name, "") for name in FILTER}
    now = clock.now()
    rows = calling.to_call(now, calls_wanted(request.GET), reach(request))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = [step.citizen_id for step in page]
    looked(by=officer(request), citizens=shown, page="calls", now=now)
    waiting = calling.to_call(now, reach=reach(request)).order_by()
    context = {
        "page": page,
        "calls": calling.calls(list(page), officer(request)),
        "chosen": chosen,
        "posts": Post.objects.filter(pk__in=waiting.values("post")).order_by("name"),
        "rollcalls": Rollcall.objects.filter(pk__in=waiting.values("rollcall")).select_related("alert").order_by("-pk"),
        "outcomes": calling.OUTCOMES,
        "free_again": now - calling.HELD,
        "back": _narrowed(request),
        "query": urlencode({key: value for key, value in chosen.items() if value}),
    }
    return render(request, "console/calls.html", context)


@require_POST
@allowed(Right.CASES, of=steps)
def take_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a call."""
    step = get_object_or_404(LadderStep, pk=pk)
    try:
        calling.take(step=step, by=officer(request), now=clock.now())
    except calling.Taken as error:
        note_refusal(request, error, step=pk)
        messages.error(request, str(error))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Return to the list as it was narrowed."""
    return redirect(f"{reverse('console:calls')}{_narrowed(request)}")


def _narrowed(request: HttpRequest) -> str:
    kept = {name: request.GET[name] for name in (*FILTER, "page") if request.GET.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


@require_POST
@allowed(Right.CASES, of=steps)
def settle_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down how a call went."""
    step = get_object_or_404(LadderStep.objects.select_related("rollcall__alert", "citizen__ministry"), pk=pk)
    outcome, text = request.POST.get("outcome", ""), request.POST.get("text", "")
    try:
        calling.settle(step=step, outcome=outcome, text=text, by=officer(request), now=clock.now())
    except (calling.Taken, ValueError) as error:
        note_refusal(request, error, step=pk)
        messages.error(request, str(error))
    return _back(request)
