"""Lists of people: a file is taken in, its columns confirmed, checked, and brought in; and who on them may be here twice."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.access import allowed, note_refusal, officer
from crisis import clock
from crisis.audience import likenesses, uploads
from crisis.audience.columns import COLUMNS
from crisis.audience.importing import bad_rows
from crisis.audience.lists import Likeness, Upload
from crisis.audience.queries import lists_brought, states_of_invites
from crisis.audience.tables import LARGEST
from crisis.audience.uploads import BadList, Origin
from crisis.checkins.restricted import closed_to
from crisis.journal.operations import append
from crisis.language import spoken
from crisis.places.names import country_name
from crisis.privacy.looking import looked
from crisis.registry.queries import home_ministry
from crisis.staff.rights import Right

SHOWN = 200  # problems on one page; all of them are in the CSV
PER_PAGE = 50


@never_cache
@allowed(Right.LISTS)
def lists(request: HttpRequest) -> HttpResponse:
    """List what was brought in and what is on its way; take a further file in."""
    filled = {name: request.POST.get(name, "").strip() for name in ("source", "legal_basis", "expires_on", "language")}
    if request.method == "POST":
        try:
            upload = _taken_in(request, filled)
        except BadList as error:
            note_refusal(request, error)
            messages.error(request, str(error))
        else:
            return redirect("console:list", upload.pk)
    context = {
        "filled": filled,
        "languages": home_ministry().languages,
        "uploads": Upload.objects.exclude(state=Upload.State.DONE).select_related("uploaded_by").order_by("-pk"),
        "files": lists_brought(),
        "alike": likenesses.waiting().count(),
        "most_mb": LARGEST // 1_000_000,
    }
    return render(request, "console/lists.html", context)


def _taken_in(request: HttpRequest, filled: dict[str, str]) -> Upload:
    file = request.FILES.get("file")
    if file is None:
        raise BadList(_("Choose a file."))
    if (file.size or 0) > LARGEST:
        raise BadList(_("The file is larger than %(most)s MB: divide it.") % {"most": LARGEST // 1_000_000})
    try:
        expires_on = date.fromisoformat(filled["expires_on"])
    except ValueError:
        raise BadList(_("Say until which day the list is kept.")) from None
    origin = Origin(file.name or "list", filled["source"], filled["legal_basis"], expires_on, filled["language"])
    by = officer(request)
    return uploads.take_in(data=file.read(), origin=origin, ministry=home_ministry(), by=by, now=clock.now())


@never_cache
@allowed(Right.LISTS)
@require_safe
def one_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a list: its columns to confirm, how far it is, or what came of it."""
    upload = get_object_or_404(Upload.objects.select_related("file"), pk=pk)
    by_theirs = {theirs: ours for ours, theirs in upload.columns.items()}
    context: dict[str, Any] = {
        "upload": upload,
        "columns": [(number, name, by_theirs.get(name, "")) for number, name in enumerate(upload.header) if name],
        "ours": COLUMNS,
        "problems": upload.problems[:SHOWN],
        "shown": SHOWN,
        "working": upload.state in (Upload.State.CHECKING, Upload.State.BRINGING),
        "invites": states_of_invites(upload.file) if upload.file else [],
    }
    return render(request, "console/list.html", context)


@require_POST
@allowed(Right.LISTS)
def columns_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm which of their columns is which of ours; every row is then checked."""
    upload = get_object_or_404(Upload, pk=pk)
    mapping: dict[str, str] = {}
    for number, theirs in enumerate(upload.header):
        if ours := request.POST.get(f"column_{number}", ""):
            if ours in mapping:
                messages.error(request, _("Two columns cannot both be %(column)s.") % {"column": ours})
                return redirect("console:list", pk)
            mapping[ours] = theirs
    return _done(request, pk, lambda: uploads.confirm_columns(upload=upload, mapping=mapping))


@require_POST
@allowed(Right.LISTS)
def bring_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a checked list brought in."""
    upload, post = get_object_or_404(Upload, pk=pk), request.POST

    def bring() -> None:
        uploads.bring_in(
            upload=upload, leave_out="leave_out" in post, update_known=post.get("known") == "update",
            invite="invite" in post, by=officer(request), now=clock.now(),
        )  # fmt: skip

    return _done(request, pk, bring)


@require_POST
@allowed(Right.LISTS)
def discard_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a list away."""
    upload = get_object_or_404(Upload, pk=pk)
    answer = _done(request, pk, lambda: uploads.discard(upload=upload))
    return answer if Upload.objects.filter(pk=pk).exists() else redirect("console:lists")


def _done(request: HttpRequest, pk: int, act: Any) -> HttpResponse:
    try:
        act()
    except BadList as error:
        note_refusal(request, error, upload=pk)
        messages.error(request, str(error))
    return redirect("console:list", pk)


@never_cache
@allowed(Right.LISTS)
@require_safe
def bad_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the rows that were not taken, each with its line and reason, as a file for a spreadsheet."""
    upload = get_object_or_404(Upload, pk=pk)
    append(actor=officer(request).actor, action="audience.bad_rows", subject=f"upload:{pk}", now=clock.now())
    answer = HttpResponse("\ufeff" + bad_rows(upload), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="bad-rows-{pk}.csv"'
    return answer


@never_cache
@allowed(Right.LISTS)
@require_safe
def alike(request: HttpRequest) -> HttpResponse:
    """Lay pairs who may be one person before staff."""
    page = Paginator(likenesses.waiting(), PER_PAGE).get_page(request.GET.get("page"))
    shown = [citizen.pk for pair in page for citizen in (pair.other, pair.citizen) if citizen]
    hidden = closed_to(officer(request), shown)
    items = [
        {"pair": pair, "people": [_described(citizen, hidden) for citizen in (pair.other, pair.citizen) if citizen]}
        for pair in page
    ]
    looked(by=officer(request), citizens=shown, page="alike", now=clock.now())
    return render(request, "console/alike.html", {"page": page, "items": items})


def _described(citizen: Any, hidden: set[int]) -> dict[str, Any]:
    stay = None if citizen.pk in hidden else citizen.stays.filter(ended_at=None).first()
    return {
        "citizen": citizen,
        "place": ", ".join(filter(None, (stay.place_name, country_name(stay.country, spoken())))) if stay else "",
        "ways": [contact.get_kind_display() for contact in citizen.contacts.order_by("rank")],
        "list": citizen.came_with,
    }


@require_POST
@allowed(Right.LISTS)
def decide_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether two are one person."""
    pair = get_object_or_404(Likeness, pk=pk)
    same = request.POST.get("verdict") == Likeness.Verdict.SAME
    try:
        likenesses.decide(likeness=pair, same=same, by=officer(request), now=clock.now())
    except likenesses.CannotMerge as error:
        note_refusal(request, error, likeness=pk)
        messages.error(request, str(error))
    return redirect("console:alike")
