"""What an officer types is kept by itself; and where two change one alert, each sees what the other made of it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve

from console.access import officer
from console.forms import ComposeForm, initial
from crisis import clock
from crisis.alerts import typed
from crisis.alerts.models import Alert, State, Typed
from crisis.language import spoken
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from crisis.wording.catalogue import situation, situations

_FORMS = ("new", "edit", "update", "end")  # the addresses at which an alert is written
_NOT_TYPED = ("csrfmiddlewaretoken", "address", "then", "click")


def form_address(request: HttpRequest) -> str:
    """Return the address of the form that a request is about.

    Raises:
        Http404: an alert is written nowhere there.
    """
    address = request.POST.get("address", "")
    try:
        found = resolve(address)
    except Resolver404 as error:
        raise Http404("There is no such form.") from error
    if found.namespace != "console" or found.url_name not in _FORMS:
        raise Http404("No alert is written there.")
    return address


def typed_fields(request: HttpRequest) -> dict[str, list[str]]:
    """Return what a form sent, but for what the page itself put in."""
    return {
        name: [str(each) for each in values]
        for name, values in request.POST.lists()
        if name not in _NOT_TYPED and not name.startswith("tick_")
    }


def keep_typed(request: HttpRequest) -> None:
    """Keep what was sent to a form and could not be saved."""
    with suppress(typed.TooMuch):
        typed.keep(by=officer(request), address=request.path, fields=typed_fields(request), now=clock.now())


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What was begun and not saved: where it is, what it is, and since when it lies."""

    address: str
    mode: str
    words: str
    at: datetime


def unfinished(by: Officer) -> list[Unfinished]:
    """Return what an officer has begun, the latest first."""
    return [
        Unfinished(kept.address, mode, words, kept.saved_at)
        for kept in typed.unfinished(by)
        for mode, words in _about(kept.address)
    ]


def _about(address: str) -> list[tuple[str, str]]:
    """Return the mode of a form and what it is about; nothing where there is no such form any more."""
    try:
        told = resolve(address).kwargs
    except Resolver404:
        return []
    if "slug" in told:
        return [(told["mode"], situation(told["slug"]).name(spoken()))] if told["slug"] in situations() else []
    alert = Alert.objects.filter(pk=told["pk"]).first()
    if alert is None or (alert.state != State.DRAFT and address.endswith("/edit/")):
        return []
    return [(told["mode"], f"{alert.marker} {situation(alert.situation).name(spoken())}")]


def restored(request: HttpRequest) -> Typed | None:
    """Return what this officer typed here before and did not save, when the page is opened again."""
    return typed.kept(by=officer(request), address=request.path) if request.method == "GET" else None


def begin(kept: Typed | None, otherwise: dict[str, Any]) -> dict[str, Any]:
    """Return what a form begins with: what was typed, else what is saved."""
    if kept is None:
        return otherwise
    # A choice of several is a list; everything else is one text.
    return {name: values if name == "accounts" else values[-1] for name, values in kept.fields.items() if values}


def at_home(kept: Typed) -> str:
    """Return when it was kept, by the ministry's clock: "14:02:10"."""
    return f"{kept.saved_at.astimezone(ZoneInfo(home_ministry().time_zone)):%H:%M:%S}"


def differences(form: ComposeForm, alert: Alert) -> list[tuple[str, str, str]]:
    """Return where a form says something else than what is saved, as (field, the form's, the saved one's)."""
    saved = initial(alert)
    found = []
    for name, field in form.fields.items():
        mine, theirs = _read(field, form[name].value()), _read(field, saved.get(name))
        if mine != theirs:
            found.append((str(field.label), mine, theirs))
    return found


def _read(field: forms.Field, value: Any) -> str:
    """Return a value as a person reads it."""
    named = {str(key): str(label) for key, label in getattr(field, "choices", [])}
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(named.get(str(each), str(each)) for each in values if each not in (None, ""))
