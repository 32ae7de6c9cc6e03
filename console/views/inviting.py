"""Letting people in, and out: an administrator invites, a link makes a password theirs, also once they have forgotten it."""

from typing import Any

from allauth.core import ratelimit
from axes.utils import reset
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer
from crisis import clock
from crisis.encryption import seal
from crisis.registry.endpoints import is_set_up
from crisis.staff.inviting import LinkGone, accept, deactivate, invitation_of, invite, invite_again, let_back
from crisis.staff.operations import NotGiven
from crisis.staff.queries import staff
from crisis.staff.rights import Right
from crisis.staff.roster import Way
from crisis.staff.signals import forgotten

_STEPS = {"invite": invite_again, "shut": deactivate, "back": let_back}


@allowed(Right.ROLES)
def invite_view(request: HttpRequest) -> HttpResponse:
    """Invite somebody by e-mail; their roles are given next."""
    typed, problem = request.POST, ""
    if request.method == "POST":
        try:
            if typed.get("language") not in dict(settings.LANGUAGES):
                raise NotGiven(_("Choose a language."))
            person = invite(
                username=typed.get("username", ""), name=typed.get("name", ""), email=typed.get("email", ""),
                language=typed["language"], by=officer(request), now=clock.now(),
            )  # fmt: skip
        except NotGiven as error:
            note_refusal(request, error)
            problem = str(error)
        else:
            messages.success(request, _("Invited: the link is on its way. Now give them their roles."))
            return redirect("console:roles", person.pk)
    context = {
        "typed": typed, "problem": problem, "languages": settings.LANGUAGES, "email": is_set_up(Way.Kind.EMAIL),
    }  # fmt: skip
    return render(request, "console/invite.html", context, status=422 if problem else 200)


@require_POST
@allowed(Right.ROLES)
def access_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Send somebody another link, shut them out, or let them in again."""
    person = get_object_or_404(staff(clock.now()), pk=pk)
    try:
        step = _STEPS.get(request.POST.get("do", ""))
        if step is None:
            raise NotGiven(_("Choose what to do."))
        step(officer=person, by=officer(request), now=clock.now())
    except NotGiven as error:
        note_refusal(request, error, officer_id=pk)
        messages.error(request, str(error))
    else:
        messages.success(request, _("Done. It holds from their next click on."))
    return redirect("console:roles", pk)


@sensitive_post_parameters()
@never_cache
def accept_view(request: HttpRequest, token: str) -> HttpResponse:
    """Let whoever has come by a link set their password; nobody is signed in by it."""
    now = clock.now()
    found = invitation_of(token, now)
    if found is None:
        return _private(render(request, "console/accept_gone.html", status=410))
    form = SetPasswordForm(found.officer, request.POST or None)
    language = request.POST.get("language", found.officer.language)
    spoken = found.forgotten or language in dict(settings.LANGUAGES)
    if request.method == "POST" and form.is_valid() and spoken:
        try:
            accept(token=token, password=form.cleaned_data["new_password1"], language=language, now=now)
        except ValidationError as error:
            form.add_error("new_password2", error)
        except LinkGone:
            return _private(render(request, "console/accept_gone.html", status=410))
        else:
            if found.forgotten:
                reset(username=found.officer.username)  # whoever has tried too often need not wait
            messages.success(request, _("Your password is set. Sign in with it now."))
            return _private(redirect("console:login"))
    context = {
        "form": form, "person": found.officer, "languages": settings.LANGUAGES, "language": language,
        "forgotten": found.forgotten,
    }  # fmt: skip
    return _private(render(request, "console/accept.html", context, status=422 if form.errors else 200))


class ForgottenForm(forms.Form):
    """Who has forgotten their password."""

    who = forms.CharField(
        max_length=254,
        label=gettext_lazy("The name with which you sign in, or your e-mail address"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )

    def __init__(self, request: HttpRequest) -> None:
        """Make it."""
        super().__init__(request.POST if request.method == "POST" else None)
        self.request = request

    def clean(self) -> dict[str, Any]:
        """Refuse whoever asks too often from one place."""
        if not ratelimit.consume(self.request, action="reset_password"):
            raise forms.ValidationError(_("This was asked too often from here. Wait a minute."))
        return self.cleaned_data


def forgotten_view(request: HttpRequest) -> HttpResponse:
    """Have a link sent to whoever has forgotten their password; the answer is the same, and as soon, whomever we know."""
    form = ForgottenForm(request)
    if request.method == "POST" and form.is_valid():
        forgotten.send(sender=None, sealed=seal(form.cleaned_data["who"]))
        messages.success(
            request,
            _(
                "If we know you, and an e-mail address of yours is confirmed, a link is on its way there. It works for half an "
                "hour. If nothing comes, ask an administrator."
            ),
        )
        return redirect("console:login")
    context = {"form": form, "email": is_set_up(Way.Kind.EMAIL)}
    return render(request, "console/forgotten.html", context, status=422 if form.errors else 200)


def _private(response: HttpResponse) -> HttpResponse:
    """Let the link stand in no other site's log."""
    response["Referrer-Policy"] = "no-referrer"
    return response
