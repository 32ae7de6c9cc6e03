"""What a row comes to: the ledger against the platforms' own counts, and the five invariants."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.broadcast.models import Attempt, Delivery, DeliveryState, Notice, NoticeRun, NoticeState
from crisis.journal.models import Entry
from crisis.journal.operations import seal, verify
from demo import simulator
from demo.state import OPERATIONS_CHAT
from tests.faults.furnishing import exercise_accounts

_READABLE = ("x", "facebook")  # a Telegram channel only once something of ours is known there, and not too much since
_OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING)


@dataclass
class Count:
    """The figures of a row.

    Attributes:
        lost: deliveries and notices that neither stand there, nor wait visibly, nor ended as the row expects.
        doubled: publications too many; notices beyond the one resend after an unknown outcome.
        resent_unknown: notices sent once more after an unknown outcome.
        held, held_readable: deliveries that wait for a person, all and those that could have been read back.
        uncommitted: publications for which no claim stands in the ledger.
        broken: the invariants that do not hold, with what shows it.
    """

    deliveries: int = 0
    notices: int = 0
    posted: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    resent_unknown: int = 0
    held: int = 0
    held_readable: int = 0
    readable: int = 0
    uncommitted: int = 0
    failed: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)

    def breaks(self, invariant: str, what: str) -> None:
        """Note what shows that an invariant does not hold."""
        self.broken.setdefault(invariant, []).append(what)


def count(alerts: Sequence[Alert], allowed: Collection[str] = ()) -> Count:
    """Count a row's alerts.

    Args:
        alerts: which.
        allowed: states, beside published and accepted, in which something may end without being lost.
    """
    told = Count()
    for alert in alerts:
        _deliveries(told, alert, allowed)
        _notices(told, alert, allowed)
    seal()
    if (broken := verify()) is not None:
        told.breaks("I5", f"entry {broken.position}: {broken.why}")
    if Entry.objects.filter(position=None).exists():
        told.breaks("I5", "entries are not sealed")
    return told


def asked_during_bans(alerts: Sequence[Alert], scope: str, seconds: float) -> int:
    """Count what was asked of an account, or of a whole platform, after it had refused and before the ban was over.

    Args:
        alerts: a row's.
        scope: "account" or "app", as the platforms were told to refuse; only Facebook says so in its answer.
        seconds: how long they wanted quiet.
    """
    early = 0
    mine = Attempt.objects.filter(delivery__alert__in=alerts, step__in=["publish", "find"])
    for refused in mine.filter(outcome="throttled").select_related("delivery__account"):
        account = refused.delivery.account
        same = mine.filter(delivery__account=account)
        if scope == "app" and account.platform == "facebook":
            same = mine.filter(delivery__account__platform="facebook")
        # What was on its way already is not meant.
        begin, end = refused.ended_at + timedelta(seconds=0.5), refused.ended_at + timedelta(seconds=seconds - 0.2)
        early += same.filter(started_at__gt=begin, started_at__lt=end).exclude(pk=refused.pk).count()
    return early


def _key(platform: str, address: str) -> tuple[str, str]:
    return platform, address.removeprefix("@").casefold()


def _deliveries(told: Count, alert: Alert, allowed: Collection[str]) -> None:
    publications = simulator.call("GET", f"publications?marker={alert.marker}")
    standing: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in publications:
        standing.setdefault(_key(each["platform"], each["address"]), []).append(each)
    claims: Counter[tuple[str, str]] = Counter()
    for delivery in Delivery.objects.filter(alert=alert).exclude(wording=None).select_related("account"):
        key = _key(delivery.account.platform, delivery.account.address)
        claims[key] += delivery.attempt
        _delivery(told, delivery, [p["remote_id"] for p in standing.get(key, [])], allowed)
    for key, there in standing.items():
        if key not in claims or key not in exercise_accounts():
            told.breaks("I4", f"a publication of {alert.marker} stands on {key}")
        told.uncommitted += max(0, len(there) - claims[key])
        for text, number in Counter(each["original_text"] for each in there).items():
            if number > 1:
                told.doubled += number - 1
                told.breaks("I2", f"{number} on {key}: {text[:40]!r}")


def _delivery(told: Count, delivery: Delivery, remote_ids: Sequence[str], allowed: Collection[str]) -> None:
    told.deliveries += 1
    readable = delivery.account.platform in _READABLE
    told.readable += readable
    reading = delivery.state == DeliveryState.UNCONFIRMED and delivery.not_before is not None
    if delivery.mode != delivery.account_mode or delivery.account_mode != delivery.account.mode:
        told.breaks("I4", f"{delivery}: {delivery.mode} on {delivery.account.mode}")
    if delivery.state in _OPEN or reading:
        told.breaks("I1", f"{delivery} on {delivery.account.platform} ({delivery.reason}, due {delivery.not_before})")
    elif delivery.state == DeliveryState.POSTED:
        told.posted += 1
        if not any(delivery.remote_id == each or delivery.remote_id.endswith(f"{each}") for each in remote_ids):
            told.lost += 1
            told.breaks("I3", f"{delivery}: {delivery.remote_id!r} is not among {list(remote_ids)}")
    elif delivery.state in (DeliveryState.HELD, DeliveryState.UNCONFIRMED):
        told.held += 1
        told.held_readable += readable
    else:
        told.failed += delivery.state == DeliveryState.FAILED
        told.lost += delivery.state not in allowed


def _notices(told: Count, alert: Alert, allowed: Collection[str]) -> None:
    run = NoticeRun.objects.get(alert=alert)
    received = simulator.call("GET", f"received?marker={alert.marker}")
    rows = list(Notice.objects.filter(run=run).values_list("contact__address", "state", "resent_unknown"))
    told.notices += run.expected
    if len(rows) != run.expected and not allowed:
        told.lost += abs(run.expected - len(rows))
        told.breaks("I1", f"{len(rows)} of {run.expected} notices are written")
    # Of an alert that has ended what is unknown stays so.
    ended = alert.state == State.STOPPED or (alert.expires_at is not None and alert.expires_at <= clock.now())
    for address, state, again in rows:
        number = received.get(address, 0)
        told.resent_unknown += again
        told.accepted += state == NoticeState.ACCEPTED
        if state in (NoticeState.QUEUED, NoticeState.SENDING) or (
            state == NoticeState.UNCONFIRMED and not again and not ended
        ):
            told.breaks("I1", f"notice to {address} is {state}")
        elif state == NoticeState.ACCEPTED and number == 0:
            told.lost += 1
            told.breaks("I3", f"notice to {address} is accepted but not there")
        elif number == 0 and state != NoticeState.UNCONFIRMED and state not in allowed:
            told.lost += 1
        if number > 1 + again:
            told.doubled += number - 1 - again
            told.breaks("I2", f"{number} notices to {address}")
    # In the operations chat copies of what stands in a channel appear for a moment.
    strangers = set(received) - {address for address, _, _ in rows} - {OPERATIONS_CHAT}
    if strangers:
        told.breaks("I4", f"notices to {sorted(strangers)[:3]}, who are not meant")
