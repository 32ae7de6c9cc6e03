"""The second factor: what lets something out asks for it, and for how long one that was shown counts."""

from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter as get_factors
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.utils import get_form_class
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from crisis import clock
from crisis.staff.rights import SECOND_FACTOR, Right


def confirmed(request: HttpRequest) -> bool:
    """Tell whether this person showed a second factor in this session, not longer ago than SECOND_FACTOR_MINUTES."""
    since = clock.now().timestamp() - 60 * settings.SECOND_FACTOR_MINUTES
    shown = get_authentication_records(request, request.user)
    return any(each["method"] == "mfa" and each["at"] > since for each in shown)


def _needed(request: HttpRequest, right: Right) -> bool:
    return settings.SECOND_FACTOR_REQUIRED and right in SECOND_FACTOR and not confirmed(request)


def wanted(request: HttpRequest, right: Right) -> str:
    """Return what a form asks for together with the rest of it, so that nothing is to be done twice.

    Args:
        request: by whom.
        right: what the form uses.

    Returns:
        "code" where a code may be typed into the form, "none" where this person has no second factor yet; blank where nothing
        is needed, or only a key that shows itself on a page of its own.
    """
    if not _needed(request, right):
        return ""
    if not get_factors().is_mfa_enabled(request.user, ["totp", "webauthn"]):
        return "none"
    return "code" if get_factors().is_mfa_enabled(request.user, ["totp"]) else ""


def _shown(request: HttpRequest) -> bool | None:
    """Check a code that came with a form, as allauth's own page does: counted, and each code once; None where none came."""
    if not request.POST.get("code"):
        return None
    form = get_form_class(app_settings.FORMS, "reauthenticate", ReauthenticateForm)(
        data={"code": request.POST["code"]}, user=request.user
    )
    if not form.is_valid():
        messages.error(request, " ".join(str(words) for found in form.errors.values() for words in found))
        return False
    form.save()
    return True


def asked_for(request: HttpRequest, right: Right) -> HttpResponse | None:
    """Return where to show the second factor before a right is used; None where none is needed, or it is shown now."""
    if not _needed(request, right):
        return None
    if (shown := _shown(request)) is not None:
        return None if shown else redirect(back(request))
    if get_factors().is_mfa_enabled(request.user, ["totp", "webauthn"]):
        messages.warning(request, _("Nothing was done yet. Show your second factor, then do it once more."))
        where = (
            f"{get_adapter().get_reauthentication_methods(request.user)[0]['url']}?{urlencode({'next': back(request)})}"
        )
    else:
        messages.warning(request, _("Nothing was done. This needs a second factor: set it up here first."))
        where = reverse("mfa_index")
    return HttpResponseClientRedirect(where) if request.headers.get("HX-Request") else redirect(where)


def back(request: HttpRequest) -> str:
    """Return the page from which something was to be done; it can be opened, where that itself cannot."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if ours else reverse("console:home")
