"""Pages that only whoever was sent a link opens: the token in the address is the proof, and no other site's form goes there."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.audience import links
from crisis.audience.models import Contact, Link
from crisis.registry.queries import home_ministry
from public import subscribe_words
from public.crossing import own_site
from public.visitor import language_of, languages, private

View = Callable[[HttpRequest, Link, Contact, str], HttpResponse]


def by_link(purpose: Link.Purpose) -> Callable[[View], Callable[..., HttpResponse]]:
    """Let a view be opened by a link of this purpose, in the language of whose it is; without one it says that it is no more.

    The view is given the request, the link, the contact that it was sent to, and the language, which is active.
    """

    def opened_by(view: View) -> Callable[..., HttpResponse]:
        @csrf_exempt  # the token is the proof
        @own_site
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def page(request: HttpRequest, token: str) -> HttpResponse:
            link, ministry = links.opened(token, purpose, clock.now()), home_ministry()
            contact = link.contact if link is not None else None
            offered = languages(ministry)
            language = language_of(request, list(offered))
            if link is None or contact is None:
                with override(language):
                    context = {
                        "language": language,
                        "w": subscribe_words.confirming(),
                        "ministry": ministry.name(language),
                    }
                    return private(render(request, "public/confirm.html", context, status=404))
            if link.citizen.language in offered and "l" not in request.GET:
                language = link.citizen.language
            with override(language):
                return private(view(request, link, contact, language))

        return page

    return opened_by
