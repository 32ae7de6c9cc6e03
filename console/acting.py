"""What a button does to one row: done and said, or refused in words; then back to where it stood."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import Rows, allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.audience.models import Contact
from crisis.staff.models import Officer
from crisis.staff.rights import Right

Row = TypeVar("Row")
Act = Callable[[HttpRequest, Row, Officer, datetime], str]


def chosen_way(request: HttpRequest) -> Contact:
    """Return the contact that was chosen in a form; whether it is one of the person's, the operation asks.

    Raises:
        ValueError: none was.
    """
    contact = Contact.objects.filter(pk=whole_number(request.POST.get("way", "")) or 0).first()
    if contact is None:
        raise ValueError(_("Choose a way."))
    return contact


def acting(
    find: Callable[[HttpRequest, int], Row],
    back: Callable[[HttpRequest, int], HttpResponse],
    *,
    what: str,
    of: Rows,
    right: Right = Right.CASES,
) -> Callable[[Act[Row]], Callable[..., HttpResponse]]:
    """Return what makes a view of an act on a row, which returns what became of it and raises ValueError for what cannot be done.

    Args:
        find: returns the row of a number.
        back: where the page goes afterwards.
        what: the row's name in the log.
        of: whose rows they are.
        right: which is needed.
    """

    def made(do: Act[Row]) -> Callable[..., HttpResponse]:
        @require_POST
        @allowed(right, of=of)
        @wraps(do)
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            row = find(request, pk)
            try:
                done = do(request, row, officer(request), clock.now())
            except ValueError as error:
                ids: dict[str, Any] = {what: pk}
                note_refusal(request, error, **ids)
                messages.error(request, str(error))
            else:
                messages.success(request, done)
            return back(request, pk)

        return view

    return made
