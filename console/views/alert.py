"""An alert's page: what it says, who must do what next, and how its broadcast goes."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from console.area_map import area_map
from console.factor import wanted
from console.preview import shown
from console.templatetags.tocsin import area_name
from console.views.compose import alert_url
from console.views.hand import task
from crisis import clock
from crisis.alerts.card import draw
from crisis.alerts.content import ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed, NotRead, SamePerson, approves, discard, recall, reject, writes
from crisis.alerts.queries import public_chain, replacement
from crisis.alerts.ringing import rings_of, seen
from crisis.broadcast import cards
from crisis.broadcast.break_glass import break_glass, possible_at
from crisis.broadcast.break_glass import sentence as break_glass_sentence
from crisis.broadcast.by_hand import NOT_DONE, NotUndecided, who
from crisis.broadcast.corrections import corrected
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.operations import decide, stop
from crisis.broadcast.preflight import FORMS, Refused, look
from crisis.broadcast.queries import Progress, deliveries_of, progress, remedy, sentence, waits_at
from crisis.broadcast.release import Verdict, may_alert_leave
from crisis.broadcast.retry import causes, retry
from crisis.broadcast.spread import by_platform, by_post
from crisis.checkins.operations import rollcall_of
from crisis.language import spoken
from crisis.registry.models import Account, Post
from crisis.sharing import shared
from crisis.staff.rights import Right, may
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text
from platforms import catalog

_UNISSUED = (State.DRAFT, State.SUBMITTED, State.APPROVED)


@allowed(Right.ALERTS)
def detail(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Show an alert; before it is issued, exactly what would go out."""
    alert = get_object_or_404(Alert.objects.select_related("ministry", "author", "references"), pk=pk, mode=mode)
    areas = list(alert.areas.all())
    context: dict[str, Any] = {
        "alert": alert,
        "mode": alert.mode,
        "situation": situation(alert.situation),
        "place": place_text(alert.slots["place"], spoken()),
        "areas": ", ".join(area_name(a) for a in areas),
        "approvals": alert.approvals.select_related("by").order_by("-id"),
        "rollcall": rollcall_of(alert),
        "chain": public_chain(alert.code)[::-1],
        "replacement": replacement(alert),
        "rights": _rights_here(request, alert),
    }
    if alert.state in _UNISSUED:
        if request.method == "GET":
            seen(alert=alert, by=officer(request), now=clock.now())
        context |= _rung(alert)
        found = look(alert, clock.now())
        context |= shown(found, alert) | {"map": area_map(areas)}
        wrote = alert.revisions.filter(by=officer(request)).exists()
        context["decides"] = (
            alert.state == State.SUBMITTED
            and not wrote
            and alert.author_id != officer(request).pk
            and "approve" in context["rights"]
        )
        context["factor"] = wanted(request, Right.REVIEW) if context["decides"] else ""
        # Beside the button that they forbid, and then not once more below.
        context["problems_told"] = alert.state == State.DRAFT and may(officer(request), writes(alert.situation))
        context["waits_at"] = waits_at(alert, found.posts, clock.now())
    else:
        speaking = Post.objects.filter(holder__accounts__deliveries__alert=alert).distinct()
        context["waits_at"] = waits_at(alert, speaking, clock.now())
        context |= _progress(alert, progress(alert, clock.now()))
        context["cards"] = cards.frozen(alert)
        context["newest"] = context["chain"][-1].pk == alert.pk
    return render(request, "console/alert.html", context)


def _rung(alert: Alert) -> dict[str, Any]:
    """Return who was rung for an alert and who has seen it, and from when on one person may issue it alone."""
    if alert.state != State.SUBMITTED:
        return {}
    return {
        "now": clock.now(),
        "rings": rings_of(alert),
        "alone_at": possible_at(alert),
        "alone_sentence": break_glass_sentence(alert),
    }


@allowed(Right.ALERTS)
def rings_part(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Return the part of a submitted alert's page that says who was rung; whoever only polls has not read the alert.

    Whoever decides is only told once somebody else has decided.
    """
    alert = get_object_or_404(Alert.objects.select_related("ministry"), pk=pk, mode=mode)
    context = {"alert": alert, "mode": alert.mode, "decides": request.GET.get("decides") == "yes"}
    return render(request, "console/_rings.html", context | _rung(alert))


def _rights_here(request: HttpRequest, alert: Alert) -> set[str]:
    """Return what this officer may do with this alert: of a routine notice, what a post editor may count as the same."""
    by = officer(request)
    mine = {right.name.lower() for right in Right if may(by, right)}
    same = {"compose": writes(alert.situation), "approve": approves(alert)}
    return mine | {name for name, right in same.items() if may(by, right)}


@allowed(Right.ALERTS)
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
        "causes": causes(deliveries) if holds else [],
        "by_platform": {row.name: row for row in by_platform(deliveries)},
        "by_post": by_post(deliveries),
    }


def _etag(request: HttpRequest, context: dict[str, Any]) -> str:
    """Return what changes whenever the part of the page that updates by itself would look, or work, otherwise."""
    shown = [
        (d.pk, d.state, d.reason, d.detail, d.attempt, d.kind, d.url)
        for d in (row["delivery"] for row in context["rows"])
    ]
    moving = "" if context["settled"] else repr(context["forecast"])
    ready = [(cause.reason, cause.deliveries, cause.ready) for cause in context["causes"]]
    # The forms hold a token that belongs to this session's cookie, and only some people see them.
    whose = (may(officer(request), Right.STOP), request.META.get("CSRF_COOKIE", ""))
    said = repr(
        (spoken(), shown, moving, ready, whose, context["again"], repr(context["progress"]), context["corrected"])
    )
    return quote_etag(hashlib.sha256(said.encode()).hexdigest())


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


@allowed(Right.ALERTS)
def progress_part(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Return the part of the page that updates by itself; 304 where the browser has it as it is."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    # However many look on, a process counts the ledger once a second.
    counted = shared(f"progress:{alert.pk}", lambda: progress(alert, clock.now()), seconds=1)
    context = {"alert": alert, "mode": alert.mode} | _progress(alert, counted)
    tag = _etag(request, context)
    response = get_conditional_response(request, etag=tag) or render(request, "console/_progress.html", context)
    response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
    return response


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
    except (SamePerson, NotRead, NotPossible, Changed, Refused, ContentError, NotUndecided) as error:
        note_refusal(request, error, fields=getattr(error, "errors", ()), **ids)
        messages.error(request, str(error))
        return False
    messages.success(request, done)
    return True


@require_POST
@allowed(Right.REVIEW)
def approve(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Approve exactly what was shown, and let it go."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        if not request.POST.get("agreed"):
            raise Refused(_("Tick the sentence to say that you have read it."))
        revision = whole_number(request.POST.get("revision", "")) or -1
        read = request.POST.get("read", "").split("|")
        plan = approve_and_issue(alert=alert, revision=revision, by=officer(request), now=clock.now(), read=read)
        if plan.alert.state != State.ISSUED:
            return _("Approved: it is published by itself at its hour.")
        return _("Issued: %(deliveries)s publications and %(notices)s notices are on their way.") % {
            "deliveries": plan.deliveries,
            "notices": plan.notices,
        }

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.ALONE)
def alone_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Break the glass: issue an alert alone, because nobody answers."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        revision, typed = whole_number(request.POST.get("revision", "")) or -1, request.POST.get("typed", "")
        plan = break_glass(alert=alert, revision=revision, typed=typed, by=officer(request), now=clock.now())
        return _(
            "Issued alone: %(deliveries)s publications and %(notices)s notices are on their way. Everybody is told."
        ) % {"deliveries": plan.deliveries, "notices": plan.notices}

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.STOP)
def retry_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Try again what did not leave for one cause, on one account or on all."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    account = None
    if number := request.POST.get("account"):
        account = get_object_or_404(Account, pk=whole_number(number) or -1)

    def action() -> str:
        tried = retry(
            alert=alert, reason=request.POST.get("cause", ""), account=account, by=officer(request), now=clock.now()
        )
        words = ngettext(
            "%(n)d publication will be tried again at once.", "%(n)d publications will be tried again at once.", tried
        )
        return words % {"n": tried}

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.REVIEW)
def reject_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Say no, with a reason."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        note = request.POST.get("note", "")
        revision = whole_number(request.POST.get("revision", "")) or -1
        reject(alert=alert, revision=revision, note=note, by=officer(request), now=clock.now())
        return _("Rejected: the author reads why.")

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.NOTICE)
def recall_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Take an alert back to change it."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        recall(alert=alert, by=officer(request), now=clock.now())
        return _("It is a draft again.")

    _try(request, action, alert=pk)
    return redirect(alert_url(alert))


@require_POST
@allowed(Right.NOTICE)
def discard_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Drop a draft."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        discard(alert=alert, by=officer(request), now=clock.now())
        return _("The draft is discarded.")

    return redirect("console:home") if _try(request, action, alert=pk) else redirect(alert_url(alert))


@require_POST
@allowed(Right.STOP)
def stop_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Let nothing more leave."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)

    def action() -> str:
        stopped = stop(alert=alert, by=officer(request), now=clock.now())
        return _("Stopped: %(stopped)s had not left yet and will not. What is out stays out.") % {"stopped": stopped}

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
        return _("Noted: it stands there.") if stands else _("It is sent again.")

    _try(request, action, alert=delivery.alert_id, delivery=pk)
    return redirect(alert_url(delivery.alert))
