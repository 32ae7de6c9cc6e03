"""In which language a public page speaks that speaks only one: the one in its address, else the browser's."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request


def chosen(request: HttpRequest) -> str:
    """Return a language that we speak."""
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else get_language_from_request(request)
