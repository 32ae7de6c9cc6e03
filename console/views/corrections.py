"""Correcting what is out: an update, an end in other words, or the retraction that stands ready since the approval."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.access import allowed, note_refusal, officer
from console.forms import ComposeForm, initial
from console.keeping import begin, restored
from console.views.compose import alert_url, chosen, composed, saved
from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert
from crisis.alerts.operations import Changed, follow_up
from crisis.broadcast.retract import retract, retractable
from crisis.language import spoken
from crisis.staff.rights import Right
from crisis.wording.catalogue import Situation, situation, situations
from crisis.wording.slots import place_text

ALL_CLEAR = "all-clear"


@allowed(Right.NOTICE)
def update(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Write an update, which begins with what the alert says now."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    return _follow(request, alert, alert.situation, Alert.MsgType.UPDATE)


@allowed(Right.NOTICE)
def end(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Write that the danger is over: a cancellation in other words than the retraction."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode, routine=False)
    slug = ALL_CLEAR if ALL_CLEAR in situations() else alert.situation
    return _follow(request, alert, slug, Alert.MsgType.CANCEL)


def _follow(request: HttpRequest, earlier: Alert, slug: str, msg_type: Alert.MsgType) -> HttpResponse:
    about = chosen(request, slug)
    kept = restored(request)
    first = begin(kept, _begin(earlier, about))
    form = ComposeForm(request.POST or None, situation=about, ministry=earlier.ministry, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            alert = follow_up(
                earlier=earlier, msg_type=msg_type, content=form.content(), by=officer(request), now=clock.now()
            )
        except ContentError as error:
            form.blame(error)
        except NotPossible as error:
            note_refusal(request, error, alert=earlier.pk)
            messages.error(request, str(error))
            return redirect(alert_url(earlier))
        else:
            return saved(request, alert)
    return composed(request, form, earlier.mode, None, earlier=earlier, follows=earlier, msg_type=msg_type, kept=kept)


def _begin(earlier: Alert, about: Situation) -> dict[str, Any]:
    """Return what the form begins with: all that the alert says; of another situation, only what means the same there."""
    begin = initial(earlier)
    if about.slug == earlier.situation:
        return begin
    same = {f"slot_{slot.name}" for slot in about.slots if slot.kind in ("place", "phone")}
    begin = {name: value for name, value in begin.items() if not name.startswith("slot_") or name in same}
    # An all-clear asks what is over: the alert knows.
    over = next((slot.name for slot in about.slots if earlier.situation in slot.choices), "")
    return begin | ({f"slot_{over}": earlier.situation} if over else {}) | {"expires_hours": None}


@require_http_methods(["GET", "POST"])
@allowed(Right.STOP)
def retract_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Show what would be said, and where; confirmed once, by one person, it goes out."""
    alert = get_object_or_404(Alert.objects.select_related("ministry"), pk=pk, mode=mode)
    try:
        if request.method == "POST":
            plan = retract(alert=alert, by=officer(request), now=clock.now())
            messages.success(
                request,
                _("Retracted: %(deliveries)s corrections and %(notices)s notices are on their way.")
                % {"deliveries": plan.deliveries, "notices": plan.notices},
            )
            return redirect(alert_url(plan.alert))
        would = retractable(alert)
    except (NotPossible, Changed) as error:
        note_refusal(request, error, alert=pk)
        messages.error(request, str(error))
        return redirect(alert_url(alert))
    context = {
        "alert": alert,
        "mode": alert.mode,
        "situation": situation(alert.situation),
        "place": place_text(alert.slots["place"], spoken()),
        "would": would,
    }
    return render(request, "console/retract.html", context)
