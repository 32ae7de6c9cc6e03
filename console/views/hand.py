"""What a person publishes by hand: what to copy, where to write it, and what came of it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer
from console.composing import Composer, composer
from console.views.compose import alert_url
from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.by_hand import NotUndecided, done, not_done
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.registry.operations import is_by_hand
from crisis.staff.rights import Right


@dataclass(frozen=True, slots=True)
class Task:
    """What a person does by hand.

    Attributes:
        page: what to open: what stands there, or the account's page.
        stands: something of the alert stands there already, and is to be changed or taken away.
        example: what an address there begins with.
        composer: where the platform lets the text be written, if that is known.
    """

    page: str
    stands: bool
    example: str
    composer: Composer | None


def task(delivery: Delivery, alert: Alert) -> Task | None:
    """Return what a delivery asks of a person, or None if it asks nothing, or something else."""
    if delivery.state not in (DeliveryState.HELD, DeliveryState.UNCONFIRMED) or not is_by_hand(delivery.account):
        return None
    page = delivery.account.address
    stands = delivery.corrects_id is not None and delivery.kind in (Delivery.Kind.AMEND, Delivery.Kind.WITHDRAW)
    earlier = delivery.corrects.url if stands and delivery.corrects else ""
    text = delivery.wording.text if delivery.wording and not stands else ""
    parts = urlsplit(page)
    return Task(
        page=earlier or page,
        stands=stands,
        example=f"{parts.scheme}://{parts.netloc}/…",
        composer=composer(page, text, f"{settings.PUBLIC_URL}/a/{alert.code}") if text else None,
    )


@require_POST
@allowed(Right.STOP)
def hand_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what a person did by hand, or why it was not possible."""
    delivery = get_object_or_404(Delivery.objects.select_related("alert", "account", "corrects"), pk=pk)
    by, now = officer(request), clock.now()
    try:
        if not is_by_hand(delivery.account):
            raise NotUndecided(_("Nobody publishes this by hand."))
        if request.POST.get("done") == "yes":
            said = done(delivery=delivery, url=request.POST.get("url", ""), by=by, now=now)
        else:
            said = not_done(delivery=delivery, why=request.POST.get("why", ""), by=by, now=now)
    except NotUndecided as error:
        note_refusal(request, error, alert=delivery.alert_id, delivery=pk)
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(alert_url(delivery.alert))
