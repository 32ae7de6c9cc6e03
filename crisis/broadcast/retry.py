"""Trying again what did not leave: one account, or everything with one cause; never where something may stand already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crisis.alerts.models import Alert
from crisis.broadcast import signals
from crisis.broadcast.by_hand import NotUndecided
from crisis.broadcast.ledger import OUR_MISTAKE
from crisis.broadcast.models import CHANGES, Attempt, Delivery, DeliveryState
from crisis.broadcast.queries import sentence
from crisis.broadcast.release import holding, open_accounts
from crisis.journal.operations import append
from crisis.registry.models import Account
from crisis.registry.operations import is_by_hand
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformDown,
    QuotaUsed,
    Throttled,
    UnexpectedResponse,
    Unreachable,
)

# Codes that prove that nothing stands there: it never left us, or the platform said no to the whole of it. All others, an unknown
# outcome above all, are for a person who looks. What to do before it is tried again stands beside each.
REMEDIES = {
    Unreachable.code: gettext_noop("See whether the platform answers again, then try again."),
    PlatformDown.code: gettext_noop("See whether the platform answers again, then try again."),
    Throttled.code: gettext_noop("The wait is over: try again."),
    QuotaUsed.code: gettext_noop("Buy or ask for more there, then try again."),
    ContentRejected.code: gettext_noop(
        "Read the platform’s words; settle it there, then try again, or publish by hand."
    ),
    UnexpectedResponse.code: gettext_noop("Tell the administrator; try again once it is mended."),
    PlatformConfig.code: gettext_noop("Tell the administrator; try again once our app is set up there."),
    BadCredentials.code: gettext_noop("Connect the account again and release it, then try again."),
    AccountRestricted.code: gettext_noop(
        "Sign in on the platform and follow its steps; release the account, then try again."
    ),
    OUR_MISTAKE: gettext_noop("Tell the administrator; try again once it is mended."),
    "paused": gettext_noop("Release the account, then try again."),
    "not_connected": gettext_noop("Connect the account, then try again."),
    "unreadable_secret": gettext_noop("Connect the account again, then try again."),
}
STATES = (DeliveryState.FAILED, DeliveryState.HELD, DeliveryState.SKIPPED)


@dataclass(slots=True)
class Cause:
    """Why some deliveries of an alert did not leave, in staff's words.

    Attributes:
        reason: its stable code.
        what, remedy: what it means, and what a person does about it.
        deliveries, accounts: how many there are, and on which accounts.
        ready: of these, how many could be tried now; the others' accounts are still paused or not connected.
    """

    reason: str
    what: str
    remedy: str
    deliveries: int
    accounts: list[Account]
    ready: int


def causes(deliveries: Iterable[Delivery]) -> list[Cause]:
    """Return the causes for which an alert's deliveries can be tried again, the most frequent first.

    Args:
        deliveries: as `queries.deliveries_of` returns them.
    """
    found: dict[str, Cause] = {}
    stuck = [each for each in deliveries if may_be_tried(each)]
    ready = set(open_accounts().filter(pk__in={each.account_id for each in stuck}).values_list("pk", flat=True))
    for each in stuck:
        cause = found.setdefault(
            each.reason, Cause(each.reason, sentence(each.reason), _(REMEDIES[each.reason]), 0, [], 0)
        )
        cause.deliveries += 1
        cause.ready += each.account_id in ready
        if each.account not in cause.accounts:
            cause.accounts.append(each.account)
    return sorted(found.values(), key=lambda cause: -cause.deliveries)


def may_be_tried(delivery: Delivery) -> bool:
    """Tell whether the ledger proves that nothing of a delivery stands there, so that a second try cannot say it twice."""
    proven = delivery.state in STATES and delivery.reason in REMEDIES and not is_by_hand(delivery.account)
    said = delivery.wording_id is not None or delivery.kind == Delivery.Kind.WITHDRAW
    return proven and said and not _corrected_by_hand(delivery)


def _corrected_by_hand(delivery: Delivery) -> bool:
    return delivery.kind in CHANGES and delivery.corrects is not None and not delivery.corrects.remote_id


@transaction.atomic
def retry(*, alert: Alert, reason: str, by: Officer, now: datetime, account: Account | None = None) -> int:
    """Let leave again what did not, for one cause.

    The rows themselves decide, in the statement that queues them: only what is still in the state and for the reason that prove
    that nothing stands there, of an alert that holds, through an account that is open.

    Args:
        alert: issued.
        reason: the cause, one of `REMEDIES`.
        by: who has seen to it.
        now: the time.
        account: only what goes through it; None: whatever has this cause.

    Returns:
        How many are queued again.

    Raises:
        NotAllowed: the officer may not.
        NotUndecided: the cause proves nothing, or nothing with it can leave now; nothing is changed.
    """
    require(by, Right.STOP)
    if reason not in REMEDIES:
        raise NotUndecided(_("This cause does not prove that nothing stands there: look, and decide for each."))
    rows = _rows(alert, reason, now)
    if account is not None:
        rows = rows.filter(account=account)
    tries = {each.pk: each.attempt for each in rows.select_related("account", "corrects") if may_be_tried(each)}
    ids = list(tries)
    queued = _rows(alert, reason, now).filter(pk__in=ids)
    # What was uploaded hours ago may be gone there.
    taken = queued.update(
        state=DeliveryState.QUEUED, not_before=now, reason="tried_again", detail="", staged="", absences=0, crashes=0
    )
    if not taken:
        raise NotUndecided(_("Nothing with this cause can be tried now: see to it first, or it was settled meanwhile."))
    if taken != len(ids):
        raise NotUndecided(_("Somebody settled some of these at this moment: look again."))
    Attempt.objects.bulk_create(
        Attempt(delivery_id=pk, number=number, step="decide", started_at=now, ended_at=now, outcome="send_again")
        for pk, number in tries.items()
    )
    append(
        actor=by.actor, action="broadcast.retry", subject=f"alert:{alert.pk}", now=now, cause=reason, deliveries=taken,
        account=account.pk if account else 0,
    )  # fmt: skip
    transaction.on_commit(partial(signals.due.send_robust, sender=Delivery, delivery_ids=ids), robust=True)
    return taken


def _rows(alert: Alert, reason: str, now: datetime) -> QuerySet[Delivery]:
    rows = Delivery.objects.order_by().filter(alert=alert, state__in=STATES, reason=reason)
    return rows.filter(alert__in=holding(now), account__in=open_accounts())
