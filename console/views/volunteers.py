"""Volunteers: let in within a minute, for one alert, until a time; their password is shown once."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.alerts.queries import open_rollcalls
from crisis.registry.models import Post
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from crisis.staff.operations import LONGEST_HELP, NotGiven, end_help, let_in
from crisis.staff.queries import volunteers
from crisis.staff.rights import Right

HOURS = 12  # one shift, unless the officer says otherwise


@never_cache
@allowed(Right.VOLUNTEERS)
def volunteers_view(request: HttpRequest) -> HttpResponse:
    """List who is let in now; let another one in, and show their password this once."""
    now = clock.now()
    rollcalls, posts = open_rollcalls(now), Post.objects.filter(ministry=home_ministry()).order_by("name")
    context = {
        "volunteers": volunteers(now), "rollcalls": rollcalls, "hours": HOURS,
        "longest": int(LONGEST_HELP.total_seconds() // 3600),
        "posts": posts,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "console/volunteers.html", context)
    asked = get_object_or_404(rollcalls, pk=whole_number(request.POST.get("rollcall", "")) or 0)
    post = request.POST.get("post", "")
    hours = whole_number(request.POST.get("hours", "")) or 0
    try:
        person, password = let_in(
            name=request.POST.get("name", ""), rollcall_id=asked.pk, now=now, by=officer(request),
            posts=[get_object_or_404(posts, pk=whole_number(post) or 0).pk] if post else [],
            until=now + min(timedelta(hours=min(hours, 24 * 365)), LONGEST_HELP),
        )  # fmt: skip
    except NotGiven as error:
        note_refusal(request, error, rollcall=asked.pk)
        messages.error(request, str(error))
        return render(request, "console/volunteers.html", context, status=422)
    made = {"person": person, "password": password, "until": person.grants.get().expires_at}
    return render(request, "console/volunteers.html", context | made, status=201)


@require_POST
@allowed(Right.VOLUNTEERS)
def end_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody in no longer."""
    end_help(officer=get_object_or_404(Officer, pk=pk), by=officer(request), now=clock.now())
    messages.success(request, _("They can do nothing more here."))
    return redirect("console:volunteers")
