"""Calling people to a place: written, released by somebody else, told with a code to each household, checked at the door."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, officer, reach, whole_number
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.checkins.models import Safety
from crisis.checkins.queries import STATUSES, people
from crisis.checkins.reach import rollcalls
from crisis.checkins.silence import found
from crisis.gathering import codes, sending
from crisis.gathering.models import Gathering
from crisis.gathering.operations import MOST, NotCalled, Shown, call, let_in, look, release, withdraw
from crisis.privacy.looking import looked
from crisis.registry.models import Post
from crisis.staff.reach import Reach
from crisis.staff.rights import Right, may

HOURS = 12  # for how long the codes hold, unless the officer says otherwise
LONGEST_HOURS = 72


def in_reach(reached: Reach) -> QuerySet[Gathering]:
    """Return the gatherings in reach."""
    return Gathering.objects.filter(reached.rows())


@allowed(Right.CALL, of=rollcalls)
def call_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Write an instruction for chosen people of a rollcall."""
    rollcall = get_object_or_404(Rollcall.objects.select_related("alert__ministry"), pk=pk)
    given = request.POST if request.method == "POST" else request.GET
    status = given.get("status", str(Safety.NEEDS_HELP))
    post_id = whole_number(given.get("post", ""))
    chosen = people(rollcall, status=status, post_id=post_id, reach=reach(request))
    # Who is in hospital, detained, missing or deceased is called to no place.
    chosen = chosen.filter(~found("pk", rollcall.alert.mode))
    languages = rollcall.alert.ministry.languages
    texts = {language: given.get(f"text_{language}", "") for language in languages}
    hours = whole_number(given.get("hours", "")) or HOURS
    if request.method == "POST":
        now = clock.now()
        try:
            gathering = call(
                rollcall=rollcall, citizens=chosen[: MOST + 1], texts=texts, by=officer(request), now=now,
                expires_at=now + timedelta(hours=min(hours, LONGEST_HOURS)),
                post=Post.objects.filter(pk=post_id).first() if post_id else None,
            )  # fmt: skip
        except NotCalled as error:
            messages.error(request, str(error))
        else:
            return redirect("console:gathering", gathering.pk)
    context = {
        "rollcall": rollcall, "alert": rollcall.alert, "mode": rollcall.alert.mode, "status": status, "post": post_id,
        "statuses": STATUSES, "households": chosen.count(), "hours": hours, "texts": texts.items(),
        "read": sorted(set(chosen.values_list("language", flat=True))),
        "posts": Post.objects.filter(ministry=rollcall.alert.ministry).order_by("name"),
    }  # fmt: skip
    return render(request, "console/call.html", context)


def _gathering(pk: int) -> Gathering:
    rows = Gathering.objects.select_related("rollcall__alert", "post", "made_by", "released_by")
    return get_object_or_404(rows, pk=pk)


@allowed(Right.CALL, of=in_reach)
def gathering_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an instruction, how far its messages are, and who has come."""
    gathering, by = _gathering(pk), officer(request)
    alert = gathering.rollcall.alert
    context = {
        "gathering": gathering, "alert": alert, "mode": alert.mode, "counts": sending.counted(gathering),
        "expired": gathering.expires_at <= clock.now(),
        "may_release": gathering.released_at is None and gathering.made_by_id != by.pk and may(by, Right.APPROVE),
    }  # fmt: skip
    return render(request, "console/gathering.html", context)


@require_POST
@allowed(Right.APPROVE, of=in_reach)
def release_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go."""
    try:
        release(gathering=_gathering(pk), by=officer(request), now=clock.now())
    except NotCalled as error:
        messages.error(request, str(error))
    return redirect("console:gathering", pk)


@require_POST
@allowed(Right.CALL, of=in_reach)
def withdraw_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    withdraw(gathering=_gathering(pk), by=officer(request), now=clock.now())
    return redirect("console:gathering", pk)


@allowed(Right.EXPORT, of=in_reach)
def list_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the list to print, for a door without a line: names, how many, and the last two characters of each code."""
    gathering = _gathering(pk)
    passes = list(gathering.passes.select_related("citizen").order_by("citizen__folded_name", "pk"))
    looked(by=officer(request), citizens=[each.citizen_id for each in passes], page="list", now=clock.now())
    rows = [(each, codes.of_digest(gathering.pk, each.citizen_id, each.digest)[-2:]) for each in passes]
    context = {
        "gathering": gathering,
        "alert": gathering.rollcall.alert,
        "mode": gathering.rollcall.alert.mode,
        "rows": rows,
    }
    return render(request, "console/gathering_list.html", context)


@allowed(Right.CASES)
def check_view(request: HttpRequest, code: str = "") -> HttpResponse:
    """Check a code at the door: typed here, or scanned, which leads here. What is typed stands in no address."""
    now, by = clock.now(), officer(request)
    typed = request.POST.get("code", "") or code
    found: Shown | None = None
    inside = False
    if typed:
        found = look(typed, now)
        if found.given and not in_reach(reach(request)).filter(pk=found.given.gathering_id).exists():
            found = Shown(None, _("This code is for another post's gathering."))
        elif request.method == "POST" and request.POST.get("step") == "let_in":
            found = let_in(typed=typed, by=by, now=now)
            inside = found.given is not None and not found.problem
    if found and found.given:
        looked(by=by, citizens=[found.given.citizen_id], page="door", now=now)
    shown = _checked(found, typed, reach(request), now, inside=inside)
    return render(request, "console/check.html", shown)


def _checked(found: Shown | None, typed: str, reached: Reach, now: datetime, *, inside: bool) -> dict[str, Any]:
    given = found.given if found else None
    current = in_reach(reached).filter(released_at__isnull=False, withdrawn_at=None, expires_at__gt=now)
    return {
        "found": found, "given": given, "typed": typed, "inside": inside,
        "members": list(given.citizen.members.all()) if given else [],
        "mode": given.gathering.rollcall.alert.mode if given else "",
        "gatherings": current.select_related("rollcall__alert").order_by("-pk")[:20],
    }  # fmt: skip
