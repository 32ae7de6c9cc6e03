"""The console speaks the language that each officer has chosen, and before they have signed in their browser's."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override

from console.shift import DOORS
from crisis.staff.models import Officer


class SpeechMiddleware:
    """Chooses the language of a staff page; every other door has a way of its own, and its pages stay the same for everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Make it."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language."""
        if not request.path.startswith(DOORS):
            return self.get_response(request)
        with override(_language(request)):
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def _language(request: HttpRequest) -> str:
    chosen = request.user.language if isinstance(request.user, Officer) else ""
    return chosen or get_language_from_request(request)
