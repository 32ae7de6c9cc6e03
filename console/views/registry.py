"""Posts and accounts: who serves whom, what is connected, what is paused."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer
from crisis import clock
from crisis.language import spoken, within
from crisis.places.names import country_name
from crisis.registry.models import Account, Jurisdiction, Mode, Post
from crisis.registry.operations import RegistryError, pause_by_hand, release
from crisis.registry.queries import home_ministry
from crisis.registry.yearly import all_dues
from crisis.staff.rights import Right, reach_of

PER_PAGE = 50


@allowed(Right.ALERTS)
def posts(request: HttpRequest) -> HttpResponse:
    """List the home ministry's posts with jurisdictions, numbers and accounts."""
    rows = Post.objects.filter(ministry=home_ministry()).prefetch_related(
        "jurisdictions", "directory", "holder__accounts"
    )
    wanted = request.GET.get("q", "").strip().lower()
    on, items = clock.now().date(), []
    dues = all_dues(home_ministry(), reach=reach_of(officer(request), Right.PROPOSE), on=on)
    due = {each.post.pk for each in dues if each.overdue(on)}
    for post in rows:
        competent = [_competence(row) for row in post.jurisdictions.all()]
        text = " ".join([post.name, post.city, post.code, country_name(post.country, spoken()), *competent]).lower()
        if wanted in text:
            holder = getattr(post, "holder", None)
            accounts = [a for a in holder.accounts.all() if a.mode == "live"] if holder else []
            items.append({"post": post, "competent": competent, "accounts": accounts, "due": post.pk in due})
    return render(request, "console/posts.html", {"items": items, "q": request.GET.get("q", ""), "all": len(rows)})


def _competence(row: Jurisdiction) -> str:
    region = f" ({row.region_name})" if row.region_name else ""
    kind = "" if row.kind == Jurisdiction.Kind.CONSULAR else f" – {within(row.get_kind_display())}"
    return f"{country_name(row.country, spoken())}{region}{kind}"


@allowed(Right.ALERTS)
def accounts(request: HttpRequest) -> HttpResponse:
    """List the home ministry's accounts with their state."""
    rows = Account.objects.filter(is_home=True).select_related("holder", "shadow_of", "credential__connected_by")
    # A credential that no key opens must not hide the list.
    rows = rows.defer("credential__secrets")
    chosen = {"mode": request.GET.get("mode", ""), "q": request.GET.get("q", "").strip()}
    if chosen["mode"] in Mode.values:
        rows = rows.filter(mode=chosen["mode"])
    if wanted := chosen["q"]:
        named = Q(address__icontains=wanted) | Q(shadow_of__address__icontains=wanted) | Q(platform=wanted.lower())
        rows = rows.filter(named | Q(holder__name__icontains=wanted) | Q(holder__post__city__icontains=wanted))
    page = Paginator(rows.order_by("holder__name", "platform", "mode", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "chosen": chosen, "query": urlencode(chosen), "now": clock.now()}
    return render(request, "console/accounts.html", context)


@require_POST
@allowed(Right.ACCOUNTS)
def release_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an account publish."""
    account = get_object_or_404(Account, pk=pk, is_home=True)
    try:
        release(account=account, by=officer(request), now=clock.now())
    except RegistryError as error:
        note_refusal(request, error, account=pk)
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(account)s may publish now.") % {"account": account})
    return redirect("console:accounts")


@require_POST
@allowed(Right.ACCOUNTS)
def pause_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Let nothing more leave through an account."""
    account = get_object_or_404(Account, pk=pk, is_home=True)
    pause_by_hand(account=account, by=officer(request), now=clock.now())
    messages.success(request, _("%(account)s is paused.") % {"account": account})
    return redirect("console:accounts")
