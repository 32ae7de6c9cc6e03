"""Doors: every view names the right it needs."""

import logging
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed, Right, require

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def whole_number(text: str) -> int | None:
    """Return a number as it came with a request, or None if it is none that a database key or a revision can be."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def officer(request: HttpRequest) -> Officer:
    """Return who is signed in.

    Raises:
        TypeError: nobody is; a view without `allowed` has asked.
    """
    if not isinstance(request.user, Officer):
        raise TypeError("nobody is signed in")
    return request.user


def note_refusal(
    request: HttpRequest,
    error: Exception | None = None,
    *,
    fields: Iterable[str] = (),
    level: int = logging.WARNING,
    **ids: int | str | None,
) -> None:
    """Leave a line in the log: who was refused what; never what was typed.

    Args:
        request: what was asked, and by whom.
        error: what refused it; its words may hold what was typed, so that only its kind is told.
        fields: the names of those that were filled in badly.
        level: less for what nobody has submitted yet.
        ids: what it was about.
    """
    page = request.resolver_match.url_name if request.resolver_match else ""
    told: dict[str, object] = {"page": page, "officer": request.user.pk}
    told |= {name: value for name, value in ids.items() if value is not None}
    if error is not None:
        told["error"] = type(error).__name__
    if names := sorted(fields):
        told["fields"] = ",".join(names)
    log.log(level, "refused", extra=told)


def allowed(right: Right) -> Callable[[View], View]:
    """Let only officers in who hold a right; whoever is not signed in is sent to do so."""

    def door(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                require(officer(request), right)
                return view(request, *args, **kwargs)
            except NotAllowed as error:
                note_refusal(request, error, right=right.name.lower())
                return render(request, "console/refused.html", {"why": str(error)}, status=403)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return door
