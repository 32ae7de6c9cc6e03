"""Somebody is on the phone: find the person by name or number, and record what they say."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from console.access import allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import open_rollcalls
from crisis.audience.models import Citizen
from crisis.audience.queries import current_stay
from crisis.checkins import phone
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import RollcallClosed
from crisis.privacy.looking import looked
from crisis.staff.rights import Right
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text


@allowed(Right.CASES)
def people_view(request: HttpRequest) -> HttpResponse:
    """Find somebody; what was typed is posted, so that no name or number stands in an address."""
    wanted = request.POST.get("wanted", "").strip()
    found = phone.search(wanted) if wanted else []
    looked(by=officer(request), citizens=[each.pk for each in found], page="people", now=clock.now())
    context = {
        "wanted": wanted,
        "found": [{"citizen": each, "stay": current_stay(each)} for each in found],
        "many": len(found) == phone.MOST,
        "rollcall": whole_number(request.GET.get("rollcall", "")) or "",
    }
    return render(request, "console/people.html", context)


@allowed(Right.CASES)
def answer_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is known of one person, and record an answer."""
    citizen = get_object_or_404(Citizen.objects.select_related("ministry"), pk=pk)
    now = clock.now()
    asked = request.POST.get("rollcall", request.GET.get("rollcall", ""))
    given = {"safety": request.POST.get("safety", ""), "text": request.POST.get("text", "")}
    if request.method == "POST":
        rollcall = Rollcall.objects.select_related("alert").filter(pk=whole_number(asked) or 0).first()
        try:
            if given["safety"] not in Safety.values:
                raise ValueError("Say how the person is.")
            told = phone.answer_for(
                citizen=citizen, rollcall=rollcall, safety=Safety(given["safety"]), text=given["text"],
                token=request.POST.get("token", ""), by=officer(request), now=now,
            )  # fmt: skip
        except (ValueError, RollcallClosed) as error:
            note_refusal(request, error, citizen=pk)
            said = (
                "This alert asks nobody any more: only a call for help is taken."
                if isinstance(error, RollcallClosed)
                else str(error)
            )
            messages.error(request, said)
        else:
            messages.success(request, f"Recorded: {told.checkin.get_safety_display().lower()}, by phone.")
            if told.checkin.rollcall_id:
                return redirect("console:board", told.checkin.rollcall_id)
            return redirect(reverse("console:cases"))
    looked(by=officer(request), citizens=[pk], page="person", now=now)
    context = {
        "citizen": citizen,
        "stay": current_stay(citizen),
        "rollcalls": [_described(each) for each in open_rollcalls(now)],
        "asked": asked,
        "answers": Safety.choices,
        "given": given,
        "latest": CheckIn.objects.filter(citizen=citizen).select_related("rollcall__alert").order_by("-id")[:5],
        "token": secrets.token_hex(16),
    }
    return render(request, "console/answer.html", context)


def _described(rollcall: Rollcall) -> dict[str, str]:
    alert = rollcall.alert
    name = situation(alert.situation).texts["en"].name
    what = f"{alert.get_mode_display()} {alert.marker}: {name}, {place_text(alert.slots['place'], 'en')}"
    return {"pk": str(rollcall.pk), "what": what}
