"""Who speaks through accounts beyond the posts: departments, projects, people with their consent, regions and communities."""

from datetime import date

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from console.access import allowed, note_refusal, officer
from console.registry_forms import ConsentForm, HolderForm
from crisis import clock
from crisis.registry.models import Holder, Mode
from crisis.registry.operations import RegistryError
from crisis.registry.proposing import add_holder, note_consent, withdraw_consent
from crisis.registry.queries import agreed, home_ministry
from crisis.staff.rights import Right


@allowed(Right.PROPOSE)
def holders_view(request: HttpRequest) -> HttpResponse:
    """List them; add one."""
    ministry = home_ministry()
    form = HolderForm(ministry, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            holder = add_holder(**form.cleaned_data, by=officer(request), now=clock.now())
        except RegistryError as error:
            note_refusal(request, error)
            form.add_error("name", str(error))
        else:
            messages.success(request, _("%(name)s is added.") % {"name": holder})
            return redirect("console:holder", holder.pk)
    live = Count("accounts", filter=Q(accounts__mode=Mode.LIVE, accounts__archived_on=None))
    rows = Holder.objects.filter(ministry=ministry).exclude(kind=Holder.Kind.POST).select_related("of_post")
    consents = {each.holder_id: each for each in agreed(clock.now().date()).filter(holder__ministry=ministry)}
    items = [(each, consents.get(each.pk)) for each in rows.annotate(many=live).order_by("kind", "name")]
    return render(request, "console/holders.html", {"form": form, "items": items})


@allowed(Right.PROPOSE)
def holder_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one with its accounts; note a person's consent, or that it was taken back."""
    holder = get_object_or_404(Holder.objects.select_related("of_post", "post"), pk=pk, ministry=home_ministry())
    by, now = officer(request), clock.now()
    form = ConsentForm(request.POST if request.POST.get("do") == "consent" else None, initial=_a_year(now.date()))
    if request.method == "POST" and request.POST.get("do") == "withdraw":
        withdraw_consent(holder=holder, by=by, now=now)
        messages.success(request, _("Noted: their accounts are no longer shown, and no alert goes there."))
        return redirect("console:holder", pk)
    if request.method == "POST" and form.is_valid():
        try:
            note_consent(holder=holder, **form.cleaned_data, by=by, now=now)
        except RegistryError as error:
            note_refusal(request, error, holder=pk)
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The consent is noted."))
            return redirect("console:holder", pk)
    context = {
        "holder": holder,
        "form": form,
        "accounts": holder.accounts.filter(mode=Mode.LIVE).select_related("reviewed_by"),
        "consents": holder.consents.select_related("noted_by"),
        "holds": agreed(now.date()).filter(holder=holder).first(),
    }
    return render(request, "console/holder.html", context)


def _a_year(today: date) -> dict[str, date]:
    return {"given_on": today, "until": date(today.year + 1, today.month, min(today.day, 28))}
