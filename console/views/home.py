"""The first page: what waits, what runs, what needs a person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.access import allowed
from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.alerts.queries import PUBLIC, open_rollcalls, with_decision
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.checkins.queries import counts_of_cases
from crisis.checkins.reported import counts_of_reports
from crisis.health.queries import ringing
from crisis.registry.queries import ending_soon
from crisis.staff.rights import Right
from platforms import catalog


@allowed(Right.SEE)
def home(request: HttpRequest) -> HttpResponse:
    """Show the state of the house."""
    now = clock.now()
    alerts = (
        Alert.objects.exclude(state=State.DISCARDED).select_related("author", "references").prefetch_related("areas")
    )
    stuck = Delivery.objects.filter(
        state__in=[DeliveryState.UNCONFIRMED, DeliveryState.HELD], alert__state__in=[State.ISSUED, State.SUPERSEDED]
    )
    context = {
        "now": now,
        "waiting": alerts.filter(state=State.SUBMITTED),
        "drafts": with_decision(alerts.filter(state__in=[State.DRAFT, State.APPROVED])),
        "issued": alerts.filter(state__in=PUBLIC)[:20],
        "rollcalls": open_rollcalls(now)[:20],
        "cases": counts_of_cases(),
        "reports": counts_of_reports(),
        "ringing": ringing(),
        "ending": ending_soon(now),
        "outdated": catalog.outdated(now.date()),
        "stuck": stuck.values("alert").distinct().count(),
    }
    return render(request, "console/home.html", context)
