"""What is approved and waits for its hour is issued by itself; what cannot be is left for a person, with the reason."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, Approval, State
from crisis.alerts.operations import Changed
from crisis.apart import for_each
from crisis.broadcast.issue import issue
from crisis.broadcast.preflight import Refused
from crisis.journal.operations import append
from crisis.staff.rights import NotAllowed

log = logging.getLogger(__name__)


def issue_due(now: datetime) -> int:
    """Issue every routine notice whose hour has come, in the name of who approved it.

    Returns:
        How many were issued.

    Raises:
        Exception: a mistake of ours over one, which is tried again; all others were issued.
    """
    due = Alert.objects.filter(state=State.APPROVED, publish_at__lte=now, unissued_why="").order_by("publish_at", "pk")
    return for_each(due.select_related("ministry", "references"), lambda alert: _issued(alert, now), _failed)


def _failed(alert: Alert, error: Exception) -> None:
    log.error("a routine notice cannot be issued; the others go on", exc_info=error, extra={"alert": alert.pk})


def _issued(alert: Alert, now: datetime) -> bool:
    yes = alert.approvals.filter(decision=Approval.Decision.APPROVED).select_related("by").order_by("-id").first()
    try:
        if yes is None or yes.revision != alert.revision:
            raise Refused(_("Nobody has approved it as it stands."))
        issue(alert=alert, by=yes.by, now=now)
    except Changed:
        return False  # another sweep, or a person, was first
    except (Refused, NotAllowed, NotPossible) as error:
        _leave(alert, str(error), now)
        return False
    return True


@transaction.atomic
def _leave(alert: Alert, why: str, now: datetime) -> None:
    if Alert.objects.filter(pk=alert.pk, state=State.APPROVED, unissued_why="").update(unissued_why=why[:400]):
        append(actor="sweep", action="broadcast.unissued", subject=f"alert:{alert.pk}", now=now)
        log.warning("a routine notice could not be issued at its hour", extra={"alert": alert.pk})
