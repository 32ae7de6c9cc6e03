"""An alert's page: what it says, who must do what next, and how its broadcast goes."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from console.views.compose import alert_url, shown
from console.views.hand import task
from crisis import clock
from crisis.alerts.card import draw
from crisis.alerts.content import ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed, SamePerson, discard, recall, reject
from crisis.alerts.queries import public_chain, replacement
from crisis.broadcast import cards
from crisis.broadcast.by_hand import NOT_DONE, NotUndecided, who
from crisis.broadcast.corrections import corrected
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.operations import decide, stop
from crisis.broadcast.preflight import FORMS, Refused, look
from crisis.broadcast.queries import Progress, deliveries_of, progress, remedy, sentence
from crisis.broadcast.release import Verdict, may_alert_leave
from crisis.checkins.operations import rollcall_of
from crisis.places.names import country_name
from crisis.staff.rights import Right, may
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text
from platforms import catalog

_UNISSUED = (State.DRAFT, State.SUBMITTED, State.APPROVED)


def confirm_sentence(alert: Alert, found: Any) -> str:
    """Return the sentence that the approver agrees to: mode, hazard, place, accounts, people."""
    accounts, people = len(found.publishing), found.people
    place = place_text(alert.slots["place"], "en")
    return (
        f"{alert.get_mode_display()} – {situation(alert.situation).name('en')} – {place} – "
        f"{accounts} account{'' if accounts == 1 else 's'} – {people} {'person' if people == 1 else 'people'}"
    )


@allowed(Right.SEE)
def detail(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Show an alert; before it is issued, exactly what would go out."""
    alert = get_object_or_404(Alert.objects.select_related("ministry", "author", "references"), pk=pk, mode=mode)
    context: dict[str, Any] = {
        "alert": alert,
        "mode": alert.mode,
        "situation": situation(alert.situation),
        "place": place_text(alert.slots["place"], "en"),
        "areas": ", ".join(country_name(a.country, "en") if a.country else str(a) for a in alert.areas.all()),
        "approvals": alert.approvals.select_related("by").order_by("-id"),
        "rollcall": rollcall_of(alert),
        "chain": public_chain(alert.code)[::-1],
        "replacement": replacement(alert),
    }
    if alert.state in _UNISSUED:
        found = look(alert, clock.now())
        context |= shown(found, alert) | {"sentence": confirm_sentence(alert, found)}
        wrote = alert.revisions.filter(by=officer(request)).exists()
        context["may_approve_this"] = not wrote and alert.author_id != officer(request).pk
        # Beside the button that they forbid, and then not once more below.
        context["problems_told"] = (
            may(officer(request), Right.COMPOSE)
            if alert.state == State.DRAFT
            else alert.state == State.SUBMITTED and context["may_approve_this"] and may(officer(request), Right.APPROVE)
        )
    else:
        context |= _progress(alert, progress(alert, clock.now()))
        context["cards"] = cards.frozen(alert)
        context["newest"] = context["chain"][-1].pk == alert.pk
    return render(request, "console/alert.html", context)


@allowed(Right.SEE)
def card_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Show the card as it would be published, or was, in some languages ("nl,fr")."""
    alert = get_object_or_404(Alert.objects.select_related("ministry", "references"), pk=pk, mode=mode)
    form, languages = request.GET.get("form", "alert"), request.GET.get("languages", "")
    card = cards.preview(alert, form, tuple(languages.split(","))) if form in FORMS else None
    if card is None:
        raise Http404("There is no card of this alert in these languages.")
    response = HttpResponse(draw(card), content_type="image/jpeg")
    response["Cache-Control"] = "private, no-cache"
    return response


def _progress(alert: Alert, counted: Progress) -> dict[str, Any]:
    now = clock.now()
    holds = may_alert_leave(alert, now).verdict in (Verdict.LEAVE, Verdict.WAIT)
    rows = []
    deliveries = deliveries_of(alert)
    said_by = who([each for each in deliveries if each.reason in ("by_hand", NOT_DONE) and not each.remote_id])
    for delivery in deliveries:
        # The parts behind a skipped first one follow it.
        skipped = delivery.state == DeliveryState.SKIPPED and delivery.part == 1
        revivable = holds and (skipped or delivery.state == DeliveryState.FAILED)
        spec = catalog.spec(delivery.account.platform)
        rows.append(
            {
                "delivery": delivery,
                "platform": spec.name if spec else delivery.account.platform,
                "why": _why(delivery, revivable=revivable),
                "seconds": _seconds(alert, delivery),
                "revivable": revivable,
                "by_hand": spec is not None and spec.by_hand,
                "hand": task(delivery, alert),
                "by": said_by.get(delivery.pk, ""),
            }
        )
    started = alert.approved_at
    return {
        "progress": counted,
        "corrected": corrected(alert),
        "rows": rows,
        "first_s": (counted.first_posted_at - started).total_seconds() if counted.first_posted_at and started else None,
        "last_s": (counted.last_posted_at - started).total_seconds() if counted.last_posted_at and started else None,
        "settled": counted.done,
        "forecast": counted.forecast(now),
        "again": _again(counted, holds=holds),
    }


def _why(delivery: Delivery, *, revivable: bool) -> str:
    """Return why a delivery is where it is, once: what its own words say already is left out, with what can be done now."""
    if not delivery.reason or delivery.state == DeliveryState.POSTED:
        return ""
    why = sentence(delivery.reason)
    said = delivery.detail if delivery.detail.startswith(why.removesuffix(".")) else why
    return f"{said} {remedy(delivery.reason)}".strip() if revivable else said


def _again(counted: Progress, *, holds: bool) -> str:
    """Return how soon the page asks again: rarely once everything has settled, and never once the alert has ended too."""
    if not counted.done:
        return "1s"
    return "15s" if holds else ""


def _seconds(alert: Alert, delivery: Delivery) -> float | None:
    if delivery.posted_at is None or alert.approved_at is None:
        return None
    return (delivery.posted_at - alert.approved_at).total_seconds()


@allowed(Right.SEE)
def progress_part(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Return the part of the page that updates by itself."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    # However many look on, a process counts the ledger once a second.
    counted = cast("Progress", cache.get_or_set(f"progress:{alert.pk}", lambda: progress(alert, clock.now()), 1))
    return render(request, "console/_progress.html", {"alert": alert, "mode": alert.mode} | _progress(alert, counted))


def _try(request: HttpRequest, action: Callable[[], str], **ids: int) -> bool:
    """Do something and say so; what the domain refuses is said in its own words.

    Args:
        request: to whom it is said.
        action: does it, and returns what is said then.
        ids: what it is about, for the log.

    Returns:
        Whether it was done.
    """
    try:
        done = action()
    except (SamePerson, NotPossible, Changed, Refused, ContentError, NotUndecided) as error:
        note_refusal(request, error, fields=getattr(error, "errors", ()), **ids)
        messages.error(request, str(error))
        return False
    messages.success(request, done)
    return True


@require_POST
@allowed(Right.APPROVE)
def approve(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Approve exactly what was shown, and let it go."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        if not request.POST.get("agreed"):
            raise Refused("Tick the sentence to say that you have read it.")
        revision = whole_number(request.POST.get("revision", "")) or -1
        plan = approve_and_issue(alert=alert, revision=revision, by=officer(request), now=clock.now())
        return f"Issued: {plan.deliveries} publications and {plan.notices} notices are on their way."

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.APPROVE)
def reject_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Say no, with a reason."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        note = request.POST.get("note", "")
        reject(alert=alert, revision=alert.revision, note=note, by=officer(request), now=clock.now())
        return "Rejected: the author reads why."

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.COMPOSE)
def recall_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Take an alert back to change it."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        recall(alert=alert, by=officer(request), now=clock.now())
        return "It is a draft again."

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.COMPOSE)
def discard_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Drop a draft."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        discard(alert=alert, by=officer(request), now=clock.now())
        return "The draft is discarded."

    return redirect("console:home") if _try(request, action, alert=pk) else redirect(alert_url(alert))


@require_POST
@allowed(Right.STOP)
def stop_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Let nothing more leave."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        stopped = stop(alert=alert, by=officer(request), now=clock.now())
        return f"Stopped: {stopped} had not left yet and will not. What is out stays out."

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.STOP)
def decide_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle what only a person can know."""
    delivery = get_object_or_404(Delivery.objects.select_related("alert"), pk=pk)
    stands = request.POST.get("stands") == "yes"

    def action() -> str:
        url = request.POST.get("url", "")
        decide(delivery=delivery, stands=stands, url=url, by=officer(request), now=clock.now())
        return "Noted: it stands there." if stands else "It is sent again."

    _try(request, action, alert=delivery.alert_id, delivery=pk)
    return redirect(alert_url(delivery.alert))
