"""The journal, for auditors: who did what, when; and whether its chain holds."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from console.access import allowed, officer
from crisis.checkins.models import Case
from crisis.journal.models import Entry
from crisis.journal.operations import verify
from crisis.staff.models import Officer
from crisis.staff.rights import Right, may

PER_PAGE = 100


_GRAVE = frozenset(Case.Finding.values)


def _kept_back(name: str, value: object) -> object:
    """Return what an entry says, but not how somebody is who is in hospital, detained, missing or deceased."""
    return _("restricted") if name in ("finding", "ending") and value in _GRAVE else value


@allowed(Right.JOURNAL)
def journal_view(request: HttpRequest) -> HttpResponse:
    """Show the entries, the newest first, filtered by the address; on request, walk the chain."""
    chosen = {name: request.GET.get(name, "").strip()[:60] for name in ("actor", "action", "subject")}
    rows = Entry.objects.order_by("-id")
    if chosen["action"]:
        rows = rows.filter(action__startswith=chosen["action"])
    rows = rows.filter(**{name: chosen[name] for name in ("actor", "subject") if chosen[name]})
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if not may(officer(request), Right.GRAVE):
        for entry in page:
            # Which case it was stands in the entry, and whose that is on the board.
            entry.data = {name: _kept_back(name, value) for name, value in entry.data.items()}
    numbers = {entry.actor.partition(":")[2] for entry in page if entry.actor.startswith("officer:")}
    context = {
        "page": page,
        "chosen": chosen,
        "query": urlencode({name: value for name, value in chosen.items() if value}),
        "names": {person.actor: str(person) for person in Officer.objects.filter(pk__in=numbers)},
        "checked": request.GET.get("check") == "yes",
        "broken": verify() if request.GET.get("check") == "yes" else None,
    }
    return render(request, "console/journal.html", context)
