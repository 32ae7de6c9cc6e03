"""Somebody is on the phone: find the person by name or number, and record what they say."""

import secrets

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from console.access import allowed, note_refusal, officer, reach, whole_number
from crisis import clock
from crisis.alerts.queries import open_rollcalls
from crisis.audience.models import Citizen
from crisis.audience.queries import current_stay, stay_at_hand
from crisis.checkins import phone
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import RollcallClosed
from crisis.checkins.reach import UNRESTRICTED, citizens, rollcalls
from crisis.checkins.reach import cases as in_reach
from crisis.checkins.restricted import closed_to
from crisis.checkins.rounds import Question, current_round
from crisis.language import within
from crisis.privacy.looking import looked
from crisis.staff.rights import Right


@allowed(Right.CASES)
def people_view(request: HttpRequest) -> HttpResponse:
    """Find somebody; what was typed is posted, so that no name or number stands in an address."""
    wanted = request.POST.get("wanted", "").strip()
    found = phone.search(wanted, reach(request)) if wanted else []
    looked(by=officer(request), citizens=[each.pk for each in found], page="people", now=clock.now())
    cases: dict[int, list[Case]] = {}
    for case in _cases(request).filter(citizen__in=found):
        cases.setdefault(case.citizen_id, []).append(case)
    answers = {each.citizen_id: each for each in _answers(request).filter(citizen__in=found, current=True)}
    hidden = closed_to(officer(request), [each.pk for each in found])
    context = {
        "wanted": wanted,
        "found": [
            {
                "citizen": each,
                "stay": None if each.pk in hidden else stay_at_hand(each),
                "answer": answers.get(each.pk),
                "cases": cases.get(each.pk, []),
            }
            for each in found
        ],
        "many": len(found) == phone.MOST,
        "rollcall": whole_number(request.GET.get("rollcall", "")) or "",
    }
    return render(request, "console/people.html", context)


def _cases(request: HttpRequest) -> QuerySet[Case]:
    """Return the cases in reach, the open ones first; who is restricted is so in their own case only."""
    return in_reach(reach(request)).filter(finding="").order_by(F("state").desc(), "-pk")


def _answers(request: HttpRequest) -> QuerySet[CheckIn]:
    """Return the answers in reach, the latest last."""
    rows = CheckIn.objects.filter(reach(request).rows(), UNRESTRICTED)
    return rows.select_related("rollcall__alert").order_by("pk")


@allowed(Right.CASES, of=citizens)
def answer_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is known of one person, and record an answer."""
    citizen = get_object_or_404(Citizen.objects.select_related("ministry"), pk=pk)
    now = clock.now()
    asked = request.POST.get("rollcall", request.GET.get("rollcall", ""))
    given = {"safety": request.POST.get("safety", ""), "text": request.POST.get("text", "")}
    if request.method == "POST":
        rollcall = rollcalls(reach(request)).select_related("alert").filter(pk=whole_number(asked) or 0).first()
        try:
            if given["safety"] not in Safety.values:
                raise ValueError(_("Say how the person is."))
            told = phone.answer_for(
                citizen=citizen, rollcall=rollcall, safety=Safety(given["safety"]), text=given["text"],
                token=request.POST.get("token", ""), by=officer(request), now=now,
                further=_further(request),
            )  # fmt: skip
        except (ValueError, RollcallClosed) as error:
            note_refusal(request, error, citizen=pk)
            said = (
                _("This alert asks nobody any more: only a call for help is taken.")
                if isinstance(error, RollcallClosed)
                else str(error)
            )
            messages.error(request, said)
        else:
            messages.success(
                request, _("Recorded: %(safety)s, by phone.") % {"safety": within(told.checkin.get_safety_display())}
            )
            if told.checkin.rollcall_id:
                return redirect("console:board", told.checkin.rollcall_id)
            return redirect(reverse("console:cases"))
    looked(by=officer(request), citizens=[pk], page="person", now=now)
    hidden = bool(closed_to(officer(request), [pk]))
    asking_now = list(open_rollcalls(now).filter(reach(request).asked()))
    asking = next((current_round(each) for each in asking_now if str(each.pk) == asked), None)
    latest = list(_answers(request).filter(citizen=citizen).reverse()[:5])
    context = {
        "citizen": citizen,
        "stay": None if hidden else current_stay(citizen),
        "hidden": hidden,
        "rollcalls": asking_now,
        "asked": asked,
        "answers": Safety.choices,
        "given": given,
        "further": [(each, Question(each).label) for each in (asking.questions if asking else [])],
        "latest": latest,
        "answer": _answers(request).filter(citizen=citizen, current=True).last(),
        "cases": _cases(request).filter(citizen=citizen, state=Case.State.OPEN),
        "token": secrets.token_hex(16),
    }
    return render(request, "console/answer.html", context)


def _further(request: HttpRequest) -> dict[str, int]:
    """Return the answers to the further questions that were filled in.

    Raises:
        ValueError: one is no number.
    """
    typed = {question: request.POST.get(question, "").strip() for question in Question.values}
    found = {question: whole_number(text) for question, text in typed.items() if text}
    if None in found.values():
        raise ValueError(_("Write a number from 0 to 99."))
    return {question: number for question, number in found.items() if number is not None}
