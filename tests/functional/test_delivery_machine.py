"""The ledger of deliveries as a state machine: whatever crashes, nothing stands twice unless its absence was proven before."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.broadcast import breakers, ledger, overdue
from crisis.broadcast.models import Breaker, Delivery, DeliveryState
from crisis.broadcast.release import Verdict, may_leave
from platforms.contract import Receipt
from platforms.errors import ContentRejected, PlatformError, Throttled, Unconfirmed, UnexpectedResponse, Unreachable
from tests.functional.factories import issued

COUNTRIES = ("JP", "FR")
ENDS = {DeliveryState.POSTED, DeliveryState.HELD, DeliveryState.FAILED, DeliveryState.STOPPED, DeliveryState.EXPIRED}
# What a platform may answer, and whether the text stands there then.
ANSWERS: dict[str, tuple[Receipt | PlatformError, bool]] = {
    "posted": (Receipt("1"), True),
    "cut after": (Unconfirmed("cut"), True),
    "cut before": (Unconfirmed("cut"), False),
    "unreachable": (Unreachable("no"), False),
    "throttled": (Throttled("slow", scope="account", retry_after=7), False),
    "app throttled": (Throttled("slow", scope="app", retry_after=9), False),
    "rejected": (ContentRejected("too long"), False),
}


class Deliveries(RuleBasedStateMachine):
    """Workers that claim, publish, settle and die; readings that find, miss, fail or die; a sweep; a person who stops it."""

    alert: Alert
    begun: datetime
    ids: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.now = self.begun
        self.held: list[ledger.Claim] = []
        self.standing = dict.fromkeys(self.ids, 0)
        self.stopped = False
        Alert.objects.filter(pk=self.alert.pk).update(state=State.ISSUED, stopped_at=None)
        Breaker.objects.all().delete()
        rows = Delivery.objects.filter(pk__in=self.ids)
        for row in rows:
            row.attempts.all().delete()
        rows.update(
            state=DeliveryState.QUEUED, not_before=self.begun, attempt=0, crashes=0, absences=0, reads=0, lease_until=None,
            posted_at=None, first_sent_at=None, remote_id="", url="", reason="", detail="",
        )  # fmt: skip

    @rule(which=st.integers(0, 3))
    def claim(self, which: int) -> None:
        pk = self.ids[which % len(self.ids)]
        if (held := ledger.claim(delivery_id=pk, now=self.now)) is None:
            return
        # As the worker does: the one rule is asked once more, after the claim.
        release = may_leave(alert=held.delivery.alert, account=held.delivery.account, now=self.now)
        if release.verdict == Verdict.LEAVE:
            self.held.append(held)
        else:
            assert self.stopped
            ledger.give_back(held=held, until=self.now)
            ledger.refuse(delivery=held.delivery, release=release, now=self.now)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), answer=st.sampled_from(sorted(ANSWERS)))
    def publish_and_settle(self, data: st.DataObject, answer: str) -> None:
        held = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        if self.now + timedelta(seconds=35) > held.lease_until:
            ledger.give_back(held=held, until=self.now)
            return
        outcome, stands = ANSWERS[answer]
        self._publish(held, stands=stands)
        ledger.settle(held=held, outcome=outcome, started_at=self.now, now=self.now)
        breakers.note(breakers.keys("facebook"), outcome, self.now)

    def _publish(self, held: ledger.Claim, *, stands: bool) -> None:
        if stands:
            assert self.standing[held.delivery.pk] == 0, "published although it may have stood there"
            self.standing[held.delivery.pk] += 1

    @precondition(lambda self: self.held)
    @rule(data=st.data(), stands=st.booleans())
    def die(self, data: st.DataObject, *, stands: bool) -> None:
        """A worker is killed before or after the platform took it; nobody has written down which."""
        held = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        if self.now + timedelta(seconds=35) <= held.lease_until:
            self._publish(held, stands=stands)

    @rule(which=st.integers(0, 3), how=st.sampled_from(["looked", "unreadable", "refused", "killed"]))
    def read(self, which: int, how: str) -> None:
        taken = ledger.claim_reading(delivery_id=self.ids[which % len(self.ids)], now=self.now)
        if taken is None or how == "killed":
            return
        found: Receipt | PlatformError | None = Receipt("1") if self.standing[taken.pk] else None
        if how == "unreadable":
            found = UnexpectedResponse("502")
        elif how == "refused":
            found = Throttled("slow", scope="account", retry_after=30)
        ledger.settle_reading(delivery=taken, found=found, can_read=True, started_at=self.now, now=self.now)

    @rule(seconds=st.sampled_from([1, 6, 20, 50, 130]))
    def sweep(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        overdue.expire_leases(self.now)
        overdue.close_ended(self.now)

    @rule()
    def stop(self) -> None:
        Alert.objects.filter(pk=self.alert.pk).update(state=State.STOPPED)
        self.stopped = True

    @invariant()
    def it_stands_once_and_posted_only_if_it_stands(self) -> None:
        for row in Delivery.objects.filter(pk__in=self.ids):
            assert self.standing[row.pk] <= 1
            assert row.state != DeliveryState.POSTED or self.standing[row.pk] == 1
            assert row.state not in (DeliveryState.FAILED, DeliveryState.STOPPED) or self.standing[row.pk] == 0

    def teardown(self) -> None:
        """Nothing is lost: left alone, everything comes to an end, or to a person."""
        self.held.clear()
        for _ in range(40):
            self.sweep(130)
            for which in range(len(self.ids)):
                self.claim(which)
                for held in self.held:
                    self._publish(held, stands=True)
                    ledger.settle(held=held, outcome=Receipt("1"), started_at=self.now, now=self.now)
                self.held.clear()
                self.read(which, "looked")
            if not Delivery.objects.filter(pk__in=self.ids).exclude(state__in=ENDS).exclude(not_before=None).exists():
                break
        left = Delivery.objects.filter(pk__in=self.ids).exclude(state__in=ENDS)
        assert not left.exclude(state=DeliveryState.UNCONFIRMED, not_before=None).exists(), (
            "what is left waits for a person"
        )
        self.it_stands_once_and_posted_only_if_it_stands()


def test_no_order_of_crashes_publishes_twice_or_loses_anything(sim: Any) -> None:
    Deliveries.alert, Deliveries.begun = issued(countries=COUNTRIES), clock.now()
    rows = Delivery.objects.filter(alert=Deliveries.alert, account__platform="facebook", state=DeliveryState.QUEUED)
    Deliveries.ids = list(rows.order_by("pk").values_list("pk", flat=True)[:4])
    assert len(Deliveries.ids) >= 2
    run_state_machine_as_test(
        Deliveries,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
