"""The duty roster: who is on duty now and tonight, when nobody is; and the ways by which each of the staff is reached."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.language import spoken
from crisis.places.names import country_name, country_of, unknown_countries
from crisis.registry.models import Jurisdiction, Ministry
from crisis.registry.queries import home_ministry
from crisis.staff.confirming import ask, confirm
from crisis.staff.models import Officer
from crisis.staff.rights import Right, may
from crisis.staff.roster import Duty, Shift, Way
from crisis.staff.rostering import (
    CODE_HOLDS,
    LINK_PREFIX,
    RosterError,
    add_shift,
    make_code,
    masked,
    remove_shift,
    remove_way,
    set_way,
)
from crisis.staff.shifts import RIGHTS, Gap, gaps, morning_after, on_duty, periods

AHEAD = timedelta(days=7)
TWO_WAYS = 2
_SEPARATOR = re.compile(r"[,;\n]+")


@dataclass(frozen=True, slots=True)
class Tonight:
    """What must be said loudly of the roster until the morning.

    Attributes:
        nobody, no_second: when there is no approver, and when there is none who is rung next.
        hard_to_reach: approvers of the night who have fewer than two confirmed ways to be reached.
    """

    nobody: list[Gap]
    no_second: list[Gap]
    hard_to_reach: list[Officer]


def tonight(ministry: Ministry, now: datetime) -> Tonight:
    """Return what is missing from tonight's roster of approvers."""
    until, zone, everywhere = morning_after(now, ministry.time_zone), ministry.time_zone, _served(ministry)
    people = {p.shift.officer.pk: p.shift.officer for p in periods(Duty.APPROVER, begin=now, end=until, zone=zone)}
    nobody, second = (
        gaps(Duty.APPROVER, begin=now, end=until, zone=zone, countries=everywhere, depth=depth) for depth in (1, 2)
    )
    weak = [each for each in people.values() if each.ways.exclude(confirmed_at=None).count() < TWO_WAYS]
    return Tonight(nobody, [] if nobody else second, weak)


def _served(ministry: Ministry) -> set[str]:
    rows = Jurisdiction.objects.filter(post__ministry=ministry, kind=Jurisdiction.Kind.CONSULAR)
    return set(rows.values_list("country", flat=True))


@allowed(Right.ALERTS)
def roster_view(request: HttpRequest) -> HttpResponse:
    """Show who is on duty, what is missing in the coming week, and every shift that is not over for good."""
    now, ministry = clock.now(), home_ministry()
    zone, served = ministry.time_zone, _served(ministry)
    duties = [
        {
            "duty": duty,
            "now": on_duty(duty, now=now, zone=zone),
            "tonight": periods(duty, begin=now, end=morning_after(now, zone), zone=zone),
            "gaps": gaps(duty, begin=now, end=now + AHEAD, zone=zone, countries=served)[:10],
        }
        for duty in Duty
    ]
    shifts = (
        Shift.objects.exclude(on__lt=now.date() - timedelta(days=1))
        .select_related("officer")
        .prefetch_related("officer__ways", "officer__grants")
    )
    staff = Officer.objects.filter(is_active=True).prefetch_related("grants").order_by("first_name", "username")
    context = {
        "now": now,
        "zone": zone,
        "until": morning_after(now, zone),
        "duties": duties,
        "missing": tonight(ministry, now),
        "shifts": [_shown(shift) for shift in shifts],
        "staff": [each for each in staff if any(may(each, right) for right in RIGHTS.values())],
        "choices": Duty.choices,
        "days": list(enumerate(_DAYS)),
    }
    return render(request, "console/roster.html", context)


_DAYS = tuple(WEEKDAYS_ABBR[day] for day in range(7))  # Monday first


def _shown(shift: Shift) -> dict[str, object]:
    days = (
        date_format(shift.on, "SHORT_DATE_FORMAT") if shift.on else ", ".join(str(_DAYS[day]) for day in shift.weekdays)
    )
    return {
        "shift": shift,
        "days": _("every day") if len(shift.weekdays) == len(_DAYS) else days,
        "where": ", ".join(country_name(code, spoken()) for code in shift.countries) or _("everywhere"),
        "ways": shift.officer.ways.all(),
        "may": may(shift.officer, RIGHTS[Duty(shift.duty)]),
    }


@require_POST
@allowed(Right.ROSTER)
def add_view(request: HttpRequest) -> HttpResponse:
    """Put somebody on duty."""
    by, typed = officer(request), request.POST
    try:
        person = Officer.objects.filter(pk=whole_number(typed.get("officer", "")) or 0, is_active=True).first()
        if person is None or typed.get("duty") not in Duty.values:
            raise RosterError(_("Choose a person and a duty."))
        shift = add_shift(
            officer=person,
            duty=Duty(typed["duty"]),
            begins=_hour(typed.get("begins", "")),
            ends=_hour(typed.get("ends", "")),
            turn=whole_number(typed.get("turn", "")) or 1,
            countries=_countries(typed.get("countries", "")),
            weekdays=[day for text in typed.getlist("weekdays") if (day := whole_number(text)) is not None],
            on=_day(typed.get("on", "")),
            by=by,
            now=clock.now(),
        )
    except RosterError as error:
        note_refusal(request, error)
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(officer)s is on the roster.") % {"officer": shift.officer})
    return redirect("console:roster")


def _hour(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - by the ministry's clock, of no day
    except ValueError as error:
        raise RosterError(_("Give the hours as 18:00.")) from error


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RosterError(_("Give the date as 2026-12-31.")) from error


def _countries(text: str) -> list[str]:
    typed = [word.strip() for word in _SEPARATOR.split(text) if word.strip()]
    if unknown := [word for word in typed if country_of(word) is None]:
        raise RosterError(unknown_countries(unknown))
    return [code for word in typed if (code := country_of(word)) is not None]


@require_POST
@allowed(Right.ROSTER)
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody off duty."""
    shift = get_object_or_404(Shift.objects.select_related("officer"), pk=pk)
    remove_shift(shift=shift, by=officer(request), now=clock.now())
    messages.success(request, _("%(officer)s is off this shift.") % {"officer": shift.officer})
    return redirect("console:roster")


@never_cache
@allowed(Right.ALERTS)
def reach_view(request: HttpRequest) -> HttpResponse:
    """Show by which ways the person who is signed in is reached, and change them."""
    me, now = officer(request), clock.now()
    code = ""
    if request.method == "POST":
        match request.POST.get("do", ""):
            case "code":
                code = make_code(officer=me, now=now)
            case "ask" | "confirm":
                _confirm(request, me, now)
                return redirect("console:reach")
            case "remove":
                remove_way(officer=me, kind=request.POST.get("kind", ""), now=now)
                return redirect("console:reach")
            case _:
                _set(request, me, now)
                return redirect("console:reach")
    ways = list(me.ways.all())
    context = {
        "ways": [(way, masked(way)) for way in ways],
        "confirmed": sum(way.confirmed_at is not None for way in ways),
        "code": code,
        "link": f"{settings.TELEGRAM_LINK}?start={LINK_PREFIX}{code}",
        "minutes": int(CODE_HOLDS.total_seconds() // 60),
        "two": TWO_WAYS,
    }
    return render(request, "console/reach.html", context)


def _set(request: HttpRequest, me: Officer, now: datetime) -> None:
    kind = request.POST.get("kind", "")
    try:
        if kind not in (Way.Kind.EMAIL, Way.Kind.SMS):
            raise RosterError(_("Choose e-mail or SMS."))
        with transaction.atomic():
            set_way(officer=me, kind=Way.Kind(kind), text=request.POST.get("address", ""), now=now)
            ask(officer=me, kind=kind, now=now)
    except RosterError as error:
        note_refusal(request, error)
        messages.error(request, str(error))
    else:
        messages.success(request, _("Noted. A code is on its way there: type it here, and you are rung there too."))


def _confirm(request: HttpRequest, me: Officer, now: datetime) -> None:
    """Take the code that came by a way, or let another one be sent."""
    kind = request.POST.get("kind", "")
    try:
        if request.POST["do"] == "ask":
            ask(officer=me, kind=kind, now=now)
            messages.success(request, _("Another code is on its way."))
        else:
            confirm(officer=me, kind=kind, code=request.POST.get("code", ""), now=now)
            messages.success(request, _("Confirmed: you are rung there too."))
    except RosterError as error:
        note_refusal(request, error, way=kind)
        messages.error(request, str(error))
