"""One's own account: signing in, the password, the second factor. Their names are allauth's, which looks them up."""

from allauth.account.views import password_change, reauthenticate
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from console.entrance import SignIn
from console.views.inviting import accept_view, forgotten_view
from console.views.language import language_view

urlpatterns = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path("account/password/", password_change, name="account_change_password"),
    path("account/forgotten/", forgotten_view, name="forgotten_password"),
    path("account/language/", language_view, name="account_language"),
    path("account/again/", reauthenticate, name="account_reauthenticate"),
    path("account/invitation/<str:token>/", accept_view, name="accept_invitation"),
    path("account/factor/", include("allauth.mfa.urls")),
]
