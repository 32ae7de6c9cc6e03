"""The registry of accounts: proposed by one person, reviewed by another, archived; out and in as a CSV."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from console.access import allowed, note_refusal, officer, reach, whole_number
from console.registry_forms import ProposeForm, WishForm
from crisis import clock
from crisis.journal.operations import append
from crisis.registry.account_lists import exported, propose_list
from crisis.registry.addresses import page
from crisis.registry.keeping import Fake, Proposal
from crisis.registry.models import Account, Mode
from crisis.registry.operations import RegistryError
from crisis.registry.proposing import decide, propose_archive, propose_change, propose_new
from crisis.registry.queries import home_ministry
from crisis.registry.reading import MAX_BYTES, UnreadableFile
from crisis.registry.yearly import all_dues
from crisis.staff.rights import Right

SHOWN = 100  # decided proposals on the page; all of them are in the journal


@allowed(Right.PROPOSE)
def registry_view(request: HttpRequest) -> HttpResponse:
    """Show what is proposed and what was decided; propose an account."""
    ministry, now, by = home_ministry(), clock.now(), officer(request)
    form = ProposeForm(ministry, reach(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            proposal = propose_new(
                holder=data["holder"], link=data["link"], platform=data["platform"], wish=form.wish(), why=data["why"], by=by,
                now=now,
            )  # fmt: skip
        except RegistryError as error:
            note_refusal(request, error)
            form.add_error("link", str(error))
        else:
            messages.success(request, _("Proposed: %(account)s. Another person reviews it.") % {"account": proposal})
            return redirect("console:registry")
    rows = Proposal.objects.filter(holder__ministry=ministry).select_related("holder", "account", "by", "decided_by")
    context = {
        "form": form,
        "open": [(each, page(each.platform, each.address)) for each in rows.filter(accepted=None).order_by("pk")],
        "decided": rows.exclude(accepted=None)[:SHOWN],
        "me": by,
        "overdue": sum(due.overdue(now.date()) for due in all_dues(ministry, reach=reach(request), on=now.date())),
        "fakes": Fake.objects.filter(gone_on=None).count(),
    }
    return render(request, "console/registry.html", context)


@require_POST
@allowed(Right.ACCOUNTS)
def decide_view(request: HttpRequest) -> HttpResponse:
    """Accept or refuse the proposals that are ticked; one that cannot be done holds up no other."""
    chosen = [pk for text in request.POST.getlist("proposal") if (pk := whole_number(text)) is not None]
    accept, done = request.POST.get("do") == "accept", 0
    for proposal in Proposal.objects.filter(pk__in=chosen, holder__ministry=home_ministry()):
        try:
            decide(proposal=proposal, accept=accept, by=officer(request), now=clock.now())
        except RegistryError as error:
            note_refusal(request, error, proposal=proposal.pk)
            messages.error(request, f"{proposal}: {error}")
        else:
            done += 1
    if not chosen:
        messages.error(request, _("Tick at least one."))
    if done and accept:
        told = ngettext("%(many)s accepted: it is public now.", "%(many)s accepted: they are public now.", done)
        messages.success(request, told % {"many": done})
    elif done:
        messages.success(request, _("%(many)s refused.") % {"many": done})
    return redirect("console:registry")


@allowed(Right.PROPOSE)
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose that an account changes, or is archived."""
    account = get_object_or_404(
        Account.objects.select_related("holder", "reviewed_by"), pk=pk, is_home=True, mode=Mode.LIVE
    )
    told = {"languages": ", ".join(account.languages), "purpose": account.purpose, "broadcast": account.broadcast}
    form = WishForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        by, now, why = officer(request), clock.now(), form.cleaned_data["why"]
        try:
            if request.POST.get("do") == "archive":
                propose_archive(account=account, by=by, now=now, why=why)
            else:
                propose_change(account=account, wish=form.wish(), by=by, now=now, why=why)
        except RegistryError as error:
            note_refusal(request, error, account=pk)
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Proposed: %(account)s. Another person reviews it.") % {"account": account})
            return redirect("console:registry")
    context = {"form": form, "account": account, "page": page(account.platform, account.address)}
    return render(request, "console/change_account.html", context)


@allowed(Right.PROPOSE)
@require_safe
def export_view(request: HttpRequest) -> HttpResponse:
    """Give all accounts as a CSV, in the form in which they are taken in again."""
    ministry, now = home_ministry(), clock.now()
    text = exported(ministry, now.date())
    append(actor=officer(request).actor, action="registry.export", subject=f"ministry:{ministry.code}", now=now)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="accounts.csv"'
    return response


@require_POST
@allowed(Right.PROPOSE)
def import_view(request: HttpRequest) -> HttpResponse:
    """Take a CSV in: what it says otherwise than the registry is proposed."""
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableFile(_("Choose a file."))
        brought = propose_list(data=file.read(MAX_BYTES + 1), by=officer(request), now=clock.now())
    except UnreadableFile as error:
        note_refusal(request, error)
        messages.error(request, str(error))
        return redirect("console:registry")
    told = _("%(proposed)s proposed, %(unchanged)s unchanged, %(bad)s left out.") % {
        "proposed": brought.proposed,
        "unchanged": brought.unchanged,
        "bad": len(brought.problems),
    }
    return render(request, "console/accounts_brought.html", {"told": told, "problems": brought.problems})
