"""The way in: name and password, then the second factor of whoever has one; and how allauth is to behave in this house."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import perform_login
from allauth.decorators import rate_limit
from allauth.mfa.adapter import DefaultMFAAdapter
from axes.helpers import get_client_ip_address
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from crisis.encryption import open_sealed, seal
from crisis.staff.models import Officer
from crisis.staff.rights import rights_of


class SignInForm(AuthenticationForm):
    """Name and password of somebody who holds a role now."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse whose time is over.

        Raises:
            ValidationError: no role holds any more; the message says so.
        """
        super().confirm_login_allowed(user)
        if not (isinstance(user, Officer) and rights_of(user)):
            raise ValidationError(_("Your access has ended. Ask the officer who let you in."), code="ended")


@method_decorator(rate_limit(action="login"), name="dispatch")
class SignIn(LoginView):
    """Sign in; whoever has a second factor is asked for it before they are in."""

    template_name = "console/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on to the second factor, or in."""
        led: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())
        return led


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves, and a password never stands in for a second factor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth calls it so
        """Say no: an administrator lets people in."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where a request comes from, as for the lock-out."""
        return get_client_ip_address(request) or "unknown"

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return how somebody shows once more that it is they: by the second factor, where there is one."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [each for each in methods if each["id"].startswith("mfa_")]
        return factors or methods


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors are encrypted as every other secret of the house."""

    def encrypt(self, text: str) -> str:
        """Encrypt for the database."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what the database holds."""
        return open_sealed(encrypted_text)

    def get_totp_issuer(self) -> str:
        """Return what an authenticator app calls this house."""
        return f"Tocsin {self._get_site_name()}"
