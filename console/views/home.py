"""The first page: what waits, what runs, what needs a person."""

from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.access import allowed, officer
from console.keeping import unfinished
from console.views.roster import tonight
from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.alerts.queries import PUBLIC, open_rollcalls, with_decision
from crisis.audience import budget
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.checkins.holding import forgotten
from crisis.checkins.queries import counts_of_cases
from crisis.checkins.reported import counts_of_reports
from crisis.health.queries import ringing
from crisis.registry.queries import ending_soon, home_ministry
from crisis.registry.yearly import Due, all_dues
from crisis.staff.models import Officer
from crisis.staff.rights import Right, reach_of
from platforms import catalog


@allowed(Right.ALERTS)
def home(request: HttpRequest) -> HttpResponse:
    """Show the state of the house."""
    now = clock.now()
    # Whoever may open this page need not see who has answered.
    seen = reach_of(officer(request), Right.SEE)
    alerts = (
        Alert.objects.exclude(state=State.DISCARDED).select_related("author", "references").prefetch_related("areas")
    )
    stuck = Delivery.objects.filter(
        state__in=[DeliveryState.UNCONFIRMED, DeliveryState.HELD], alert__state__in=[State.ISSUED, State.SUPERSEDED]
    )
    context = {
        "now": now,
        "waiting": alerts.filter(state=State.SUBMITTED),
        "unfinished": unfinished(officer(request)),
        "drafts": with_decision(alerts.filter(state__in=[State.DRAFT, State.APPROVED])),
        "issued": alerts.filter(state__in=PUBLIC)[:20],
        "rollcalls": open_rollcalls(now).filter(seen.asked())[:20],
        "cases": counts_of_cases(seen),
        "forgotten": forgotten(now, timedelta(minutes=settings.CASE_ALARM_MINUTES), seen).count(),
        "alarm_minutes": settings.CASE_ALARM_MINUTES,
        "reports": counts_of_reports(seen),
        "ringing": ringing(),
        "spent": budget.spent(now),
        "ending": ending_soon(now),
        "outdated": catalog.outdated(now.date()),
        "roster": tonight(home_ministry(), now),
        "stuck": set(stuck.values_list("alert", flat=True)),
        "looks": _looks(officer(request), now.date()),
    }
    return render(request, "console/home.html", context)


def _looks(by: Officer, on: date) -> list[Due]:
    """Return the posts whose yearly look is due, for their editors; for whoever keeps every post the registry counts them."""
    mine = reach_of(by, Right.PROPOSE)
    if mine.everything or not mine.posts:
        return []
    return [due for due in all_dues(home_ministry(), reach=mine, on=on) if due.overdue(on)]
