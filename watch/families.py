"""The metrics: their names, words and labels, filled from counts of the ledger. Pure: no query, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from crisis.broadcast.models import DeliveryState, NoticeRun, NoticeState
from crisis.checkins.queries import Waits
from crisis.checkins.reported import Calls
from crisis.health.census import DeliveryCount, Unsealed
from crisis.health.models import Canary
from crisis.privacy.models import Purge
from crisis.registry.models import Mode
from watch.broker import Queues

MODES = [str(mode) for mode in Mode.values]


def gauge(name: str, words: str, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    """Return an empty family. All are gauges: they are counts of rows, and rows leave the window that is counted."""
    return GaugeMetricFamily(f"tocsin_{name}", words, labels=labels)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def deliveries(counted: Sequence[DeliveryCount], due_since: dict[str, datetime], now: datetime) -> Iterator[Metric]:
    """Tell of public accounts.

    Args:
        counted: the deliveries of the window.
        due_since: by mode, since when the oldest due one waits.
        now: the time.
    """
    every = gauge("deliveries", "Publications on public accounts", ["mode", "platform", "state", "reason"])
    stuck = gauge("deliveries_waiting_for_person", "Publications that only a person can settle", ["mode", "platform"])
    waiting: dict[tuple[str, str], int] = {}
    numbers: dict[tuple[str, str, str, str], int] = {}
    for row in counted:
        for state in DeliveryState.values:
            numbers.setdefault((row.mode, row.platform, state, ""), 0)
        # A reason that explains nothing any more (throttled, then published) is left out.
        reason = "" if row.state == DeliveryState.POSTED else row.reason
        numbers[row.mode, row.platform, row.state, reason] = (
            numbers.get((row.mode, row.platform, row.state, reason), 0) + row.number
        )
        place = (row.mode, row.platform)
        waiting[place] = waiting.get(place, 0) + row.waiting_for_person
    for labels, number in sorted(numbers.items()):
        every.add_metric(labels, number)
    for place, number in sorted(waiting.items()):
        stuck.add_metric(place, number)
    yield from (every, stuck)
    yield from _flow("delivery", due_since, _last(counted), now)


def _last(counted: Sequence[DeliveryCount]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for row in counted:
        if row.last_posted_at:
            last[row.mode] = max(row.last_posted_at, last.get(row.mode, row.last_posted_at))
    return last


def _flow(kind: str, due_since: dict[str, datetime], last: dict[str, datetime], now: datetime) -> Iterator[Metric]:
    age = gauge(f"{kind}_oldest_due_age_seconds", "For how long the oldest that could leave has waited", ["mode"])
    left = gauge(f"{kind}_last_left_timestamp_seconds", "When the latest left; 0 is never", ["mode"])
    for mode in MODES:
        age.add_metric([mode], _age(due_since.get(mode), now))
        left.add_metric([mode], _stamp(last.get(mode)))
    yield from (age, left)


@dataclass(frozen=True, slots=True)
class NoticeCount:
    """The notices of one run: its mode, how many in each state and reason, and what `tallies.RunCount` says beside."""

    mode: str
    states: Sequence[tuple[str, str, int]]
    resent_unknown: int
    due_since: datetime | None
    last_accepted_at: datetime | None


def notices(counted: Sequence[NoticeCount], runs: Sequence[tuple[str, str, int]], now: datetime) -> Iterator[Metric]:
    """Tell of notices to citizens.

    Args:
        counted: the runs of the window.
        runs: (mode, state, number) of runs.
        now: the time.
    """
    every = gauge("notices", "Notices to citizens", ["mode", "state", "reason"])
    resent = gauge("notices_resent_unknown", "Notices sent once more after an unknown outcome", ["mode"])
    plans = gauge("notice_runs", "Plans of notices, by whether all is written as it was approved", ["mode", "state"])
    numbers = {(mode, state, ""): 0 for mode in MODES for state in NoticeState.values}
    again, due_since, last = dict.fromkeys(MODES, 0), dict[str, datetime](), dict[str, datetime]()
    for run in counted:
        for state, reason, number in run.states:
            numbers[run.mode, state, reason] = numbers.get((run.mode, state, reason), 0) + number
        again[run.mode] += run.resent_unknown
        if run.due_since and run.due_since < due_since.get(run.mode, now):
            due_since[run.mode] = run.due_since
        if run.last_accepted_at:
            last[run.mode] = max(run.last_accepted_at, last.get(run.mode, run.last_accepted_at))
    for labels, number in sorted(numbers.items()):
        every.add_metric(labels, number)
    for mode, number in again.items():
        resent.add_metric([mode], number)
    written = {(mode, state): 0 for mode in MODES for state in NoticeRun.State.values}
    for plan, number in (written | {(mode, state): number for mode, state, number in runs}).items():
        plans.add_metric(plan, number)
    yield from (every, resent, plans)
    yield from _flow("notice", due_since, last, now)


def broker(found: Queues | None) -> Iterator[Metric]:
    """Tell of the broker; None: it does not answer."""
    answers = gauge("broker_up", "Whether the broker answers")
    waiting = gauge("queue_messages", "Doorbells that wait", ["queue"])
    in_hand = gauge("queue_messages_in_hand", "Doorbells that a worker has taken and not yet acknowledged")
    answers.add_metric([], found is not None)
    if found:
        for name, number in found.waiting.items():
            waiting.add_metric([name], number)
        in_hand.add_metric([], found.in_hand)
    yield from (answers, waiting, in_hand)


def journal(found: Unsealed, now: datetime) -> Iterator[Metric]:
    """Tell of the audit trail."""
    rows = gauge("journal_unsealed", "Entries of the audit trail that are not chained yet")
    age = gauge("journal_oldest_unsealed_age_seconds", "For how long the oldest of them has waited")
    rows.add_metric([], found.number)
    age.add_metric([], _age(found.oldest_at, now))
    yield from (rows, age)


def breakers(opened: Sequence[str]) -> Iterator[Metric]:
    """Tell what is left alone for a while because it failed several times in a row."""
    family = gauge(
        "breaker_open", "What is left alone for a while, because it failed several times in a row", ["breaker"]
    )
    for name in opened:
        family.add_metric([name], 1)
    yield family


def purge(latest: Purge | None) -> Iterator[Metric]:
    """Tell of the nightly removing of what is kept no longer."""
    at = gauge("purge_last_timestamp_seconds", "When the last nightly purge came to its end; 0 is never")
    rows = gauge("purged_rows", "How many rows the last purge removed or emptied", ["purpose"])
    at.add_metric([], _stamp(latest.finished_at if latest else None))
    for name, number in sorted(latest.counts.items() if latest else ()):
        rows.add_metric([name], number)
    yield from (at, rows)


def accounts(paused: Sequence[tuple[str, str, str, int]]) -> Iterator[Metric]:
    """Tell of accounts through which nothing leaves."""
    family = gauge("accounts_paused", "Accounts through which nothing leaves", ["mode", "platform", "why"])
    for mode, platform, why, number in paused:
        family.add_metric([mode, platform, why], number)
    yield family


def ending(found: Sequence[tuple[str, str, int, datetime]]) -> Iterator[Metric]:
    """Tell of accesses that end by themselves."""
    family = gauge(
        "credential_expires_timestamp_seconds",
        "When our access to an account ends by itself; one that does not is left out",
        ["mode", "platform", "account"],
    )
    for mode, platform, account, at in found:
        family.add_metric([mode, platform, str(account)], _stamp(at))
    yield family


def canaries(found: Sequence[Canary], swept_at: datetime | None) -> Iterator[Metric]:
    """Tell what came of trying the ways out, and when the sweep last came to its end."""
    labels = ["canary", "platform", "mode"]
    rings = gauge("canary_rings", "Whether a person must act: access is lost, or it failed twice in a row", labels)
    fails = gauge("canary_failures", "How often in a row it has failed", labels)
    well = gauge("canary_last_ok_timestamp_seconds", "When it last went well; 0 is never", labels)
    for canary in found:
        values = [canary.name, canary.platform, canary.account.mode if canary.account else ""]
        rings.add_metric(values, canary.rings)
        fails.add_metric(values, canary.failures)
        well.add_metric(values, _stamp(canary.ok_at))
    sweep = gauge("sweep_last_timestamp_seconds", "When the sweep last came to its end; 0 is never")
    sweep.add_metric([], _stamp(swept_at))
    yield from (rings, fails, well, sweep)


def calls(found: Sequence[Calls], now: datetime) -> Iterator[Metric]:
    """Tell of open calls for help: of citizens (case), and unverified, of people without registration (report)."""
    number = gauge("calls_for_help", "Open calls for help", ["mode", "kind"])
    age = gauge("call_for_help_oldest_age_seconds", "For how long the oldest of them has been open", ["mode", "kind"])
    for each in found:
        number.add_metric([each.mode, each.kind], each.number)
        age.add_metric([each.mode, each.kind], _age(each.oldest_at, now))
    yield from (number, age)


def unassigned(found: Waits, now: datetime) -> Iterator[Metric]:
    """Tell of cases that nobody looks after; a drill's are counted, and never grow old."""
    number = gauge("cases_unassigned", "Open cases that nobody looks after", ["mode"])
    number.add_metric([Mode.LIVE], found.live)
    number.add_metric([Mode.EXERCISE], found.exercise)
    age = gauge("case_unassigned_oldest_age_seconds", "For how long the oldest real one has been open")
    age.add_metric([], _age(found.live_since, now))
    yield from (number, age)
