"""The ledger of deliveries: whatever happens between claim and settlement, nothing is lost and nothing is said twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisis.broadcast import ledger, overdue
from crisis.broadcast.by_hand import NotUndecided
from crisis.broadcast.corrections import MAX_CRASHES
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.operations import decide
from crisis.broadcast.release import Release, Verdict
from crisis.journal.models import Entry
from crisis.registry.models import Account
from crisis.staff.models import Officer
from platforms.contract import Receipt
from platforms.errors import (
    AccountRestricted,
    AlreadyPosted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    PublicationGone,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unreachable,
    Unsupported,
)
from tests.functional.factories import NOW, issued, one, thread


@pytest.fixture
def queued(sim: Any, at: Any) -> Delivery:
    at(NOW)
    return one(issued(), "facebook")


def after(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(pk=delivery.pk)


def claimed(delivery: Delivery, now: datetime) -> ledger.Claim:
    held = ledger.claim(delivery_id=delivery.pk, now=now)
    assert held is not None
    return held


SOON = NOW + timedelta(seconds=5)

OUTCOMES: list[tuple[Receipt | PlatformError, str, float | None]] = [
    (Receipt("1_2", "http://w/1"), "posted", None),
    (AlreadyPosted("1_2"), "posted", None),
    (Unreachable("no"), "queued", 1.0),
    (Unfinished("cut"), "queued", 1.0),
    (PublicationGone("nothing there"), "failed", None),
    (Throttled("slow", scope="account", retry_after=77), "queued", 77.0),
    (QuotaUsed("none left"), "held", None),
    (QuotaUsed("none left", until=SOON + timedelta(hours=1)), "queued", 3600.0),
    (Unconfirmed("cut"), "unconfirmed", 5.0),
    (BadCredentials("dead"), "held", None),
    (AccountRestricted("locked"), "held", None),
    (PlatformConfig("version"), "held", None),
    (ContentRejected("too long"), "failed", None),
    (Unsupported("no"), "failed", None),
    (UnexpectedResponse("418"), "failed", None),
]


@pytest.mark.parametrize(
    ("outcome", "state", "wait"), OUTCOMES, ids=[type(row[0]).__name__ + row[1] for row in OUTCOMES]
)
def test_each_outcome_has_one_state(
    queued: Delivery, outcome: Receipt | PlatformError, state: str, wait: float | None
) -> None:
    held = claimed(queued, SOON)

    ledger.settle(held=held, outcome=outcome, started_at=SOON, now=SOON)

    row = after(queued)
    assert row.state == state
    assert row.lease_until is None
    if wait is None:
        assert row.not_before is None
    else:
        assert row.not_before is not None
        assert (row.not_before - SOON).total_seconds() == pytest.approx(wait, abs=0.6)
    attempt = row.attempts.get()
    assert attempt.outcome == (outcome.code if isinstance(outcome, PlatformError) else "posted")


def test_the_intent_stands_before_the_first_byte(queued: Delivery) -> None:
    held = claimed(queued, SOON)
    row = after(queued)
    assert (row.state, row.attempt, row.lease_until) == (DeliveryState.SENDING, 1, SOON + ledger.LEASE)
    assert held.attempt == 1


def test_only_one_worker_gets_a_delivery(queued: Delivery) -> None:
    claimed(queued, SOON)
    assert ledger.claim(delivery_id=queued.pk, now=SOON) is None


def test_what_is_not_due_is_not_claimed(queued: Delivery) -> None:
    ledger.postpone(delivery_id=queued.pk, until=SOON + timedelta(seconds=10), reason="throttled")
    assert ledger.claim(delivery_id=queued.pk, now=SOON) is None
    assert ledger.claim(delivery_id=queued.pk, now=SOON + timedelta(seconds=10)) is not None


def test_a_worker_that_dies_leaves_an_unknown_never_a_queued(queued: Delivery) -> None:
    claimed(queued, SOON)
    assert overdue.expire_leases(SOON + ledger.LEASE) == 0
    assert overdue.expire_leases(SOON + ledger.LEASE + timedelta(seconds=1)) == 1
    row = after(queued)
    assert (row.state, row.reason, row.crashes) == (DeliveryState.UNCONFIRMED, "lease_lost", 1)


def test_a_worker_that_wakes_too_late_settles_nothing_of_another_attempt(queued: Delivery) -> None:
    """Paused beyond its lease; meanwhile the account was read back, and another worker sends."""
    late = claimed(queued, SOON)
    overdue.expire_leases(SOON + timedelta(minutes=1))
    Delivery.objects.filter(pk=queued.pk).update(state=DeliveryState.QUEUED, not_before=SOON)
    second = claimed(queued, SOON + timedelta(minutes=2))

    assert ledger.settle(held=late, outcome=Receipt("late"), started_at=SOON, now=SOON + timedelta(minutes=2)) == ""
    assert after(queued).state == DeliveryState.SENDING
    ledger.settle(held=second, outcome=Receipt("second"), started_at=SOON, now=SOON + timedelta(minutes=2))
    assert after(queued).remote_id == "second"


def test_a_late_receipt_is_worth_more_than_a_guess(queued: Delivery) -> None:
    late = claimed(queued, SOON)
    overdue.expire_leases(SOON + timedelta(minutes=1))

    assert ledger.settle(held=late, outcome=Receipt("1"), started_at=SOON, now=SOON + timedelta(minutes=1)) == "posted"
    assert after(queued).remote_id == "1"


def unknown(delivery: Delivery, now: datetime, *, duplicate: bool = False) -> Delivery:
    held = claimed(delivery, now)
    ledger.settle(held=held, outcome=Unconfirmed("cut", duplicate=duplicate), started_at=now, now=now)
    return after(delivery)


def read(
    delivery: Delivery, found: Receipt | PlatformError | None, now: datetime, *, can_read: bool = True
) -> Delivery:
    taken = ledger.claim_reading(delivery_id=delivery.pk, now=now)
    assert taken is not None
    ledger.settle_reading(delivery=taken, found=found, can_read=can_read, started_at=now, now=now)
    return after(delivery)


def test_what_is_found_is_posted(queued: Delivery) -> None:
    unknown(queued, SOON)
    row = read(queued, Receipt("9", "http://w/9"), SOON + timedelta(seconds=6))
    assert (row.state, row.remote_id, row.reason) == (DeliveryState.POSTED, "9", "read_back")


def test_nothing_is_read_before_the_list_can_know(queued: Delivery) -> None:
    unknown(queued, SOON)
    assert ledger.claim_reading(delivery_id=queued.pk, now=SOON + timedelta(seconds=4)) is None
    assert overdue.unknown(SOON + timedelta(seconds=4)) == []
    assert overdue.unknown(SOON + timedelta(seconds=5)) == [queued.pk]


def test_only_absent_twice_is_proven_absent(queued: Delivery) -> None:
    unknown(queued, SOON)
    once = read(queued, None, SOON + timedelta(seconds=6))
    assert (once.state, once.absences) == (DeliveryState.UNCONFIRMED, 1)
    early = SOON + timedelta(seconds=65)
    assert ledger.claim_reading(delivery_id=queued.pk, now=early) is None, "a list may be late by a minute"
    twice = read(queued, None, SOON + timedelta(seconds=66))
    assert (twice.state, twice.reason) == (DeliveryState.QUEUED, "proven_absent")
    assert claimed(queued, SOON + timedelta(seconds=67)).attempt == 2


def test_an_unreadable_account_proves_nothing_and_ends_with_a_person(queued: Delivery) -> None:
    unknown(queued, SOON)
    now = SOON
    for _ in range(ledger.MAX_READS):
        now += timedelta(minutes=5)
        row = read(queued, UnexpectedResponse("502"), now)
        assert row.state == DeliveryState.UNCONFIRMED
    assert row.not_before is None, "now a person must look"
    assert overdue.unknown(now + timedelta(days=1)) == []


def test_a_platform_that_cannot_be_read_back_waits_for_a_person(queued: Delivery) -> None:
    unknown(queued, SOON)
    row = read(queued, None, SOON + timedelta(seconds=6), can_read=False)
    assert (row.state, row.not_before) == (DeliveryState.UNCONFIRMED, None)


def test_one_that_cannot_be_read_back_waits_for_a_person_with_the_reason(queued: Delivery) -> None:
    unknown(queued, SOON)
    row = read(queued, Unsupported("protected"), SOON + timedelta(seconds=6), can_read=False)
    assert (row.state, row.not_before) == (DeliveryState.UNCONFIRMED, None)
    assert row.attempts.get(step="find").detail == "unsupported: protected"


def test_a_reading_waits_as_long_as_the_platform_asks(queued: Delivery) -> None:
    unknown(queued, SOON)
    now = SOON + timedelta(seconds=6)
    row = read(queued, Throttled("slow", scope="account", retry_after=90), now)
    assert row.not_before == now + timedelta(seconds=90)


def test_a_duplicate_that_is_not_found_waits_for_a_person(queued: Delivery) -> None:
    """Sending again would only be refused again."""
    unknown(queued, SOON, duplicate=True)
    read(queued, None, SOON + timedelta(seconds=6))
    assert read(queued, None, SOON + timedelta(seconds=66)).state == DeliveryState.HELD


def test_three_crashes_and_a_person_must_look(queued: Delivery) -> None:
    now = SOON
    for _ in range(MAX_CRASHES):
        claimed(queued, now)
        now += timedelta(minutes=2)
        overdue.expire_leases(now)
        for _ in range(2):
            now += timedelta(minutes=2)
            read(queued, None, now)
    assert after(queued).state == DeliveryState.HELD


def test_twelve_tries_and_it_failed(queued: Delivery) -> None:
    now = SOON
    for _ in range(ledger.MAX_ATTEMPTS):
        held = claimed(queued, now)
        ledger.settle(held=held, outcome=Unreachable("no"), started_at=now, now=now)
        now += timedelta(minutes=3)
    assert after(queued).state == DeliveryState.FAILED


def test_nothing_waits_beyond_the_alerts_end(queued: Delivery) -> None:
    held = claimed(queued, SOON)
    refusal = Throttled("tomorrow", scope="account", retry_after=49 * 3600)
    ledger.settle(held=held, outcome=refusal, started_at=SOON, now=SOON)
    assert after(queued).state == DeliveryState.FAILED


def test_what_waits_when_the_alert_ends_is_closed(queued: Delivery) -> None:
    assert overdue.close_ended(SOON) == 0
    assert overdue.close_ended(NOW + timedelta(hours=49)) == 2 + thread(queued.alert)
    assert after(queued).state == DeliveryState.EXPIRED


def test_dead_credentials_pause_the_account_and_leave_the_others(queued: Delivery) -> None:
    held = claimed(queued, SOON)
    ledger.settle(held=held, outcome=BadCredentials("revoked"), started_at=SOON, now=SOON)

    account = Account.objects.get(pk=queued.account_id)
    assert account.paused_at == SOON
    assert Entry.objects.filter(action="registry.pause", subject=f"account:{account.pk}").exists()
    assert Account.objects.filter(mode="exercise", is_home=True, paused_at=None).count() > 100


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.SKIP, "skipped"), (Verdict.STOP, "stopped"), (Verdict.EXPIRE, "expired"), (Verdict.WAIT, "queued")],
)
def test_a_refusal_is_kept_with_its_reason(queued: Delivery, verdict: Verdict, state: str) -> None:
    ledger.refuse(delivery=queued, release=Release(verdict, "why", "because"), now=SOON)
    assert (after(queued).state, after(queued).reason, after(queued).detail) == (state, "why", "because")


def test_a_person_settles_what_nobody_could_know(queued: Delivery, officer: Officer) -> None:
    row = unknown(queued, SOON)
    decide(delivery=row, stands=True, url="https://w/1", by=officer, now=SOON)
    assert (after(queued).state, after(queued).url) == (DeliveryState.POSTED, "https://w/1")
    with pytest.raises(NotUndecided):
        decide(delivery=row, stands=False, url="", by=officer, now=SOON)


def test_a_person_sends_again_what_does_not_stand_there(queued: Delivery, officer: Officer) -> None:
    row = unknown(queued, SOON)
    decide(delivery=row, stands=False, url="", by=officer, now=SOON)
    assert after(queued).state == DeliveryState.QUEUED
    assert Entry.objects.filter(action="broadcast.decide").exists()


STEPS = st.lists(
    st.sampled_from(
        ["claim", "receipt", "cut", "unreachable", "throttled", "expire", "found", "absent", "unreadable", "late"]
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_path_sends_again_what_may_stand_there(queued: Delivery, steps: list[str]) -> None:  # noqa: C901 - a model of events
    """A model of the platform beside the ledger: whatever the order of events, at most one publication stands there."""
    Delivery.objects.filter(pk=queued.pk).update(
        state=DeliveryState.QUEUED, not_before=NOW, attempt=0, crashes=0, absences=0, lease_until=None, posted_at=None, reason="",
        first_sent_at=None, remote_id="",
    )  # fmt: skip
    now, standing, held = SOON, 0, list[ledger.Claim]()
    outcomes: dict[str, Receipt | PlatformError] = {
        "receipt": Receipt("1"), "cut": Unconfirmed("cut"), "unreachable": Unreachable("no"),
        "throttled": Throttled("slow", scope="account", retry_after=1),
    }  # fmt: skip
    for step in steps:
        now += timedelta(seconds=20)
        if step == "claim":
            if (got := ledger.claim(delivery_id=queued.pk, now=now)) is not None:
                held.append(got)
        elif step in outcomes and held:
            claim = held.pop()
            if claim.lease_until < now + timedelta(seconds=10):
                continue  # the worker sees that its lease is almost over, and sends nothing
            if step in ("receipt", "cut"):
                standing += 1  # the platform took it, whatever it answered
            ledger.settle(held=claim, outcome=outcomes[step], started_at=now, now=now)
        elif step == "late" and held:
            standing += 1
            ledger.settle(held=held.pop(0), outcome=Receipt("late"), started_at=now, now=now)
        elif step == "expire":
            now += timedelta(minutes=1)
            overdue.expire_leases(now)
            held = held[-1:] if after(queued).state == DeliveryState.SENDING else []
        elif (taken := ledger.claim_reading(delivery_id=queued.pk, now=now + timedelta(minutes=1))) is not None:
            now += timedelta(minutes=1)
            answer: Receipt | PlatformError | None = UnexpectedResponse("502")
            if step in ("found", "absent"):
                answer = Receipt("1") if standing else None  # the truth, not the wish
            ledger.settle_reading(delivery=taken, found=answer, can_read=True, started_at=now, now=now)
        row = after(queued)
        assert standing <= 1, steps
        if row.state == DeliveryState.POSTED:
            assert standing == 1
