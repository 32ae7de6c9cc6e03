"""The alert's page: plain and light, in every language, with its status and the posts that serve the place."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crisis import clock
from crisis.audience import leaving
from crisis.audience.models import Contact
from crisis.broadcast import cards
from crisis.registry.queries import home_ministry
from public import copies, pages
from public.texts import TEXTS
from public.visitor import chosen

HOLDS_S = 15  # how long a page may be kept by others


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is known of an alert's code; an unknown one is said to be none of ours.

    When the database cannot be reached the page is a copy of what it was, and says so.
    """
    if code != code.upper():
        return redirect("public:alert", code=code.upper())
    now = clock.now()
    try:
        response = HttpResponse(pages.shelf.page(code, now))
    except pages.Unknown:
        return render(request, "public/unknown.html", {"code": code, "texts": _said("unknown")}, status=404)
    except pages.Unreachable:
        return _without_database(code, now)
    response["Cache-Control"] = f"public, max-age={HOLDS_S}"
    return response


def _without_database(code: str, now: datetime) -> HttpResponse:
    copy = copies.shown(code, now)
    told = {"code": code, "texts": _said("unreachable")}
    # Rendered without the request: whoever is signed in stands in the database.
    response = HttpResponse(copy or render_to_string("public/unknown.html", told), status=200 if copy else 503)
    response["Cache-Control"] = "no-store"
    response["X-Tocsin-Copy" if copy else "Retry-After"] = "1" if copy else "60"
    return response


def _said(name: str) -> list[str]:
    return [texts[name] for texts in TEXTS.values()]


@csrf_exempt  # a mail program posts it by itself, without a page of ours (RFC 8058); the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """End what is written to an address: by one click of a mail program, or on a page that asks, as scanners open every link."""
    contact = leaving.contact_of_token(token)
    if contact is not None and request.method == "POST":
        leaving.leave(contact)
    left = contact is not None and contact.state == Contact.State.STOPPED
    language = contact.citizen.language if contact and contact.citizen.language in TEXTS else chosen(request)
    texts = TEXTS[language]
    context = {
        "texts": texts,
        "language": language,
        "known": contact is not None,
        "left": left,
        "ministry": home_ministry(),
    }
    response = render(request, "public/leave.html", context, status=200 if contact else 404)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def card(_: HttpRequest, token: str) -> HttpResponse:
    """Give an alert's card to whoever has its address, for some hours: platforms fetch it from here."""
    words = cards.opened(token, clock.now())
    if words is None:
        gone = "There is no picture at this address, or not any more.\n"
        return HttpResponse(gone, content_type="text/plain; charset=utf-8", status=404)
    response = HttpResponse(cards.jpeg(words), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=3600"
    response["Content-Disposition"] = f'inline; filename="{words.alert.code}-{words.alert.number}.jpg"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def favicon(_: HttpRequest) -> HttpResponse:
    """Lead to our sign: browsers ask for it on pages that name none, to stay light."""
    return redirect(static("tocsin/bell.svg"))
