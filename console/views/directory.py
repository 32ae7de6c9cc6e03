"""The directory of numbers and links: what is due for a check first; added, changed, verified and ended here."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, reach
from crisis import clock
from crisis.registry.directory import add_entry, change_entry, end_entry, entries, in_reach, verify_entry
from crisis.registry.models import CHECK_EVERY, DirectoryEntry, Post
from crisis.registry.operations import RegistryError
from crisis.registry.queries import home_ministry
from crisis.staff.reach import Reach
from crisis.staff.rights import Right


def posts_in(reach: Reach) -> list[Post]:
    """Return the home ministry's posts in reach, by name."""
    rows = Post.objects.filter(ministry=home_ministry()).order_by("name")
    return list(rows if reach.everything else rows.filter(pk__in=reach.posts))


@allowed(Right.DIRECTORY)
def directory_view(request: HttpRequest) -> HttpResponse:
    """List the numbers and links; take in another one."""
    today, ours = clock.now().date(), reach(request)
    if request.method == "POST" and _added(request, ours):
        return redirect("console:directory")
    chosen = request.GET.get("post", "")
    listed = entries(ours, post=chosen, on=today)
    context = {
        "rows": [(entry, entry.is_stale(today)) for entry in listed],
        "due": sum(entry.is_stale(today) for entry in listed),
        "posts": posts_in(ours),
        "whole": ours.everything,
        "chosen": chosen,
        "typed": request.POST,
        "kinds": DirectoryEntry.Kind.choices,
        "purposes": DirectoryEntry.Purpose.choices,
    }
    return render(request, "console/directory.html", context, status=422 if request.method == "POST" else 200)


def _added(request: HttpRequest, ours: Reach) -> bool:
    typed = request.POST
    post = next((each for each in posts_in(ours) if str(each.pk) == typed.get("post")), None)
    try:
        if post is None and not (ours.everything and typed.get("post") == "ministry"):
            raise RegistryError(_("Choose for which post."))
        entry = add_entry(
            ministry=home_ministry(), post=post, kind=typed.get("kind", ""), purpose=typed.get("purpose", ""),
            value=typed.get("value", ""), by=officer(request), now=clock.now(),
        )  # fmt: skip
    except RegistryError as error:
        note_refusal(request, error, fields=["value"])
        messages.error(request, str(error))
        return False
    messages.success(request, _("{value} is in the directory now; it was verified by nobody yet.").format(value=entry))
    return True


@allowed(Right.DIRECTORY, of=in_reach)
def entry_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one entry: to be verified, changed or ended."""
    today = clock.now().date()
    entry = _entry(pk)
    context = {
        "entry": entry,
        "stale": entry.is_stale(today),
        "next": (today + CHECK_EVERY).isoformat(),
        "first": (today + date.resolution).isoformat(),
        "last": (today + 2 * CHECK_EVERY).isoformat(),
    }
    return render(request, "console/directory_entry.html", context)


@require_POST
@allowed(Right.DIRECTORY, of=in_reach)
def verify_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that somebody has dialled the number, or opened the link."""
    entry, typed = _entry(pk), request.POST
    try:
        if not typed.get("agreed"):
            raise RegistryError(_("Tick the sentence to say that you have dialled or opened it today."))
        verify_entry(
            entry=entry, value=typed.get("value", ""), check_on=_day(typed.get("check_on", "")), by=officer(request),
            now=clock.now(),
        )  # fmt: skip
    except RegistryError as error:
        return _refused(request, error, pk)
    messages.success(request, _("Noted: {value} is right.").format(value=entry))
    return redirect("console:directory")


@require_POST
@allowed(Right.DIRECTORY, of=in_reach)
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Write another number or link in its place."""
    typed = request.POST
    try:
        change_entry(
            entry=_entry(pk), value=typed.get("value", ""), was=typed.get("was", ""), by=officer(request),
            now=clock.now(),
        )  # fmt: skip
    except RegistryError as error:
        return _refused(request, error, pk)
    messages.success(request, _("Changed. Dial or open it now, then say so here."))
    return redirect("console:directory_entry", pk)


@require_POST
@allowed(Right.DIRECTORY, of=in_reach)
def end_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it out of the directory."""
    entry = _entry(pk)
    try:
        if not request.POST.get("agreed"):
            raise RegistryError(_("Tick the sentence to say that it is to be taken out."))
        end_entry(entry=entry, was=request.POST.get("value", ""), by=officer(request), now=clock.now())
    except RegistryError as error:
        return _refused(request, error, pk)
    messages.success(request, _("{value} is out of the directory.").format(value=entry))
    return redirect("console:directory")


def _entry(pk: int) -> DirectoryEntry:
    return get_object_or_404(DirectoryEntry.objects.select_related("post"), pk=pk, ministry=home_ministry())


def _refused(request: HttpRequest, error: RegistryError, pk: int) -> HttpResponse:
    note_refusal(request, error, entry=pk)
    messages.error(request, str(error))
    return redirect("console:directory_entry", pk)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RegistryError(_("Give the date as 2026-12-31.")) from error
