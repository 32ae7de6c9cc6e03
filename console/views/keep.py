"""Keeping what is typed, by itself, and letting go of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from console.access import allowed, officer
from console.keeping import at_home, form_address, typed_fields
from crisis import clock
from crisis.alerts import typed
from crisis.staff.rights import Right


@require_POST
@allowed(Right.NOTICE)
def keep_part(request: HttpRequest) -> HttpResponse:
    """Keep what a form holds now, and tell who else is writing there."""
    by, address, now = officer(request), form_address(request), clock.now()
    try:
        typed.keep(by=by, address=address, fields=typed_fields(request), now=now)
    except typed.TooMuch as error:
        return render(request, "console/_kept.html", {"why": str(error)})
    kept = typed.kept(by=by, address=address)
    beside = typed.beside(by=by, address=address, now=now)
    return render(request, "console/_kept.html", {"at": at_home(kept) if kept else "", "beside": beside})


@require_POST
@allowed(Right.NOTICE)
def forget_view(request: HttpRequest) -> HttpResponse:
    """Let go of what was typed, and begin with what is saved."""
    address = form_address(request)
    typed.forget(by=officer(request), address=address)
    return redirect(address)
