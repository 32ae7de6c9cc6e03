"""A shift: whoever does nothing for a while, or has been in for a whole shift, signs in again."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from crisis import clock

_BEGAN, _SEEN = "shift:began", "shift:seen"
DOORS = ("/console/", "/connect/end/")
_WRITTEN_EVERY_S = 60  # a page that is used is not written down at each click


class ShiftMiddleware:
    """Ends sessions by SHIFT_IDLE_S and SHIFT_LONGEST_S. A page that renews itself is nobody's doing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Make it."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look before the page does."""
        # Elsewhere nobody is asked who they are: public pages must not need the database for it.
        if request.path.startswith(DOORS) and request.user.is_authenticated:
            _look(request)
        return self.get_response(request)


def begin(request: HttpRequest) -> None:
    """Note when a shift begins: somebody signs in."""
    request.session[_BEGAN] = request.session[_SEEN] = clock.now().timestamp()


def _look(request: HttpRequest) -> None:
    now = clock.now().timestamp()
    # One of which nobody knows when it began has been long enough.
    began, seen = request.session.get(_BEGAN, 0), request.session.get(_SEEN, 0)
    if now - began > settings.SHIFT_LONGEST_S or now - seen > settings.SHIFT_IDLE_S:
        logout(request)
        messages.info(request, _("You were signed out, to be safe: it has been a while. Sign in again to go on."))
        return
    renews_itself = request.method == "GET" and request.headers.get("HX-Request")
    if not renews_itself and now - seen > _WRITTEN_EVERY_S:
        request.session[_SEEN] = now
