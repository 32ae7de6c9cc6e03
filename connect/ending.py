"""Disconnecting: our secret is forgotten first, then the platform is told."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from connect import wiring
from crisis import clock
from crisis.registry.invitations import disconnect, note_revoked
from crisis.registry.models import Account
from crisis.registry.operations import RegistryError
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from platforms.access import Revokes
from platforms.contract import Target
from platforms.errors import PlatformError

log = logging.getLogger(__name__)

REVOKED, KEPT, UNTOLD = "revoked", "kept", "untold"
_SAYS = {
    REVOKED: "{account} is disconnected, and the platform was told.",
    KEPT: "{account} is disconnected: our access is deleted. The platform was not told, because other accounts of ours "
    "were allowed by the same person and stay connected; to end it there too, remove our app in the page’s own settings.",
    UNTOLD: "{account} is disconnected: our access is deleted here. What was given to us still works: whoever runs the service "
    "must make it worthless there.",
}
_FAILED = (
    "{account} is disconnected: our access is deleted. The platform did not confirm that it ended it too: "
    "look in the account’s own settings, and remove our app there."
)


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Disconnect an account."""
    account = get_object_or_404(Account, pk=pk, is_home=True)
    by = request.user
    try:
        if not isinstance(by, Officer):
            raise NotAllowed("Nobody is signed in.")
        ended = disconnect(account=account, by=by, now=clock.now())
    except NotAllowed as error:
        return render(request, "console/refused.html", {"why": str(error)}, status=403)
    except RegistryError as error:
        messages.error(request, str(error))
        return redirect("console:connection", pk)
    outcome = _told(account.platform, ended.target) if ended.target else KEPT
    note_revoked(account=account, by=by, outcome=outcome, now=clock.now())
    words = _SAYS.get(outcome, _FAILED).format(account=account)
    (messages.success if outcome == REVOKED else messages.warning)(request, words)
    return redirect("console:connection", pk)


def _told(slug: str, target: Target) -> str:
    screen = wiring.screen(slug)
    if screen is None:
        return UNTOLD
    if not isinstance(screen, Revokes):
        return KEPT
    try:
        screen.revoke(target)
    except PlatformError as error:
        log.warning("a platform did not end an access", extra={"platform": slug, "outcome": error.code})
        return error.code
    return REVOKED
