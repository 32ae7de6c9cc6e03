"""Ending a run's writing: whoever none of an alert's ways has written to is caught up with, and what stands is counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from crisis.alerts.models import State
from crisis.audience.models import Contact
from crisis.broadcast.filling import Meant, added, insert, locked, read
from crisis.broadcast.models import ALERT, Notice, NoticeRun
from crisis.broadcast.notice_ledger import Chunk
from crisis.broadcast.ways import kinds_sql, turn_sql
from crisis.journal.operations import append

_LOOK_AGAIN = timedelta(seconds=2)
# Who could be told by some way when the alert was issued and has no notice by any. Their first way died, or came to life again,
# between the readings of two runs, so that each left them to the other. They are written down by their first way: where that is
# dead the notice is not delivered, and the next way follows it.
_MISSED = f"""
SELECT c.id AS contact, a.id AS cell
FROM audience_contact c
JOIN audience_citizen z ON z.id = c.citizen_id
JOIN audience_stay s ON s.citizen_id = z.id AND s.ended_at IS NULL
JOIN broadcast_areacell a ON a.run_id = %s AND a.country = s.country AND a.region = s.region AND a.cell = s.cell
WHERE c.kind = %s AND c.id <= %s AND z.ministry_id = %s AND (z.in_exercises OR %s)
AND NOT EXISTS (
    SELECT 1 FROM audience_contact b JOIN broadcast_notice o ON o.contact_id = b.id
    JOIN broadcast_noticerun q ON q.id = o.run_id
    WHERE b.citizen_id = c.citizen_id AND q.alert_id = %s AND q.purpose = %s)
AND EXISTS (
    SELECT 1 FROM audience_contact b
    WHERE b.citizen_id = c.citizen_id AND b.id <= %s AND b.state = %s AND b.kind IN ({{kinds}}))
AND NOT EXISTS (
    SELECT 1 FROM audience_contact b
    JOIN broadcast_noticerun q ON q.alert_id = %s AND q.purpose = %s AND q.kind = b.kind
    JOIN broadcast_areacell d ON d.run_id = q.id AND d.country = a.country AND d.region = a.region AND d.cell = a.cell
    WHERE b.citizen_id = c.citizen_id AND b.id <= %s AND {turn_sql("b")} < {turn_sql("c")})
ORDER BY a.rank, c.id
"""  # noqa: S608 - constants only


def close(*, run_id: int, now: datetime) -> list[Chunk]:
    """End a run's writing; with the last one of an alert, whoever was missed between two of them is caught up with.

    Args:
        run_id: the run, taken, of which all slices are written.
        now: the time.

    Returns:
        What was written for those who were missed, to be rung for.
    """
    run = NoticeRun.objects.select_related("alert").get(pk=run_id)
    several = _runs(run)
    last = _is_last(run)
    # Read before anything is locked: among a million that takes seconds, in which others must write.
    missed = [(each, _missed(each)) for each in several] if last and len(several) > 1 else []
    written = [_catch_up(each.pk, part, now) for each, part in missed if part.contacts]
    _settle(run_id, [each.pk for each in several], now, caught_up=last)
    return [chunk for chunk in written if chunk[1]]


def _runs(run: NoticeRun) -> list[NoticeRun]:
    return list(NoticeRun.objects.filter(alert=run.alert_id, purpose=ALERT).select_related("alert").order_by("pk"))


def _is_last(run: NoticeRun) -> bool:
    """Tell whether every other way of a run's alert is written."""
    filling = NoticeRun.objects.filter(alert=run.alert_id, purpose=ALERT, state=NoticeRun.State.FILLING)
    return not filling.exclude(pk=run.pk).exists()


def _missed(run: NoticeRun) -> Meant:
    """Read whom no way of a run's alert has written to, and whose first way is this run's."""
    alert, greatest = run.alert, run.greatest_contact
    values: list[Any] = [
        *[run.pk, run.kind, greatest, alert.ministry_id, not alert.exercise, alert.pk, ALERT],
        *[greatest, Contact.State.ACTIVE, alert.pk, ALERT, greatest],
    ]
    return read(_MISSED.format(kinds=kinds_sql()), values)


@transaction.atomic
def _catch_up(run_id: int, part: Meant, now: datetime) -> Chunk:
    run = locked(run_id)
    if run.alert.state != State.ISSUED or run.alert.expires_at is None or run.alert.expires_at <= now:
        return run_id, 0, 0
    first, last = added(run, partial(insert, run, part))
    if last:
        append(
            actor="broadcast", action="broadcast.caught_up", subject=f"alert:{run.alert_id}", now=now, way=run.kind,
            notices=Notice.objects.filter(run=run, pk__range=(first, last)).count(),
        )  # fmt: skip
    return run_id, first, last


@transaction.atomic
def _settle(run_id: int, several: Sequence[int], now: datetime, *, caught_up: bool) -> None:
    """Compare what was written with what was approved; another count is said aloud and stays visible."""
    # All of them, in one order: of two that end at one moment the later sees that it is the last.
    runs = {pk: locked(pk) for pk in several}
    run = runs[run_id]
    if run.state != NoticeRun.State.FILLING or run.alert.state != State.ISSUED:
        return
    if not caught_up and _is_last(run):
        NoticeRun.objects.filter(pk=run_id).update(filling_until=now + _LOOK_AGAIN)
        return
    _compare(run, now)
    for other in runs.values():
        # Whoever was missed stands in it now.
        if other.state == NoticeRun.State.MISMATCH and other.pk != run_id and _written(other) == other.expected:
            NoticeRun.objects.filter(pk=other.pk).update(state=NoticeRun.State.FILLED)


def _written(run: NoticeRun) -> int:
    return Notice.objects.filter(run=run).count()


def _compare(run: NoticeRun, now: datetime) -> None:
    written = _written(run)
    if run.corrects_id is not None:
        # Who had been told was not settled when it was approved: what a worker was sending then has ended since.
        run.expected = written
    run.state = NoticeRun.State.FILLED if written == run.expected else NoticeRun.State.MISMATCH
    run.filling_until = None
    run.save(update_fields=["state", "filling_until", "expected"])
    if run.state == NoticeRun.State.MISMATCH:
        append(
            actor="broadcast",
            action="broadcast.count_mismatch",
            subject=f"alert:{run.alert_id}",
            now=now,
            **({} if run.kind == Contact.Kind.TELEGRAM else {"way": run.kind}),
            expected=run.expected,
            written=written,
        )
