"""Statistics from a file: a platform's export is looked at first, with its columns and bad rows, and then taken in."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from console.access import allowed, note_refusal, officer
from console.registry_forms import ExportForm
from crisis import clock
from crisis.audience.tables import BadTable, table
from crisis.presence.exports import WHOSE, Found, bring_in, look
from crisis.presence.models import FIGURES, Source
from crisis.registry.models import Account
from crisis.staff.rights import Right

LARGEST = 900_000  # bytes; the page itself carries the text from the look to the taking in, and no form may be larger
SHOWN = 200  # bad rows, and accounts


@allowed(Right.PROPOSE)
def statistics_view(request: HttpRequest) -> HttpResponse:
    """Show what a file would bring in, and what not, and why; then take it in."""
    form, context = ExportForm(request.POST or None, request.FILES or None), dict[str, Any]()
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("platform", "account")}
        try:
            text = _text(request)
            found = look(data=text.encode(), by=officer(request), now=clock.now(), columns=_columns(request), **given)
        except BadTable as error:
            note_refusal(request, error, fields=["file"])
            form.add_error("file", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        else:
            if request.POST.get("do") == "keep" and found.rows:
                bring_in(found=found, source=Source.EXPORT, by=officer(request), now=clock.now())
                messages.success(request, f"{_('Taken in.')} {_said(found)}")
                return redirect("console:statistics")
            context = _looked_at(found) | {"text": text, "given": given}
    return render(request, "console/statistics.html", context | {"form": form})


def _text(request: HttpRequest) -> str:
    """Return the file's text: as it was chosen, or as the page carries it since."""
    text = request.POST.get("text", "")
    if (file := request.FILES.get("file")) is not None:
        if (file.size or 0) > 2 * LARGEST:  # a file may need two bytes for a letter for which the page needs one
            raise _too_large()
        text = table(file.read()).text
    elif not text:
        raise BadTable(_("choose a file"))
    # A page sends each end of a line as two letters, whatever it was before.
    text = text.replace("\r\n", "\n")
    if len(text.encode()) + text.count("\n") > LARGEST:
        raise _too_large()
    return text


def _too_large() -> BadTable:
    return BadTable(_("the file is larger than %(most)s kB: divide it") % {"most": LARGEST // 1000})


def _columns(request: HttpRequest) -> dict[str, str]:
    """Return which of their columns is which of ours, as somebody chose it on the page; none were, of a new file."""
    chosen = zip(request.POST.getlist("theirs"), request.POST.getlist("ours"), strict=False)
    return {theirs: ours for theirs, ours in chosen if ours in ("", *WHOSE, *FIGURES)}


def _looked_at(found: Found) -> dict[str, Any]:
    accounts = sorted(found.accounts.items(), key=lambda each: str(each[0]))
    return {
        "found": found,
        "says": _said(found),
        "names": (*WHOSE, *FIGURES),
        "columns": [each for each in found.columns if each[0]],
        "accounts": [_days(account, days) for account, days in accounts[:SHOWN]],
        "bad": found.bad[:SHOWN],
        "shown": SHOWN,
    }


def _days(account: Account, days: list[date]) -> tuple[Account, int, date, date]:
    return account, len(days), min(days), max(days)


def _said(found: Found) -> str:
    return _("Rows: %(rows)s; accounts: %(accounts)s; left out: %(bad)s.") % {
        "rows": len(found.rows), "accounts": len(found.accounts), "bad": len(found.bad),
    }  # fmt: skip
