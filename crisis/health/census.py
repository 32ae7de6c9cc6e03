"""Counting the ledger and the registry for whoever watches: only alerts issued lately, by queries that an index serves."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q

from crisis.alerts.models import State
from crisis.broadcast.models import ALERT, Breaker, Delivery, DeliveryState, NoticeRun
from crisis.journal.models import Entry
from crisis.registry.models import Account, Credential
from crisis.registry.operations import NOT_RELEASED

# What only a person can settle: it is not read back again by itself, or it is kept for somebody.
_STUCK = Q(state=DeliveryState.UNCONFIRMED, not_before=None) | Q(state=DeliveryState.HELD)


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """Deliveries of one kind: how many, how many of them wait for a person, and when the latest was published."""

    mode: str
    platform: str
    state: str
    reason: str
    number: int
    waiting_for_person: int
    last_posted_at: datetime | None


def deliveries(since: datetime) -> list[DeliveryCount]:
    """Count the deliveries of alerts issued since a moment."""
    rows = Delivery.objects.filter(alert__issued_at__gte=since)
    counted = rows.values_list("mode", "account__platform", "state", "reason").annotate(
        n=Count("id"), stuck=Count("id", filter=_STUCK), last=Max("posted_at")
    )
    return [DeliveryCount(*row) for row in counted.order_by("mode", "account__platform", "state", "reason")]


def deliveries_due_since(now: datetime) -> dict[str, datetime]:
    """Return, by mode, since when the oldest due delivery waits."""
    due = Delivery.objects.filter(state=DeliveryState.QUEUED, not_before__lte=now, alert__state=State.ISSUED)
    return dict(due.filter(alert__expires_at__gt=now).values_list("mode").annotate(oldest=Min("not_before")).order_by())


def runs(since: datetime) -> list[tuple[str, str, int]]:
    """Count the notice runs of alerts issued since a moment: (mode, state, number)."""
    rows = NoticeRun.objects.filter(purpose=ALERT, alert__issued_at__gte=since).values_list("alert__mode", "state")
    return list(rows.annotate(n=Count("id")).order_by("alert__mode", "state"))


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Journal entries that are not chained yet, and since when the oldest waits."""

    number: int
    oldest_at: datetime | None


def unsealed() -> Unsealed:
    """Count what the sealer has still to chain."""
    found = Entry.objects.filter(position=None).aggregate(n=Count("id"), oldest=Min("at"))
    return Unsealed(found["n"], found["oldest"])


def open_breakers(now: datetime) -> list[str]:
    """Return the names of what is left alone for a while."""
    return list(Breaker.objects.filter(open_until__gt=now).order_by("name").values_list("name", flat=True))


def paused_accounts() -> list[tuple[str, str, str, int]]:
    """Count the home ministry's paused accounts: (mode, platform, why, number); why is "not_released" or "paused"."""
    paused = Account.objects.filter(is_home=True).exclude(paused_at=None)
    fresh = Q(paused_why=NOT_RELEASED)
    found = []
    rows = paused.values_list("mode", "platform").annotate(n=Count("id"), fresh=Count("id", filter=fresh))
    for mode, platform, number, new in rows.order_by("mode", "platform"):
        found += [(mode, platform, "not_released", new), (mode, platform, "paused", number - new)]
    return found


def ending() -> list[tuple[str, str, int, datetime]]:
    """Return the accesses of the home ministry's accounts that end by themselves: (mode, platform, account, when)."""
    rows = Credential.objects.filter(account__is_home=True).exclude(expires_at=None).order_by("expires_at", "pk")
    found = rows.values_list("account__mode", "account__platform", "account", "expires_at")
    return [(mode, platform, account, at) for mode, platform, account, at in found if at is not None]
