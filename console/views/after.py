"""After action: the report of one alert, and the kit for when this house is down."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from console.access import allowed, reach
from console.kit import kit
from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.queries import PUBLIC
from crisis.checkins.after_action import after_action
from crisis.checkins.models import Safety
from crisis.language import spoken
from crisis.plots import rising
from crisis.registry.queries import home_ministry, serving_posts
from crisis.staff.rights import Right
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text


@allowed(Right.ALERTS)
def kit_view(_: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a post's offline kit as one file."""
    post = get_object_or_404(serving_posts(home_ministry()), pk=pk)
    response = HttpResponse(kit(post, clock.now()), content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{post.code}.html"'
    return response


@allowed(Right.SEE)
def report(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Show what an alert has done, on a page that prints well."""
    alert = get_object_or_404(Alert.objects.select_related("ministry", "author"), pk=pk, mode=mode, state__in=PUBLIC)
    found = after_action(alert, reach(request))
    since = alert.approved_at or clock.now()
    plots = (
        (_("publications"), found.posted),
        (_("private messages"), found.accepted),
        (_("people who answered"), found.answers),
    )
    context = {
        "alert": alert,
        "mode": alert.mode,
        "now": clock.now(),
        "situation": situation(alert.situation),
        "place": place_text(alert.slots["place"], spoken()),
        "found": found,
        "plots": [(title, plot) for title, steps in plots if (plot := rising(steps, since))],
        "answers": Safety.choices,
    }
    return render(request, "console/after.html", context)
