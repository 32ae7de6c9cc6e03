"""Composing: choose a situation, fill its slots once, and see at the side exactly what would go out."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.access import allowed, note_refusal, officer, whole_number
from console.forms import ComposeForm, initial
from console.keeping import at_home, begin, differences, keep_typed, restored
from console.preview import shown
from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.editions import all_in_use, in_use
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed, draft, follow_up, revise, writes
from crisis.alerts.typed import forget
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import Refused, look
from crisis.language import spoken
from crisis.places.names import countries, fold
from crisis.registry.models import Installation, Mode
from crisis.registry.queries import home_ministry, installation
from crisis.staff.models import Officer
from crisis.staff.rights import Right, may_read, require
from crisis.wording.catalogue import Situation, UnknownSituation

# Of the length of a code, in a preview of what has none yet: whoever notes it down notes nothing wrong.
NO_CODE = "······"
GRAVE = ("Extreme", "Severe")  # of CAP 1.2's severities, those of a "threat to life or property" that is significant
SUBMITTED = gettext_lazy("Submitted. Another person approves it now.")


def alert_url(alert: Alert) -> str:
    """Return where an alert's page is; LIVE and EXERCISE have addresses of their own."""
    return reverse("console:alert", args=[alert.mode, alert.pk])


def chosen(request: HttpRequest, slug: str) -> Situation:
    """Return a situation about which this officer may write.

    Raises:
        Http404: there is none of that name.
        NotAllowed: a post editor writes what is routine, and no alert.
    """
    require(officer(request), writes(slug), reading=request.method == "GET")
    try:
        return in_use(slug)
    except UnknownSituation as error:
        raise Http404(str(error)) from error


def _mode(value: str) -> Mode:
    if value not in Mode.values:
        raise Http404("An alert is live or exercise.")
    if value == Mode.LIVE and installation().kind == Installation.Kind.DEMO:
        raise Http404("This is a demo: it has exercises only.")
    return Mode(value)


@allowed(Right.NOTICE)
def choose(request: HttpRequest, mode: str) -> HttpResponse:
    """Choose the situation."""
    _mode(mode)
    mine = [kind for kind in all_in_use() if may_read(officer(request), writes(kind.slug))]
    mine.sort(key=lambda kind: fold(kind.name(spoken())))
    routine = [kind for kind in mine if kind.routine]
    grave = [kind for kind in mine if kind.severity in GRAVE and not kind.routine]
    rest = [kind for kind in mine if kind.severity not in GRAVE and not kind.routine]
    parts = [(_("Danger to life"), grave), (_("Disturbances, and what follows a crisis"), rest)]
    return render(request, "console/choose.html", {"mode": mode, "parts": parts, "routine": routine})


@allowed(Right.NOTICE)
def new(request: HttpRequest, mode: str, slug: str) -> HttpResponse:
    """Write a new alert."""
    about, kind = chosen(request, slug), _mode(mode)
    kept = restored(request)
    form = ComposeForm(request.POST or None, situation=about, ministry=home_ministry(), initial=begin(kept, {}))
    if request.method == "POST" and form.is_valid():
        try:
            alert = draft(content=form.content(), mode=kind, by=officer(request), now=clock.now())
        except ContentError as error:
            form.blame(error)
        else:
            return saved(request, alert)
    return composed(request, form, kind, None, kept=kept)


@allowed(Right.NOTICE)
def edit(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Change a draft."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    if alert.state != State.DRAFT:
        messages.error(request, _("Only a draft can be changed: take the alert back first."))
        return redirect(alert_url(alert))
    kept = restored(request)
    form = ComposeForm(
        request.POST or None, situation=chosen(request, alert.situation), ministry=alert.ministry,
        initial=begin(kept, initial(alert)),
    )  # fmt: skip
    # What the officer was looking at, and not what somebody saved since.
    at_first = begin(kept, {}).get("revision", str(alert.revision)) if request.method == "GET" else ""
    looked_at = whole_number(request.POST.get("revision", at_first)) or -1
    if request.method == "POST" and form.is_valid():
        try:
            revise(alert=alert, revision=looked_at, content=form.content(), by=officer(request), now=clock.now())
        except ContentError as error:
            form.blame(error)
        except Changed as error:
            note_refusal(request, error, alert=alert.pk)
            keep_typed(request)
            return both(request, form, alert, status=409)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return saved(request, alert)
    if kept and looked_at != alert.revision:
        return both(request, form, alert)
    return composed(request, form, alert.mode, alert, kept=kept, revision=looked_at)


def both(request: HttpRequest, form: ComposeForm, alert: Alert, status: int = 200) -> HttpResponse:
    """Show what an officer wrote beside what somebody else has saved meanwhile; who saves now has seen both."""
    alert = Alert.objects.select_related("ministry", "references").get(pk=alert.pk)
    if alert.state != State.DRAFT:
        messages.error(
            request, _("It is no draft any more. What you typed is kept: take the alert back to see it again.")
        )
        return redirect(alert_url(alert))
    other = alert.revisions.select_related("by").get(number=alert.revision)
    more = {"other": other, "differences": differences(form, alert), "revision": alert.revision, "status": status}
    return composed(request, form, alert.mode, alert, **more)


def saved(request: HttpRequest, alert: Alert) -> HttpResponse:
    """Go where a saved alert leads: to its page, submitted if that was asked and all is ticked that needs it."""
    by = officer(request)
    forget(by=by, address=request.path)
    if request.POST.get("then") == "submit":
        try:
            submit(alert=alert, revision=alert.revision, acknowledged=_ticked(request), by=by, now=clock.now())
        except Refused:
            messages.warning(request, _("Saved as a draft. Before it can be submitted, see here what is still needed."))
        except (NotPossible, Changed) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, SUBMITTED)
    return redirect(alert_url(alert))


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
        "countries": sorted(countries(spoken()).values()),
        "revision": alert.revision if alert else None,
        "kept_at": at_home(more["kept"]) if more.get("kept") else "",
    }
    status = more.get("status") or (422 if form.errors else 200)
    return render(request, "console/compose.html", context | more, status=status)


@allowed(Right.NOTICE)
def preview(request: HttpRequest, mode: str, slug: str) -> HttpResponse:
    """Show what would go out if the form were saved now."""

    def page(alert: Alert, *, coded: bool) -> HttpResponse:
        context = shown(look(alert, clock.now()), alert) | {"no_code": "" if coded else NO_CODE, "unsaved": True}
        response = render(request, "console/_preview.html", context)
        if not coded:
            response.content = response.content.decode().replace(alert.code, NO_CODE)
        return response

    return unsaved(request, mode, slug, page)


def unsaved(request: HttpRequest, mode: str, slug: str, page: Callable[..., HttpResponse]) -> HttpResponse:
    """Show something of what a form holds. Nothing is stored: it is written, looked at, and undone.

    Args:
        request: with the form.
        mode, slug: live or exercise, and of which situation.
        page: makes the page of the alert; told by `coded` whether its code is the one that it has, or will have.
    """
    about, kind = chosen(request, slug), _mode(mode)
    form = ComposeForm(request.POST, situation=about, ministry=home_ministry())
    if not form.begun:
        return render(request, "console/_preview.html", {"empty": True})
    if not form.is_valid():
        return render(request, "console/_preview.html", {"errors": form.said})
    try:
        with transaction.atomic():
            alert = _written(request, form, kind, officer(request))
            response = page(alert, coded=_as_saved(request, alert))
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


@allowed(Right.NOTICE)
def submit_view(request: HttpRequest, mode: str, pk: int) -> HttpResponse:
    """Hand a draft to whoever approves, with the ticks that were set."""
    alert = get_object_or_404(Alert, pk=pk, mode=mode)
    if request.method == "POST":
        _submit(request, alert, _ticked(request), officer(request))
    return redirect(alert_url(alert))


def _ticked(request: HttpRequest) -> dict[str, list[str]]:
    """Return what was ticked: of each kind of warning, what it was about."""
    return {
        kind.removeprefix("tick_"): [item for item in request.POST.get(kind, "").split("|") if item]
        for kind in request.POST
        if kind.startswith("tick_")
    }


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
        messages.success(request, SUBMITTED)
