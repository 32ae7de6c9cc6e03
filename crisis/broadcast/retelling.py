"""Who is told of a correction: whoever was told of what it corrects, or may have been, whatever has become of the area since."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from crisis.alerts.models import Alert
from crisis.broadcast import filling
from crisis.broadcast.models import Notice, NoticeRun, NoticeState

# What a worker is sending at this moment is waited for: a correction never overtakes what it corrects.
_TOLD = (NoticeState.ACCEPTED, NoticeState.UNCONFIRMED)
_LOOK_AGAIN = timedelta(seconds=2)


def _earlier(run: NoticeRun) -> list[int]:
    """Return the runs of the earlier alerts of a chain, by the same way: a reminder too names what happened, and where."""
    chain = NoticeRun.objects.filter(alert__code=run.alert.code, alert__number__lt=run.alert.number, kind=run.kind)
    chain = chain.exclude(purpose=NoticeRun.Purpose.EMERGENCY)
    return list(chain.values_list("pk", flat=True))


def _states(run: NoticeRun) -> list[NoticeState]:
    """Return of whom a run takes over the notices: of an update, also of those who could not be reached, for the board."""
    return [*_TOLD, NoticeState.UNDELIVERED] if run.alert.msg_type == Alert.MsgType.UPDATE else [*_TOLD]


def told(run: NoticeRun) -> QuerySet[Notice]:
    """Return the notices of whoever was told of a run's chain before, or may have been."""
    return Notice.objects.filter(run__in=_earlier(run), state__in=[*_states(run), NoticeState.SENDING])


def expected(run: NoticeRun) -> int:
    """Count whoever a correction means: those told before, and those its own areas hold who were not."""
    before = told(run).values("contact").distinct().count()
    return before + filling.count_meant(
        run_id=run.pk, without=_earlier(run), states=[*_states(run), NoticeState.SENDING]
    )


def slices(*, run_id: int, now: datetime) -> Iterator[tuple[int, int]]:
    """Write the notices of whoever was told before, slice after slice, in the order in which they were.

    Yields:
        The first and the last notice's id of each slice.
    """
    after = 0
    while True:
        after, first, last = _write(run_id, after, now)
        if first:
            yield first, last
        if not after:
            return


def is_complete(run_id: int) -> bool:
    """Tell whether nothing of the earlier alerts is being sent any more, so that everybody who was told is known."""
    run = NoticeRun.objects.select_related("alert").get(pk=run_id)
    # What waits for its one repetition may have been told: the sweep calls it unknown again, since nothing repeats it now.
    repeated = Q(state=NoticeState.QUEUED, resent_unknown=True, not_before__isnull=False)
    return not Notice.objects.filter(Q(state=NoticeState.SENDING) | repeated, run__in=_earlier(run)).exists()


def look_again(*, run_id: int, now: datetime) -> None:
    """Give a run back whose earlier notices are still being sent; a sweep rings for it again."""
    NoticeRun.objects.filter(pk=run_id, state=NoticeRun.State.FILLING).update(filling_until=now + _LOOK_AGAIN)


@transaction.atomic
def _write(run_id: int, after: int, now: datetime) -> tuple[int, int, int]:
    run = filling.hold(run_id=run_id, now=now)
    if run is None:
        return 0, 0, 0
    rows = Notice.objects.filter(run__in=_earlier(run), state__in=_states(run), id__gt=after).order_by("id")
    size = filling.SLICE if after else filling.FIRST_SLICE
    ids = list(rows.values_list("id", flat=True)[:size])
    if not ids:
        return 0, 0, 0
    return ids[-1], *filling.added(run, partial(_insert, run, ids[0], ids[-1]))


def _insert(run: NoticeRun, first: int, last: int) -> None:
    case, chosen = filling.wording_of(run)
    runs = _earlier(run)
    holes = ", ".join("%s" for _ in runs)
    begin, beginning = filling.beginning(run)
    states = _states(run)
    among = ", ".join("%s" for _ in states)
    values: list[Any] = [run.pk, *chosen, *beginning, *runs, *states, first, last]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO broadcast_notice ({filling.COLUMNS})
            SELECT %s, c.id, {case}, n.post_id, z.people, n.rank, {begin}
            FROM broadcast_notice n
            JOIN audience_contact c ON c.id = n.contact_id
            JOIN audience_citizen z ON z.id = c.citizen_id
            WHERE n.run_id IN ({holes}) AND n.state IN ({among}) AND n.id BETWEEN %s AND %s
            ORDER BY n.id
            ON CONFLICT (run_id, contact_id) DO NOTHING
            """,  # noqa: S608 - constants only
            values,
        )
