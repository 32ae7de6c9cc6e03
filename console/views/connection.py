"""One account's connection: as whom, since when, by whose link, for what; inviting its editor, and ending it."""

from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console.access import allowed, officer
from crisis import clock
from crisis.registry.invitations import invite, usable
from crisis.registry.models import Account
from crisis.registry.operations import RegistryError
from crisis.staff.rights import Right
from platforms import catalog

_SUBJECT = gettext_lazy("Connect {account} to Tocsin")
_LETTER = gettext_lazy("""Please connect {account} ({platform}) to Tocsin, so that crisis alerts can appear on it at once.

Open this link on a device where you are signed in as {account}. It works once, until {until}:

{link}

You allow it on {platform} itself. We never ask for your password; nobody needs it but {platform}.
""")


def _account(pk: int) -> Account:
    rows = Account.objects.select_related("holder", "shadow_of", "credential__connected_by").defer(
        "credential__secrets"
    )
    return get_object_or_404(rows, pk=pk, is_home=True)


@allowed(Right.ALERTS)
def connection(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how an account is connected."""
    return _shown(request, _account(pk))


@never_cache
@require_POST
@allowed(Right.ACCOUNTS)
def invite_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link for an account's editor, and show it this once."""
    account = _account(pk)
    address = request.POST.get("address", "")[:160]
    try:
        token = invite(account=account, by=officer(request), now=clock.now(), address=address)
    except RegistryError as error:
        return _shown(request, account, problem=str(error), address=address, status=422)
    link = f"{settings.PUBLIC_URL}{reverse('connect:link', args=[token])}"
    made = usable(clock.now()).filter(account=account).latest("made_at")
    spec = catalog.spec(account.platform)
    words = {
        "account": made.address,
        "platform": spec.name if spec else "",
        "until": date_format(made.expires_at, "j F Y"),
        "link": link,
    }
    letter = f"mailto:?subject={quote(_SUBJECT.format(**words))}&body={quote(_LETTER.format(**words))}"
    return _shown(request, account, link=link, letter=letter, status=201)


def _shown(request: HttpRequest, account: Account, *, status: int = 200, **more: str) -> HttpResponse:
    now = clock.now()
    context = {
        "account": account,
        "spec": catalog.spec(account.platform),
        "invitation": usable(now).filter(account=account).first(),
        "now": now,
        **more,
    }
    return render(request, "console/connection.html", context, status=status)
