"""A coordinator's own group: how many of its people are, said at once."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from console.access import allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import open_rollcalls
from crisis.audience.models import Citizen
from crisis.checkins import coordination
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import RollcallClosed
from crisis.privacy.looking import looked
from crisis.staff.rights import Right

PER_PAGE = 50
_ANSWERS = (Safety.SAFE, Safety.NEEDS_HELP, Safety.NOT_THERE)


@allowed(Right.REPORT)
def group_view(request: HttpRequest) -> HttpResponse:
    """Show the people of the coordinator's lists with their latest answer, and record what is said of them."""
    now = clock.now()
    rollcalls = list(open_rollcalls(now))
    number = whole_number(request.POST.get("rollcall", request.GET.get("rollcall", "")))
    chosen = next((each for each in rollcalls if each.pk == number), rollcalls[0] if rollcalls else None)
    if request.method == "POST":
        return _record(request, chosen if chosen and chosen.pk == number else None)
    people = Paginator(coordination.people_of(officer(request), now), PER_PAGE).get_page(request.GET.get("page"))
    looked(by=officer(request), citizens=[each.pk for each in people], page="group", now=now)
    context = {
        "page": people,
        "rows": _rows(people, chosen),
        "rollcalls": rollcalls,
        "chosen": chosen,
        "query": f"rollcall={chosen.pk}" if chosen else "",
        "answers": [(each.value, each.label) for each in _ANSWERS],
        "token": secrets.token_hex(16),
    }
    return render(request, "console/group.html", context)


def _record(request: HttpRequest, rollcall: Rollcall | None) -> HttpResponse:
    said = {name.removeprefix("person-"): value for name, value in request.POST.items() if name.startswith("person-")}
    answers = {
        pk: Safety(value) for name, value in said.items() if (pk := whole_number(name)) and value in _ANSWERS
    }  # fmt: skip
    try:
        if rollcall is None:
            raise RollcallClosed
        done = coordination.report(
            rollcall=rollcall,
            answers=answers,
            token=request.POST.get("token", ""),
            by=officer(request),
            now=clock.now(),
        )
    except RollcallClosed:
        messages.error(request, _("This alert asks nobody any more. Call the embassy if somebody needs help."))
        return redirect("console:group")
    except ValueError as error:
        note_refusal(request, error, rollcall=rollcall.pk if rollcall else None)
        messages.error(request, str(error))
        return redirect("console:group")
    messages.success(request, _("Recorded: %(recorded)s.") % {"recorded": done.recorded})
    if done.kept:
        names = ", ".join(each.name or _("(no name)") for each in done.kept)
        messages.warning(
            request, _("%(names)s called for help: only staff, or they themselves, take that back.") % {"names": names}
        )
    return redirect(f"{reverse('console:group')}?rollcall={rollcall.pk}")


def _rows(page: Page[Citizen], rollcall: Rollcall | None) -> list[dict[str, Any]]:
    current = CheckIn.objects.filter(rollcall=rollcall, citizen__in=[each.pk for each in page], current=True)
    latest = {each.citizen_id: each for each in current} if rollcall else {}
    return [{"citizen": each, "answer": latest.get(each.pk)} for each in page]
