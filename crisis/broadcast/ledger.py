"""The ledger of deliveries: claim, settle, lose a lease, read back. Each move is one conditional UPDATE; 0 rows is a stop."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce

from crisis.broadcast import corrections, halts, signals
from crisis.broadcast.corrections import MAX_CRASHES
from crisis.broadcast.models import CHANGES, Attempt, Delivery, DeliveryState
from crisis.broadcast.queries import last_known_id
from crisis.broadcast.release import Release, Verdict, holding, open_accounts
from crisis.registry.models import Credential
from crisis.registry.operations import pause
from platforms import catalog
from platforms.contract import Receipt
from platforms.errors import (
    AccountRestricted,
    AlreadyPosted,
    BadCredentials,
    ByHand,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    QuotaUsed,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
    Unfinished,
    Unreachable,
)

LEASE = timedelta(seconds=45)
MAX_ATTEMPTS = 12
MAX_READS = 10  # of an account that does not answer, before a person must look
READ_AFTER = timedelta(seconds=5)  # what was just created may not stand in the list yet
ABSENT_TWICE = 2  # only what is missing twice, as far apart as the platform's list may be late, is proven absent
LONGEST_BACKOFF_S = 60.0

OUR_MISTAKE = "our_mistake"
PUBLISH, STAGE = "publish", "stage"  # steps of an Attempt
# What a person must settle before it can go on; the item is kept.
_HOLD = (BadCredentials, AccountRestricted, ByHand, PlatformConfig, RecipientGone, RecipientMoved)
_PAUSE = (BadCredentials, AccountRestricted)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours until its lease ends; only this attempt may settle it.

    Attributes:
        step: PUBLISH, or STAGE while its picture is uploaded, and it still waits.
        released: the claim itself has asked whether it may leave.
    """

    delivery: Delivery
    attempt: int
    lease_until: datetime
    step: str = PUBLISH
    released: bool = False

    @property
    def rows(self) -> QuerySet[Delivery]:
        """The delivery's row, as long as it is ours."""
        same = Delivery.objects.filter(pk=self.delivery.pk, attempt=self.attempt)
        if self.step == STAGE:
            return same.filter(state=DeliveryState.QUEUED, not_before=self.lease_until)
        return same.filter(state=DeliveryState.SENDING)


def claim(*, delivery_id: int, now: datetime, known: Delivery | None = None) -> Claim | None:
    """Take a due delivery for sending: the intent stands in the database before the first byte leaves.

    Args:
        delivery_id: the delivery.
        now: the time.
        known: as `waiting` has just read it. It is not read again then: it is taken only if nobody has touched it since, and its
            alert and account may still publish.

    Returns:
        None if it is not due, or somebody else's.
    """
    lease_until = now + LEASE
    due = Delivery.objects.filter(pk=delivery_id, state=DeliveryState.QUEUED, not_before__lte=now)
    if known is not None:
        due = due.filter(
            attempt=known.attempt, alert__in=holding(now), account__in=open_accounts(), staged=known.staged
        )
    taken = due.update(
        state=DeliveryState.SENDING,
        attempt=F("attempt") + 1,
        first_sent_at=Coalesce("first_sent_at", Value(now, DateTimeField())),
        reads=0,
        lease_until=lease_until,
        reason="",
        detail="",
    )
    if not taken:
        return None
    delivery = whole(delivery_id) if known is None else _as_taken(known, now, lease_until)
    if delivery.first_sent_at == now and (last := last_known_id(delivery)):
        delivery.after_id = last
        Delivery.objects.filter(pk=delivery_id).update(after_id=last)
    return Claim(delivery, delivery.attempt, lease_until, released=known is not None)


def _as_taken(known: Delivery, now: datetime, lease_until: datetime) -> Delivery:
    """Return a delivery that was read before it was taken, as its row is now."""
    known.state, known.attempt, known.lease_until = DeliveryState.SENDING, known.attempt + 1, lease_until
    known.reads, known.reason, known.detail = 0, "", ""
    known.first_sent_at = known.first_sent_at or now
    return known


def _next_part() -> QuerySet[Delivery]:
    same = {name: OuterRef(name) for name in ("alert", "account", "kind")}
    return Delivery.objects.order_by().filter(**same, part=OuterRef("part") + 1)


# What a delivery is read with. Without an order: the ORM compares every column with it, which takes longer than the database.
_READ = (
    Delivery.objects.order_by()
    .defer("alert__snapshot", "wording__alert__snapshot")  # type: ignore[no-redef] # the annotation fills what the model declares
    .select_related("alert", "account__holder", "wording__alert", "corrects")
    .annotate(connected=Exists(Credential.objects.filter(account=OuterRef("account"))), followed=Exists(_next_part()))
)


def waiting(ids: Collection[int], now: datetime) -> list[Delivery]:
    """Return those of some deliveries that are queued still, and due, with what tells whether they may leave; in no order.

    One whose picture is being uploaded is not due; and by a clock that is behind nothing may be, and no permit is taken for it.
    """
    return list(_READ.filter(pk__in=ids, state=DeliveryState.QUEUED, not_before__lte=now))


def whole(delivery_id: int) -> Delivery:
    """Return a delivery with all that is needed to publish it."""
    return _READ.get(pk=delivery_id)


def give_back(*, held: Claim, until: datetime, reason: str = "") -> None:
    """Return a claim with which nothing was sent; it may be taken again at a time."""
    held.rows.update(state=DeliveryState.QUEUED, lease_until=None, not_before=until, reason=reason)


def stumble(*, held: Claim, why: str, now: datetime) -> None:
    """Return a claim with which a mistake of ours let nothing be sent; it counts as a try, and the next one waits longer."""
    if _tries(held) >= MAX_ATTEMPTS:
        park(held=held, reason=OUR_MISTAKE, detail=why)
    else:
        held.rows.update(state=DeliveryState.QUEUED, lease_until=None, not_before=now + backoff(_tries(held)))
    Attempt.objects.create(
        delivery=held.delivery, number=held.attempt, step=held.step, started_at=now, ended_at=now, outcome=OUR_MISTAKE,
        detail=why[:400],
    )  # fmt: skip


def park(*, held: Claim, reason: str, detail: str) -> None:
    """Leave a claim, with which nothing was sent, to a person."""
    held.rows.update(state=DeliveryState.HELD, reason=reason, detail=detail[:400], lease_until=None, not_before=None)


def refuse(*, delivery: Delivery, release: Release, now: datetime) -> None:
    """Note that a queued delivery must wait, or that it may not leave; then no later part of it may either.

    A correction that cannot leave through its account is not skipped: a wrong text stands there, and a person must act.
    """
    states = {
        Verdict.SKIP: DeliveryState.SKIPPED,
        Verdict.STOP: DeliveryState.STOPPED,
        Verdict.EXPIRE: DeliveryState.EXPIRED,
    }
    if delivery.corrects_id and release.reason != "nothing_to_correct":
        states |= {Verdict.SKIP: DeliveryState.HELD, Verdict.EXPIRE: DeliveryState.HELD}
    why = {"reason": release.reason, "detail": release.detail[:400]}
    queued = Delivery.objects.filter(state=DeliveryState.QUEUED)
    if release.verdict == Verdict.WAIT:
        queued.filter(pk=delivery.pk).update(not_before=now + release.again_in, **why)
    elif release.verdict in states:
        parts = queued.filter(
            alert_id=delivery.alert_id, account_id=delivery.account_id, kind=delivery.kind, part__gte=delivery.part
        )
        if delivery.kind in CHANGES:  # each of them corrects a publication of its own
            parts = parts.filter(pk=delivery.pk)
        parts.update(state=states[release.verdict], not_before=None, **why)


def postpone(*, delivery_id: int, until: datetime, reason: str) -> None:
    """Let a queued delivery wait: a limit is reached ("throttled"), or the platform or account rests ("breaker")."""
    Delivery.objects.filter(pk=delivery_id, state=DeliveryState.QUEUED).update(not_before=until, reason=reason)


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after so many tries: doubling from one second to a minute, with jitter."""
    longest = min(LONGEST_BACKOFF_S, 2.0 ** (attempt - 1))
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter


def _after(outcome: Receipt | PlatformError, held: Claim, now: datetime) -> dict[str, Any]:
    """Return the fields that an outcome gives the row."""
    fields: dict[str, Any] = {"lease_until": None, "not_before": None}
    if isinstance(outcome, AlreadyPosted | Receipt):
        return fields | {
            "state": corrections.done(held.delivery), "posted_at": now, "remote_id": outcome.remote_id, "url": outcome.url[:300],
        }  # fmt: skip
    fields |= {"reason": outcome.code, "detail": outcome.detail[:400]}
    other_way = corrections.another_way(held.delivery, outcome, now) if held.delivery.corrects_id else None
    if other_way is not None:
        return fields | other_way
    if isinstance(outcome, Unconfirmed) and held.delivery.kind not in CHANGES:
        reason = "duplicate" if outcome.duplicate else outcome.code
        return fields | {
            "state": DeliveryState.UNCONFIRMED, "reason": reason, "not_before": now + READ_AFTER, "absences": 0,
        }  # fmt: skip
    if isinstance(outcome, _HOLD) or (isinstance(outcome, QuotaUsed) and outcome.until is None):
        return fields | {"state": DeliveryState.HELD}
    again = _again(outcome, held, now)
    expires_at = held.delivery.alert.expires_at
    tired = not isinstance(outcome, Throttled) and _tries(held) >= MAX_ATTEMPTS
    if again is None or tired or (expires_at is not None and again >= expires_at):
        # A change that cannot be made leaves a wrong text standing: a person must know.
        return fields | {"state": DeliveryState.HELD if held.delivery.corrects_id else DeliveryState.FAILED}
    return fields | {"state": DeliveryState.QUEUED, "not_before": again}


def _tries(held: Claim) -> int:
    """Count this try and those before it that were no refusal to wait."""
    if held.step == PUBLISH and held.attempt < MAX_ATTEMPTS:
        return held.attempt
    return held.delivery.attempts.filter(step=held.step).exclude(outcome=Throttled.code).count() + 1


def _again(outcome: PlatformError, held: Claim, now: datetime) -> datetime | None:
    match outcome:
        case Throttled():
            return now + timedelta(seconds=outcome.retry_after)
        case QuotaUsed():
            return outcome.until
        case Unreachable() | PlatformDown() | Unfinished() | Unconfirmed():
            return now + backoff(_tries(held))  # unknown only of a change, which may be made twice
        case _:
            return None


@transaction.atomic
def settle(*, held: Claim, outcome: Receipt | PlatformError, started_at: datetime, now: datetime) -> str:
    """Write what became of a claim, and the attempt, together.

    Args:
        held: the claim.
        outcome: what the adapter said.
        started_at: when it was asked.
        now: the time.

    Returns:
        The delivery's state; "" if the claim was no longer ours, and nothing was written but the attempt.
    """
    fields = _after(outcome, held, now)
    ours = held.rows.update(**fields)
    if ours:
        corrections.note(held.delivery, outcome, str(fields["state"]))
    if not ours and fields["state"] == DeliveryState.POSTED:
        # The lease ran out while the platform was answering. It stands there: that is worth more than a guess.
        unknown = Delivery.objects.filter(pk=held.delivery.pk, state=DeliveryState.UNCONFIRMED, attempt=held.attempt)
        ours = unknown.update(**fields, reason="", detail="")
    _note(held.delivery.pk, held.attempt, held.step, outcome, started_at, now)
    if isinstance(outcome, Throttled):
        halts.obey(account=held.delivery.account, error=outcome, now=now)
    if isinstance(outcome, _PAUSE):
        pause(account=held.delivery.account, why=outcome.sentence, actor="broadcast", now=now)
    if ours:
        _ring_next(held.delivery, str(fields["state"]))
    return str(fields["state"]) if ours else ""


def _note(
    delivery_id: int,
    number: int,
    step: str,
    outcome: Receipt | PlatformError | None,
    started_at: datetime,
    now: datetime,
) -> None:
    told = "posted" if isinstance(outcome, Receipt) else outcome.code if outcome else "absent"
    detail = str(outcome)[:400] if isinstance(outcome, PlatformError) else ""
    Attempt.objects.create(
        delivery_id=delivery_id,
        number=number,
        step=step,
        started_at=started_at,
        ended_at=now,
        outcome=told,
        detail=detail,
    )


def _ring_next(delivery: Delivery, state: str) -> None:
    """Ring for the next part, once this one no longer holds it up."""
    if state in (DeliveryState.QUEUED, DeliveryState.UNCONFIRMED) or not delivery.followed:
        return
    following = Delivery.objects.filter(
        alert_id=delivery.alert_id,
        account_id=delivery.account_id,
        kind=delivery.kind,
        part=delivery.part + 1,
        state=DeliveryState.QUEUED,
    )
    if ids := list(following.values_list("pk", flat=True)):
        following.update(not_before=F("queued_at"))
        transaction.on_commit(partial(signals.due.send_robust, sender=Delivery, delivery_ids=ids), robust=True)


def appears_within(platform: str) -> timedelta:
    """Return how late a platform's list may show what stands there."""
    spec = catalog.spec(platform)
    return spec.appears_within if spec else timedelta()


def claim_reading(*, delivery_id: int, now: datetime) -> Delivery | None:
    """Take an unknown delivery for reading back; nobody else reads it for the length of a lease."""
    waiting = Delivery.objects.filter(pk=delivery_id, state=DeliveryState.UNCONFIRMED, not_before__lte=now)
    # Whatever reading it does, even to its worker, it is not done for ever: after that a person looks.
    if waiting.filter(reads__gte=MAX_READS).update(not_before=None):
        return None
    if not waiting.update(not_before=now + LEASE, reads=F("reads") + 1):
        return None
    return whole(delivery_id)


def put_off_reading(*, delivery_id: int, until: datetime, taken: bool = False) -> None:
    """Let a reading wait, because the platform wants quiet or rests.

    Args:
        delivery_id: the delivery of unknown outcome.
        until: when it may be read.
        taken: it was taken for reading; that nothing was asked does not count as a reading.
    """
    unknown = Delivery.objects.filter(pk=delivery_id, state=DeliveryState.UNCONFIRMED)
    unknown.update(not_before=until, **({"reads": F("reads") - 1} if taken else {}))


@transaction.atomic
def settle_reading(
    *, delivery: Delivery, found: Receipt | PlatformError | None, can_read: bool, started_at: datetime, now: datetime
) -> str:
    """Write what reading an account back has shown.

    Args:
        delivery: as `claim_reading` gave it.
        found: the publication; None if it does not stand there; an error if the account could not be read.
        can_read: the adapter can read accounts back, and this one delivery; else a person must look.
        started_at: when it was asked.
        now: the time.

    Returns:
        The delivery's state.
    """
    fields: dict[str, Any]
    reads = delivery.reads
    if isinstance(found, Receipt):
        fields = {
            "state": DeliveryState.POSTED, "posted_at": now, "remote_id": found.remote_id, "url": found.url[:300],
            "not_before": None, "reason": "read_back",
        }  # fmt: skip
    elif not can_read:
        fields = {"not_before": None}
    elif isinstance(found, Throttled):
        # To be told to wait is no reading: it is done at the time that was given.
        fields = {"not_before": now + timedelta(seconds=found.retry_after), "reads": max(0, reads - 1)}
        halts.obey(account=delivery.account, error=found, now=now)
    elif isinstance(found, PlatformError):
        fields = {"not_before": now + backoff(reads) + READ_AFTER if reads < MAX_READS else None}
    elif delivery.absences + 1 < ABSENT_TWICE:
        late = appears_within(delivery.account.platform)
        fields = {"absences": delivery.absences + 1, "not_before": now + max(READ_AFTER, late)}
    elif delivery.reason == "duplicate" or delivery.crashes >= MAX_CRASHES or delivery.attempt >= MAX_ATTEMPTS:
        fields = {"state": DeliveryState.HELD, "not_before": None}
    else:
        fields = {"state": DeliveryState.QUEUED, "not_before": now, "absences": 0, "reason": "proven_absent"}
    same = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNCONFIRMED, attempt=delivery.attempt)
    same.update(**fields)
    if can_read or found is not None:
        _note(delivery.pk, reads, "find", found, started_at, now)
    state = str(fields.get("state", DeliveryState.UNCONFIRMED))
    if state == DeliveryState.QUEUED:
        ids = [delivery.pk]
        transaction.on_commit(partial(signals.due.send_robust, sender=Delivery, delivery_ids=ids), robust=True)
    else:
        _ring_next(delivery, state)
    return state
