"""The card of what is not saved yet: drawn when somebody opens it, kept nowhere."""

from base64 import b64encode
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from console.access import allowed
from console.views.compose import unsaved
from crisis.alerts.card import draw
from crisis.alerts.models import Alert
from crisis.broadcast import cards
from crisis.staff.rights import Right

if TYPE_CHECKING:
    from crisis.cards.card import Card

# Shows that it is none yet, and is drawn once: as long as nothing else changes, the same card is the same file.
NO_CODE = "000000"


@require_POST
@allowed(Right.NOTICE)
def picture_part(request: HttpRequest, mode: str, slug: str) -> HttpResponse:
    """Draw the card in the languages that are asked for, as a picture within the page."""
    languages = tuple(request.POST.get("languages", "").split(","))
    found: list[Card] = []

    def page(alert: Alert, *, coded: bool) -> HttpResponse:
        if not coded:
            alert.code = NO_CODE
        if card := cards.preview(alert, "alert", languages):
            found.append(card)
        return render(request, "console/_picture.html")

    response = unsaved(request, mode, slug, page)
    # Drawn once the transaction is over: it takes a while, and nobody else can write meanwhile.
    pictures = [b64encode(draw(card)).decode() for card in found]
    return render(request, "console/_picture.html", {"picture": pictures[0]}) if pictures else response
