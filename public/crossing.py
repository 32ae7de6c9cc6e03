"""Forms that another website sends through a visitor's browser: refused, where the browser says so; none of ours does that."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override

from public import words
from public.visitor import chosen, private

View = Callable[..., HttpResponse]


def own_site(view: View) -> View:
    """Let a view take no form of another website; browsers that say nothing of it are believed, as old ones do not."""

    @wraps(view)
    def checked(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return _refused(request)
        return view(request, **kwargs)

    return checked


def _refused(request: HttpRequest) -> HttpResponse:
    language = chosen(request)
    with override(language):
        context = {"language": language, "w": words.crossed(), "path": request.path}
        return private(render(request, "public/crossed.html", context, status=403))
