"""The alert's page: plain and light, in every language, the reader's first, with its status and the posts that serve there."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from crisis import clock
from crisis.audience import leaving
from crisis.audience.models import Contact
from crisis.broadcast import cards
from crisis.registry.queries import home_ministry
from public import copies, pages
from public.texts import TEXTS
from public.visitor import chosen, language_of

HOLDS_S = 15  # how long a page may be kept by others


@gzip_page
@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is known of an alert's code; an unknown one is said to be none of ours.

    The reader's language stands first: the one that the address names (?l=), else the browser's, else the ministry's first.
    When the database cannot be reached the page is a copy of what it was, and says so.
    """
    if code != code.upper():
        return in_capitals(request, "public:alert", code)
    now = clock.now()
    try:
        drawn = pages.shelf.pages(code, now)
    except pages.Unknown:
        return unknown(request, code)
    except pages.Unreachable:
        return _without_database(request, code, now)
    response = HttpResponse(drawn[language_of(request, list(drawn))])
    response["Cache-Control"] = f"public, max-age={HOLDS_S}"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def in_capitals(request: HttpRequest, view: str, code: str) -> HttpResponse:
    """Lead to where a code's page is; what the address asks for stays."""
    asked = request.META.get("QUERY_STRING", "")
    return redirect(reverse(view, args=[code.upper()]) + (f"?{asked}" if asked else ""))


def unknown(request: HttpRequest, code: str) -> HttpResponse:
    """Say that a code is none of ours."""
    return _said(request, code, "unknown", status=404)


def _without_database(request: HttpRequest, code: str, now: datetime) -> HttpResponse:
    if copied := copies.shown(code, now):
        response = HttpResponse(copied[language_of(request, list(copied))])
        response["X-Tocsin-Copy"] = "1"
        patch_vary_headers(response, ["Accept-Language"])
    else:
        response = _said(request, code, "unreachable", status=503)
        response["Retry-After"] = "60"
    response["Cache-Control"] = "no-store"
    return response


def _said(request: HttpRequest, code: str, name: str, *, status: int) -> HttpResponse:
    """Say something of a code in every language, the reader's first."""
    first = chosen(request)
    texts = [(language, TEXTS[language][name]) for language in sorted(TEXTS, key=lambda each: each != first)]
    # Rendered without the request: whoever is signed in stands in the database.
    page = render_to_string("public/unknown.html", {"code": code, "language": first, "texts": texts})
    response = HttpResponse(page, status=status)
    patch_vary_headers(response, ["Accept-Language"])
    return response


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
