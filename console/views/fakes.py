"""Accounts that pass for ours: listed with the day of their report, and the day on which they were gone."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer
from console.registry_forms import FakeForm
from crisis import clock
from crisis.registry.fakes import list_fake, note_gone
from crisis.registry.keeping import Fake
from crisis.registry.operations import RegistryError
from crisis.staff.rights import Right


@allowed(Right.PROPOSE)
def fakes_view(request: HttpRequest) -> HttpResponse:
    """List them; add one."""
    now = clock.now()
    form = FakeForm(request.POST or None, initial={"reported_on": now.date()})
    if request.method == "POST" and form.is_valid():
        try:
            fake = list_fake(**form.cleaned_data, by=officer(request), now=now)
        except RegistryError as error:
            note_refusal(request, error)
            form.add_error("link", str(error))
        else:
            messages.success(request, _("%(account)s is listed: whoever asks is warned.") % {"account": fake})
            return redirect("console:fakes")
    return render(request, "console/fakes.html", {"form": form, "fakes": Fake.objects.all(), "today": now.date()})


@require_POST
@allowed(Right.PROPOSE)
def gone_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that one is gone, or is there again."""
    fake = get_object_or_404(Fake, pk=pk)
    try:
        text = request.POST.get("gone_on", "")
        note_gone(fake=fake, gone_on=date.fromisoformat(text) if text else None, by=officer(request), now=clock.now())
    except ValueError:
        messages.error(request, _("Give the day as 2026-12-31."))
    except RegistryError as error:
        note_refusal(request, error, fake=pk)
        messages.error(request, str(error))
    else:
        messages.success(request, _("Noted."))
    return redirect("console:fakes")
