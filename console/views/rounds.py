"""Asking again, and taking lists of people out: for transport, for whoever calls, for a colleague's table."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer
from console.wanted import calls_wanted, wanted_in, written
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.checkins import exporting, rounds, sheets
from crisis.checkins.queries import STATUSES
from crisis.checkins.reach import rollcalls
from crisis.staff.rights import Right

_FORMS = {
    "csv": (sheets.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (sheets.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
PRINTED = "print"


def _rollcall(pk: int) -> Rollcall:
    return get_object_or_404(Rollcall.objects.select_related("alert__ministry"), pk=pk)


@require_POST
@allowed(Right.CASES, of=rollcalls)
def open_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a round."""
    rollcall = _rollcall(pk)
    try:
        made = rounds.open_round(
            rollcall=rollcall, questions=request.POST.getlist("question"), by=officer(request), now=clock.now()
        )
    except ValueError as error:
        note_refusal(request, error, rollcall=pk)
        messages.error(request, str(error))
    else:
        messages.success(request, _("Round %(number)s has begun.") % {"number": made.number})
    return redirect("console:board", pk)


@require_POST
@allowed(Right.EXPORT, of=rollcalls)
def export_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a list of people; see `_taken`."""
    rollcall, wanted, form = _rollcall(pk), wanted_in(request.POST), request.POST.get("form", "")

    def rows() -> exporting.Table:
        return exporting.export(rollcall=rollcall, wanted=wanted, form=form, by=officer(request), now=clock.now())

    back = f"{reverse('console:board', args=[pk])}?{urlencode(written(wanted))}"
    marker = rollcall.alert.marker
    title = f"{marker}: {STATUSES.get(wanted.status, _('everybody'))}"
    name = f"{marker.replace('/', '-')}-{wanted.status or 'all'}"
    return _taken(request, form, rows, back=back, name=name, title=title, mode=rollcall.alert.mode)


@require_POST
@allowed(Right.EXPORT)
def calls_view(request: HttpRequest) -> HttpResponse:
    """Return the list of whom to call; see `_taken`."""
    wanted, form = calls_wanted(request.POST), request.POST.get("form", "")

    def rows() -> exporting.Table:
        return exporting.call_list(wanted=wanted, form=form, by=officer(request), now=clock.now())

    return _taken(request, form, rows, back=reverse("console:calls"), name="calls", title=_("Whom to call"), mode="")


def _taken(
    request: HttpRequest, form: str, rows: Callable[[], exporting.Table], *, back: str, name: str, title: str, mode: str
) -> HttpResponse:
    """Return a list as a file, or as a page to be printed; that it was taken is journalled.

    Args:
        request: by whom.
        form: one of `_FORMS`, or PRINTED.
        rows: takes it, its head first.
        back: where somebody goes whom it is refused, or who has printed it.
        name: of the file.
        title: of the page.
        mode: of the alert, if it is one alert's.
    """
    if form not in (*_FORMS, PRINTED):
        messages.error(request, _("Choose CSV, XLSX or the page to print."))
        return redirect(back)
    try:
        head, *people = rows()
    except exporting.TooMany as error:
        note_refusal(request, error)
        messages.error(request, str(error))
        return redirect(back)
    if form == PRINTED:
        context = {"people": [list(zip(head, row, strict=True)) for row in people], "head": head, "now": clock.now()}
        answer = render(request, "console/printed.html", context | {"title": title, "mode": mode, "back": back})
    else:
        write, kind = _FORMS[form]
        answer = HttpResponse(write([head, *people]), content_type=kind)
        answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer
