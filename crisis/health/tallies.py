"""Counting notices for whoever watches: a finished run once and for good, a running one when it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet

from crisis.alerts.models import Alert, State
from crisis.broadcast import next_way
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.broadcast.queries import ASKED_BY_BOT
from crisis.health.models import RunTally

# A run is finished once nothing of it has moved for so long: longer than any lease, or an answer that comes late.
QUIET = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many notices of one run are in each state.

    Attributes:
        states: (state, reason, number).
        resent_unknown: how many were sent once more after an unknown outcome.
        moving: how many may still change by themselves.
        unknown: those of them that are sent once more after an unknown outcome, while their alert holds.
        fresh: how many wait that were never tried; they may leave at once.
        first_due_at: from when the first of those that wait for another try may be sent; it may lie ahead.
        last_accepted_at: when the latest was accepted.
    """

    states: Sequence[tuple[str, str, int]]
    resent_unknown: int
    moving: int
    unknown: int
    fresh: int
    first_due_at: datetime | None
    last_accepted_at: datetime | None


def count(run_id: int) -> RunCount:
    """Count one run, in one pass over its rows; whom the bot has told is left out: they may come long after the last count."""
    rows = Notice.objects.filter(run=run_id).exclude(reason=ASKED_BY_BOT).values_list("state", "reason").order_by()
    unknown = Q(state=NoticeState.UNCONFIRMED, resent_unknown=False)
    waiting = Q(state__in=[NoticeState.QUEUED, NoticeState.SENDING])
    found = list(
        rows.annotate(
            n=Count("id"),
            resent=Count("id", filter=Q(resent_unknown=True)),
            moving=Count("id", filter=unknown | waiting),
            first=Min("not_before", filter=Q(state=NoticeState.QUEUED)),
            last=Max("accepted_at"),
            fresh=Count("id", filter=Q(state=NoticeState.QUEUED, not_before=None)),
            unknown=Count("id", filter=unknown),
        )
    )
    return RunCount(
        states=[(state, reason, n) for state, reason, n, *_ in found],
        resent_unknown=sum(row[3] for row in found),
        moving=sum(row[4] for row in found),
        unknown=sum(row[8] for row in found),
        fresh=sum(row[7] for row in found),
        first_due_at=min((row[5] for row in found if row[5]), default=None),
        last_accepted_at=max((row[6] for row in found if row[6]), default=None),
    )


def running(since: datetime) -> QuerySet[NoticeRun]:
    """Return the runs without a tally, of alerts issued since a moment."""
    return (
        NoticeRun.objects.filter(purpose=ALERT, alert__issued_at__gte=since, tally=None)
        .select_related("alert")
        .order_by("pk")
    )


def tallied(since: datetime) -> QuerySet[RunTally]:
    """Return the tallies of the runs of alerts issued since a moment."""
    return RunTally.objects.filter(run__alert__issued_at__gte=since).select_related("run__alert")


def holds(alert: Alert, now: datetime) -> bool:
    """Tell whether notices of an alert may still leave."""
    return alert.state == State.ISSUED and alert.expires_at is not None and now < alert.expires_at


def may_be_finished(run: NoticeRun, now: datetime) -> bool:
    """Tell, without counting, whether a run could be finished: written, old enough, and everybody of it was tried."""
    alert: Alert = run.alert
    if alert.issued_at is None or now - alert.issued_at < QUIET:
        return False
    if holds(alert, now) and run.state == NoticeRun.State.FILLING:
        return False
    if Notice.objects.filter(run=run, state=NoticeState.QUEUED, not_before=None).exists():
        return False
    # Whom another way does not reach is written to by this one.
    return not (holds(alert, now) and next_way.waits(alert, now))


def tally(run: NoticeRun, now: datetime) -> bool:
    """Count a run for the last time, if nothing of it moves any more; doing it again changes nothing.

    Returns:
        Whether it has a tally now.
    """
    if not may_be_finished(run, now):
        return False
    counted = count(run.pk)
    moving = counted.moving if holds(run.alert, now) else counted.moving - counted.unknown
    if moving or (counted.last_accepted_at is not None and now - counted.last_accepted_at < QUIET):
        return False
    fields = {
        "counts": counted.states,
        "resent_unknown": counted.resent_unknown,
        "last_accepted_at": counted.last_accepted_at,
        "tallied_at": now,
    }
    RunTally.objects.get_or_create(run=run, defaults=fields)
    return True
