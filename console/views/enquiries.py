"""Relatives who look for somebody: taken on the phone, laid beside whom we know, told only what whoever was found agrees to."""

import secrets
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, reach, whole_number
from console.acting import acting, chosen_way
from console.enquiry_form import EnquiryForm
from crisis import clock
from crisis.audience.models import Citizen, Contact
from crisis.broadcast.ways import ways
from crisis.checkins import enquiries, tracing
from crisis.checkins.models import CheckIn
from crisis.checkins.reach import enquiries as in_reach
from crisis.checkins.seeking import Enquiry
from crisis.privacy.looking import looked
from crisis.staff.models import Officer
from crisis.staff.rights import Right

PER_PAGE = 50


@allowed(Right.SEE)
def listing(request: HttpRequest) -> HttpResponse:
    """List the enquiries; the filter stands in the address."""
    state = request.GET.get("state", "") or "open"
    page = Paginator(enquiries.found(state=state, reach=reach(request)), PER_PAGE).get_page(request.GET.get("page"))
    looked(by=officer(request), enquiries=[each.pk for each in page], page="enquiries", now=clock.now())
    context = {"page": page, "state": state, "query": urlencode({"state": state}), "now": clock.now()}
    return render(request, "console/enquiries.html", context)


@allowed(Right.CASES)
def new_view(request: HttpRequest) -> HttpResponse:
    """Take an enquiry from a relative on the phone."""
    form = EnquiryForm(request.POST or None, initial={"token": secrets.token_hex(16)})
    if request.method == "POST" and form.is_valid():
        row = enquiries.take(
            told=form.sought(), source=CheckIn.Source.STAFF, form=f"phone-{form.cleaned_data['token']}", now=clock.now(),
            by=officer(request),
        )  # fmt: skip
        messages.success(request, _("We have it. Tell them: we call if there is news and the person agrees."))
        return (
            redirect("console:enquiry", row.pk)
            if in_reach(reach(request)).filter(pk=row.pk)
            else redirect("console:enquiries")
        )
    if request.method == "POST":
        note_refusal(request, fields=form.errors)
    return render(request, "console/enquiry_new.html", {"form": form}, status=400 if form.errors else 200)


@allowed(Right.SEE, of=in_reach)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an enquiry beside whom it may be about."""
    return _page(request, _found(request, pk))


def _found(_request: HttpRequest, pk: int) -> Enquiry:
    related = ("post", "alert", "citizen__ministry", "matched_by", "consent_by", "told_by", "closed_by")
    return get_object_or_404(Enquiry.objects.select_related(*related), pk=pk)


def _page(request: HttpRequest, enquiry: Enquiry, address: str | None = None) -> HttpResponse:
    is_open, by, now = enquiry.closed_at is None, officer(request), clock.now()
    proposed = enquiries.proposals(enquiry, by, reach(request)) if is_open and enquiry.citizen_id is None else []
    shown = {each.citizen.pk for each in proposed} | ({enquiry.citizen_id} if enquiry.citizen_id else set())
    looked(by=by, citizens=shown, enquiries=[enquiry.pk], page="enquiry", now=now)
    context = {
        "enquiry": enquiry,
        "mode": enquiry.mode,
        "proposals": proposed,
        "address": address,
        "restricted": tracing.restricted(enquiry),
        "unsure": tracing.unsure(enquiry),
        "ways": tracing.ways_to(enquiry) if is_open else [],
        "writable": enquiry.asker_kind in ways() and enquiry.asker_kind != Contact.Kind.WHATSAPP,
        "replies": enquiry.replies.select_related("by", "contact"),
        "consents": Enquiry.Consent.choices,
        "now": now,
    }
    return render(request, "console/enquiry.html", context)


def _back(_request: HttpRequest, pk: int) -> HttpResponse:
    return redirect("console:enquiry", pk)


_act = acting(_found, _back, what="enquiry", of=in_reach)


@require_POST
@allowed(Right.CASES, of=in_reach)
def contact_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how to reach the relative; that it was read is noted."""
    enquiry = _found(request, pk)
    address = enquiries.reveal(enquiry=enquiry, by=officer(request), now=clock.now())
    page = _page(request, enquiry, address or _("(cannot be read: it fits none of our keys)"))
    page["Cache-Control"] = "no-store"
    return page


@_act
def match_view(request: HttpRequest, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """Say whom it is about."""
    citizen = Citizen.objects.filter(pk=whole_number(request.POST.get("citizen", "")) or 0).first()
    if citizen is None:
        raise ValueError(_("Choose a person."))
    enquiries.match(enquiry=enquiry, citizen=citizen, by=by, now=now)
    return _("Matched. Nobody is told before the person agrees.")


@_act
def unmatch_view(_request: HttpRequest, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """Take the match back."""
    enquiries.unmatch(enquiry=enquiry, by=by, now=now)
    return _("Taken back.")


@_act
def ask_view(request: HttpRequest, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """Ask whoever was found, by a way of theirs."""
    tracing.ask(enquiry=enquiry, contact=chosen_way(request), by=by, now=now)
    return _("They are being asked.")


@_act
def agree_view(request: HttpRequest, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """Write down what they said on the phone."""
    tracing.agree(enquiry=enquiry, consent=request.POST.get("consent", ""), by=by, now=now)
    return _("Noted.")


@_act
def tell_view(request: HttpRequest, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """Tell the relative: by a message in fixed words, or note that it was said on the phone."""
    if request.POST.get("how") == "phone":
        tracing.told_by_phone(enquiry=enquiry, by=by, now=now)
        return _("Noted: they were told on the phone.")
    tracing.tell(enquiry=enquiry, by=by, now=now)
    return _("It is being sent.")


@_act
def close_view(request: HttpRequest, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """End it with what came of it."""
    enquiries.close(enquiry=enquiry, outcome=request.POST.get("outcome", ""), by=by, now=now)
    return _("The enquiry is closed.")
