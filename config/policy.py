"""What the pages of each room may do in a browser (Content-Security-Policy): no inline script, nothing from elsewhere."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_HEADER = "Content-Security-Policy"
_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# Pages whose style stands in themselves, so that they need nothing else: it is known by its hash.
_OWN_STYLES = ("404.html", "500.html", "403_csrf.html")


@cache
def styles(*templates: str) -> str:
    """Return what names the styles that stand in some templates."""
    found = []
    for name in templates:
        text = (settings.BASE_DIR / "templates" / name).read_text(encoding="utf-8")
        found += re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    hashes = [b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in found]
    return " ".join(f"'sha256-{each}'" for each in dict.fromkeys(hashes))


def _console() -> str:
    # An authenticator's QR code is a picture in the page.
    return (
        f"{_NOTHING}; script-src 'self'; style-src 'self' {styles(*_OWN_STYLES)}; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'; form-action 'self'"
    )


def _public() -> str:
    own = styles("public/_style.html", "public/_form_style.html", *_OWN_STYLES)
    return f"{_NOTHING}; style-src {own}; img-src 'self'; form-action 'self'"


def _connect() -> str:
    # No form-action: what is pressed here leads to a platform's consent screen, and browsers count that as the form's.
    own = styles("public/_style.html", "connect/_base.html", *_OWN_STYLES)
    return f"{_NOTHING}; style-src 'self' {own}; img-src 'self'"


_ROOMS = {"console": _console, "connect": _connect}


class PolicyMiddleware:
    """Gives every answer its room's policy, unless its page has a stricter one of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Make it."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        response = self.get_response(request)
        if _HEADER not in response:
            response[_HEADER] = _ROOMS.get(request.path.split("/")[1], _public)()
        return response
