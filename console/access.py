"""Doors: every view names the right it needs, and whose row it is about."""

import logging
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from console.factor import asked_for
from crisis.staff.models import Officer
from crisis.staff.reach import Reach
from crisis.staff.rights import NotAllowed, Right, reach_of, require

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
# Returns the rows of a kind that are in somebody's reach.
Rows = Callable[[Reach], QuerySet[Any]]
_READING = ("GET", "HEAD")


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


def reach(request: HttpRequest) -> Reach:
    """Return whose rows this page may show, or touch; the door has found it out.

    Raises:
        AttributeError: the view has no door.
    """
    found: Reach = request.reach  # type: ignore[attr-defined]
    return found


def _storable(given: QueryDict) -> QueryDict:
    """Return what was typed without NUL characters: nobody means any, and PostgreSQL refuses a text that holds one."""
    if not any("\0" in text for name, values in given.lists() for text in (name, *values)):
        return given
    clean = QueryDict(mutable=True)
    for name, values in given.lists():
        clean.setlist(name.replace("\0", ""), [value.replace("\0", "") for value in values])
    return clean


def allowed(right: Right, *, of: Rows | None = None) -> Callable[[View], View]:
    """Let only officers in who hold a right; whoever is not signed in is sent to do so.

    An auditor may open what only shows something. What lets something out asks for the second factor.

    Args:
        right: which.
        of: whose row stands in the address as `pk`: another post's is not found. None: it is nobody's.
    """

    def door(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            by, reading = officer(request), request.method in _READING
            prefetch_related_objects([by], "grants")  # asked several times: here, by the operation, by the page
            try:
                require(by, right, reading=reading)
                if not reading and (asks := asked_for(request, right)):
                    return asks
                request.GET, request.POST = _storable(request.GET), _storable(request.POST)  # type: ignore[assignment]
                request.reach = reach_of(by, right, reading=reading)  # type: ignore[attr-defined]
                # Whoever reaches everything is told by the view itself what is not there.
                if (
                    of is not None
                    and not reach(request).everything
                    and not of(reach(request)).filter(pk=kwargs["pk"]).exists()
                ):
                    raise Http404("It is not there, or another post's.")
                return view(request, *args, **kwargs)
            except NotAllowed as error:
                note_refusal(request, error, right=right.name.lower())
                return render(request, "console/refused.html", {"why": str(error)}, status=403)

        guarded.right, guarded.of = right, of  # type: ignore[attr-defined]
        return guarded

    return door
