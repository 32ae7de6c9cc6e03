"""What every answer of the atlas carries: the reader's language, how long it may be kept, and what the page may do."""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language_from_request

HOLDS_S = 60  # how long a page may be kept by others: it shows alerts
SHARED_S = 20  # how long we keep one ourselves that says nothing of alerts, for everybody
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {}"


def language_of(request: HttpRequest) -> str:
    """Return in which of our languages to answer: as the address says (?l=), else as the browser does."""
    asked = request.GET.get("l", "")
    return asked if asked in dict(settings.LANGUAGES) else get_language_from_request(request)


def page(request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponseBase:
    """Draw a page. Without the request in the template: whoever is signed in is nobody's business here."""
    return kept(request, drawn(template, context, status=status))


def drawn(template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Draw a page, for `kept` to send."""
    return answered(text_of(template, context), status=status)


def text_of(template: str, context: dict[str, object]) -> str:
    """Return a page as text, for `answered` to make an answer of."""
    return render_to_string(f"atlas/{template}.html", {**context, "languages": dict(settings.LANGUAGES)})


def answered(text: str, *, status: int = 200) -> HttpResponse:
    """Return a page that may be another one in another language."""
    response = HttpResponse(text, status=status)
    patch_vary_headers(response, ["Accept-Language"])
    return response


def kept(
    request: HttpRequest, response: HttpResponse, *, seconds: int = HOLDS_S, framed_by: str = "'none'"
) -> HttpResponseBase:
    """Let an answer be kept, and asked for again by its digest: who has it gets 304, and nothing else.

    Args:
        request: that is answered.
        response: whole.
        seconds: how long others may keep it without asking.
        framed_by: who may show it in a frame (CSP frame-ancestors).
    """
    response["Content-Security-Policy"] = _POLICY.format(framed_by)
    if response.status_code != 200:
        response["Cache-Control"] = "no-store"
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={seconds}"
    answer = get_conditional_response(request, etag=etag, response=response) or response
    # What a browser has kept takes over the headers of a 304 too: without ours the house's general policy would be put on it.
    answer["Content-Security-Policy"] = response["Content-Security-Policy"]
    return answer
