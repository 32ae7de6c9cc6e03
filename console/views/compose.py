"""Composing: choose a situation, fill its slots once, and see at the side exactly what would go out."""

import logging
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from console.access import allowed, note_refusal, officer, whole_number
from console.forms import ComposeForm, initial
from crisis import clock
from crisis.alerts.card import CardText, card
from crisis.alerts.content import ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed, draft, follow_up, revise
from crisis.broadcast.cards import shows_card
from crisis.broadcast.models import NOTICES
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import Preflight, Refused, look
from crisis.checkins.reminding import reminder
from crisis.health.queries import fitness
from crisis.places.names import countries
from crisis.registry.models import Installation, Mode
from crisis.registry.queries import home_ministry, installation
from crisis.staff.models import Officer
from crisis.staff.rights import Right
from crisis.wording.catalogue import Situation, UnknownSituation, situation, situations
from platforms import catalog

# Of the length of a code, in a preview of what has none yet: whoever notes it down notes nothing wrong.
NO_CODE = "······"


def alert_url(alert: Alert) -> str:
    """Return where an alert's page is; LIVE and EXERCISE have addresses of their own."""
    return reverse("console:alert", args=[alert.mode, alert.pk])


def _situation(slug: str) -> Situation:
    try:
        return situation(slug)
    except UnknownSituation as error:
        raise Http404(str(error)) from error


def _mode(value: str) -> Mode:
    if value not in Mode.values:
        raise Http404("An alert is live or exercise.")
    if value == Mode.LIVE and installation().kind == Installation.Kind.DEMO:
        raise Http404("This is a demo: it has exercises only.")
    return Mode(value)


@allowed(Right.COMPOSE)
def choose(request: HttpRequest, mode: str) -> HttpResponse:
    """Choose the situation."""
    _mode(mode)
    return render(request, "console/choose.html", {"mode": mode, "situations": situations().values()})


@allowed(Right.COMPOSE)
def new(request: HttpRequest, mode: str, slug: str) -> HttpResponse:
    """Write a new alert."""
    chosen, kind = _situation(slug), _mode(mode)
    form = ComposeForm(request.POST or None, situation=chosen, ministry=home_ministry())
    if request.method == "POST" and form.is_valid():
        try:
            alert = draft(content=form.content(), mode=kind, by=officer(request), now=clock.now())
        except ContentError as error:
            form.blame(error)
        else:
            return redirect(alert_url(alert))
    return composed(request, form, kind, None)


@allowed(Right.COMPOSE)
def edit(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Change a draft."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    if alert.state != State.DRAFT:
        messages.error(request, "Only a draft can be changed: take the alert back first.")
        return redirect(alert_url(alert))
    form = ComposeForm(
        request.POST or None, situation=_situation(alert.situation), ministry=alert.ministry, initial=initial(alert)
    )
    if request.method == "POST" and form.is_valid():
        try:
            revise(
                alert=alert,
                revision=whole_number(request.POST.get("revision", "")) or -1,
                content=form.content(),
                by=officer(request),
                now=clock.now(),
            )
        except ContentError as error:
            form.blame(error)
        except (Changed, NotPossible) as error:
            form.add_error(None, str(error))
        else:
            return redirect(alert_url(alert))
    return composed(request, form, alert.mode, alert)


def composed(request: HttpRequest, form: ComposeForm, mode: str, alert: Alert | None, **more: Any) -> HttpResponse:
    """Show the form of an alert; where something in it is refused, say so at its field and in the log.

    Args:
        request: by whom.
        form: for one situation.
        mode: live or exercise.
        alert: the draft that is changed, or None for a new one.
        more: what else the page shows.
    """
    if form.errors:
        note_refusal(request, fields=form.errors, situation=form.situation.slug, alert=alert.pk if alert else None)
    context = {
        "form": form,
        "mode": str(mode),
        "situation": form.situation,
        "alert": alert,
        "follows": alert.references if alert else None,
        "countries": sorted(countries("en").values()),
    }
    return render(request, "console/compose.html", context | more, status=422 if form.errors else 200)


@allowed(Right.COMPOSE)
def preview(request: HttpRequest, mode: str, slug: str) -> HttpResponse:
    """Show what would go out if the form were saved now. Nothing is stored: it is written, looked at, and undone."""
    chosen, kind = _situation(slug), _mode(mode)
    form = ComposeForm(request.POST, situation=chosen, ministry=home_ministry())
    if not form.begun:
        return render(request, "console/_preview.html", {"empty": True})
    if not form.is_valid():
        return render(request, "console/_preview.html", {"errors": form.said})
    by = officer(request)
    try:
        with transaction.atomic():
            alert = _written(request, form, kind, by)
            coded = _as_saved(request, alert)
            context = shown(look(alert, clock.now()), alert) | {"no_code": "" if coded else NO_CODE, "unsaved": True}
            response = render(request, "console/_preview.html", context)
            if not coded:
                response.content = response.content.decode().replace(alert.code, NO_CODE)
            transaction.set_rollback(True)
    except ContentError as error:
        form.blame(error)
        # It is asked at each pause in typing: nobody has handed anything in.
        note_refusal(request, error, fields=form.errors, level=logging.INFO, situation=slug)
        return render(request, "console/_preview.html", {"errors": form.said})
    except NotPossible as error:
        return render(request, "console/_preview.html", {"errors": [("", str(error))]})
    return response


def _written(request: HttpRequest, form: ComposeForm, mode: Mode, by: Officer) -> Alert:
    """Write what is only looked at: a new alert, or one that follows another."""
    number = whole_number(request.POST.get("earlier", ""))
    if number is None:
        return draft(content=form.content(), mode=mode, by=by, now=clock.now())
    earlier = get_object_or_404(Alert, pk=number, mode=mode)
    msg_type = Alert.MsgType.UPDATE if earlier.situation == form.situation.slug else Alert.MsgType.CANCEL
    return follow_up(earlier=earlier, msg_type=msg_type, content=form.content(), by=by, now=clock.now())


def _as_saved(request: HttpRequest, alert: Alert) -> bool:
    """Let what is only looked at bear the code and number that it has, or will have; return whether they are known."""
    number = whole_number(request.POST.get("draft", ""))
    if number is not None:
        saved = get_object_or_404(Alert, pk=number, mode=alert.mode)
        alert.code, alert.number = saved.code, saved.number
    return number is not None or alert.references_id is not None


def shown(found: Preflight, alert: Alert) -> dict[str, Any]:
    """Return a preflight as the preview shows it: each text once, with the accounts that publish it."""
    by_text: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for plan in [*found.publishing, *found.by_hand]:
        key = (plan.account.platform, plan.languages)
        spec = catalog.spec(plan.account.platform)
        group = by_text.setdefault(
            key,
            {
                "spec": spec,
                "languages": plan.languages,
                "texts": plan.publications,
                "follow": sum(text.follows for text in plan.publications),
                "plans": [],
            },
        )
        group["plans"].append(plan)
    notice = catalog.spec("telegram")
    retractions = [
        {"platform": platform, "languages": languages, "texts": texts}
        for (platform, form, languages), texts in found.texts.items()
        if form == "retraction"
    ]
    return {
        "alert": alert,
        "found": found,
        "fit": fitness(found, clock.now()),
        "groups": list(by_text.values()),
        "held": [plan for plan in found.plans if plan.held and not plan.by_hand],
        "skipped": [plan for plan in found.plans if plan.skipped and not plan.held],
        "notices": found.notices.items(),
        "notice_spec": notice,
        "retractions": [group for group in retractions if group["platform"] not in NOTICES],
        "infos": list(alert.infos.all()),
        "reminders": [(code, reminder(alert, "telegram", code)) for code in found.notices]
        if alert.remind_after
        else [],
        "cards": _cards(found, alert),
        "undrawn": [(languages, why) for (_, languages), why in found.cards.items() if isinstance(why, str)],
    }


def _cards(found: Preflight, alert: Alert) -> list[dict[str, Any]]:
    """Return the cards that would be published, each once, with the platforms that show it."""
    shown_by: dict[CardText, set[str]] = {}
    for plan in found.publishing:
        spec = catalog.spec(plan.account.platform)
        for text in plan.publications if spec and shows_card(spec, alert.ministry) else ():
            if said := found.card("alert", text, plan.languages):
                shown_by.setdefault(said, set()).add(spec.name if spec else "")
    return [
        {"languages": said.languages, "alt": card(alert, "alert", said).alt, "platforms": sorted(names)}
        for said, names in shown_by.items()
    ]


@allowed(Right.COMPOSE)
def submit_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Hand a draft to whoever approves, with the ticks that were set."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    if request.method == "POST":
        acknowledged = {
            kind.removeprefix("tick_"): [item for item in request.POST.get(kind, "").split("|") if item]
            for kind in request.POST
            if kind.startswith("tick_")
        }
        _submit(request, alert, acknowledged, officer(request))
    return redirect(alert_url(alert))


def _submit(request: HttpRequest, alert: Alert, acknowledged: dict[str, list[str]], by: Officer) -> None:
    try:
        submit(
            alert=alert,
            revision=whole_number(request.POST.get("revision", "")) or -1,
            acknowledged=acknowledged,
            by=by,
            now=clock.now(),
        )
    except (Refused, NotPossible, Changed) as error:
        note_refusal(request, error, alert=alert.pk)
        messages.error(request, str(error))
    else:
        messages.success(request, "Submitted. Another person approves it now.")
