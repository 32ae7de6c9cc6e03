"""What strangers wrote to our accounts: who needs help first, taken over, read, or joined to a case."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.checkins import letters
from crisis.checkins.models import Case
from crisis.checkins.unverified import Letter
from crisis.encryption import UnreadableSecret
from crisis.privacy.looking import looked
from crisis.staff.rights import Right

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Item:
    """A letter as it is shown: who wrote it, by the platform's own name, where that means anything."""

    letter: Letter
    author: str


@allowed(Right.SEE)
def letters_view(request: HttpRequest) -> HttpResponse:
    """List the letters; the filter stands in the address."""
    chosen = {"state": request.GET.get("state", "") or "open", "mode": request.GET.get("mode", "")}
    page = Paginator(letters.found(**chosen), PER_PAGE).get_page(request.GET.get("page"))
    items = [Item(letter, _author(letter)) for letter in page]
    looked(by=officer(request), letters=[letter.pk for letter in page], page="letters", now=clock.now())
    context = {"items": items, "page": page, "chosen": chosen, "query": urlencode(chosen)}
    return render(request, "console/letters.html", context)


def _author(letter: Letter) -> str:
    """Return who wrote in public; a private writer's number means nothing to anybody but the platform."""
    if letter.way == Letter.Way.PRIVATE:
        return ""
    try:
        return letters.author_of(letter).partition(":")[2]
    except UnreadableSecret:
        return ""


@require_POST
@allowed(Right.CASES)
def take_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a letter over."""
    letter = get_object_or_404(Letter, pk=pk)
    try:
        letters.assign(letter=letter, by=officer(request), now=clock.now())
    except ValueError as error:
        note_refusal(request, error, letter=pk)
        messages.error(request, str(error))
    return redirect("console:letters")


@require_POST
@allowed(Right.CASES)
def close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a letter as read; with a case's number its words join that case."""
    letter, case = get_object_or_404(Letter, pk=pk), None
    if number := request.POST.get("case", "").strip():
        case = Case.objects.filter(pk=whole_number(number) or 0).first()
        if case is None:
            messages.error(request, "There is no case with this number.")
            return redirect("console:letters")
    try:
        letters.close(letter=letter, note=request.POST.get("note", ""), by=officer(request), now=clock.now(), case=case)
    except ValueError as error:
        note_refusal(request, error, letter=pk)
        messages.error(request, str(error))
    return redirect("console:letters")
