"""The ledger of notices as a state machine: whatever crashes, in whatever order, nobody is told more than twice, or lost."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.audience.models import Contact
from crisis.broadcast import notice_ledger
from crisis.broadcast.models import Notice, NoticeState
from crisis.broadcast.notice_ledger import Claimed, Outcome
from platforms.contract import Receipt
from platforms.errors import (
    BadCredentials,
    PlatformError,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from tests.functional.factories import citizen, issued

PEOPLE = 6
ENDS = {NoticeState.ACCEPTED, NoticeState.UNDELIVERED, NoticeState.STOPPED, NoticeState.EXPIRED}
# What a platform may answer, and whether the text stands in the chat then.
ANSWERS: dict[str, tuple[Receipt | PlatformError, bool]] = {
    "accepted": (Receipt("1"), True),
    "cut after": (Unconfirmed("cut"), True),
    "cut before": (Unconfirmed("cut"), False),
    "unreachable": (Unreachable("no"), False),
    "throttled": (Throttled("slow", scope="app", retry_after=5), False),
    "refused bot": (BadCredentials("revoked"), False),
    "blocked": (RecipientGone("blocked", platform_code="403"), False),
    "not found": (RecipientGone("chat not found", platform_code="400"), False),
    "moved": (RecipientMoved("8100000001"), False),
}


class Notices(RuleBasedStateMachine):
    """Workers that claim, send, settle and die; a sweep; a person who stops it."""

    alert: Alert
    begun: datetime
    addresses: dict[int, str]

    def __init__(self) -> None:
        super().__init__()
        self.now = self.begun
        self.run_id = self.alert.notice_runs.get().pk
        self.held: list[tuple[int, datetime, list[Claimed]]] = []
        self.told: Counter[int] = Counter()
        self.heard: dict[int, str] = {}  # the last answer of which the ledger knows
        self.stopped = False
        # Everything that an earlier example wrote is taken back: the same choices must meet the same rows.
        Alert.objects.filter(pk=self.alert.pk).update(state=State.ISSUED, stopped_at=None)
        Contact.objects.update(state=Contact.State.ACTIVE, state_why="")
        for pk, address in self.addresses.items():
            Contact.objects.filter(pk=pk).exclude(address=address).update(address=address)
        Notice.objects.filter(run=self.run_id).update(
            state=NoticeState.QUEUED, attempt=0, claim=0, lease_until=None, not_before=None, resent_unknown=False, reason="",
            accepted_at=None, remote_id="",
        )  # fmt: skip
        self.ids = list(Notice.objects.filter(run=self.run_id).order_by("id").values_list("pk", flat=True))

    @rule(first=st.integers(0, PEOPLE - 1), many=st.integers(1, PEOPLE))
    def claim(self, first: int, many: int) -> None:
        last = self.ids[min(first + many, PEOPLE) - 1]
        number, mine = notice_ledger.claim_window(run_id=self.run_id, first=self.ids[first], last=last, now=self.now)
        assert not (mine and self.stopped), "a stop comes before every later claim"
        if mine:
            self.held.append((number, self.now, mine))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def send_and_settle(self, data: st.DataObject) -> None:
        number, claimed_at, mine = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        if self.now - claimed_at > timedelta(seconds=30):
            self._forgotten(mine)
            return  # the task's own time limit has ended it
        sent = [
            (notice, data.draw(st.sampled_from(sorted(ANSWERS))))
            for notice in mine[: data.draw(st.integers(0, len(mine)))]
        ]
        self.told.update(notice.id for notice, answer in sent if ANSWERS[answer][1])
        outcomes = [Outcome(notice, ANSWERS[answer][0]) for notice, answer in sent]
        notice_ledger.settle_window(number=number, outcomes=outcomes, now=self.now)
        left = [notice.id for notice in mine[len(sent) :]]
        notice_ledger.give_back(number=number, ids=left, until=self.now)
        for notice, answer in sent:
            twice = answer in ("not found", "moved") and self.heard.get(notice.id) == answer
            row = Notice.objects.get(pk=notice.id)
            assert (row.state == NoticeState.UNDELIVERED) == (twice or answer == "blocked"), "believed the second time"
            self.heard[notice.id] = answer

    def _forgotten(self, mine: list[Claimed]) -> None:
        for notice in mine:
            self.heard.pop(notice.id, None)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """A worker is killed after it has sent some; what was sent, nobody has written down."""
        _, _, mine = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        self.told.update(notice.id for notice in mine[: data.draw(st.integers(0, len(mine)))])
        self._forgotten(mine)

    @rule(seconds=st.sampled_from([1, 10, 61, 130]))
    def sweep(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        notice_ledger.expire_leases(self.now)
        notice_ledger.resend_unknown(self.now)
        notice_ledger.close_ended(self.now)

    @rule()
    def stop(self) -> None:
        Alert.objects.filter(pk=self.alert.pk).update(state=State.STOPPED)
        self.stopped = True

    @invariant()
    def nobody_is_told_too_often(self) -> None:
        rows = {row.pk: row for row in Notice.objects.filter(run=self.run_id)}
        for pk, times in self.told.items():
            assert times <= 2
            assert times == 1 or rows[pk].resent_unknown, "twice only after an outcome that nobody knew"
        for row in rows.values():
            if row.state == NoticeState.ACCEPTED:
                assert self.told[row.pk] >= 1

    def teardown(self) -> None:
        """Nothing is lost: left alone, everything comes to an end."""
        self.held.clear()
        for _ in range(12):
            self.sweep(130)
            number, mine = notice_ledger.claim_window(
                run_id=self.run_id, first=self.ids[0], last=self.ids[-1], now=self.now
            )
            self.told.update(notice.id for notice in mine)
            outcomes = [Outcome(notice, Receipt("1")) for notice in mine]
            notice_ledger.settle_window(number=number, outcomes=outcomes, now=self.now)
        left = Notice.objects.filter(run=self.run_id).exclude(state__in=ENDS)
        # Unknown after its one repetition: told at least as often as it was tried, and visible.
        unknown = left.filter(state=NoticeState.UNCONFIRMED)
        assert left.count() == unknown.count()
        assert self.stopped or not unknown.filter(resent_unknown=False).exists(), (
            "of an alert that holds it is sent again"
        )
        self.nobody_is_told_too_often()


def test_no_order_of_crashes_tells_anybody_too_often_or_loses_anybody(sim: Any) -> None:
    for number in range(PEOPLE):
        citizen(name=str(number))
    Notices.alert, Notices.begun = issued(), clock.now()
    Notices.addresses = dict(Contact.objects.values_list("pk", "address"))
    run_state_machine_as_test(
        Notices,
        settings=settings(
            max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
