"""Keeping the boards ready: changes are added up every other second, and all rows are counted anew now and then."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, Sum

from crisis.alerts.models import Rollcall
from crisis.alerts.queries import open_rollcalls
from crisis.checkins.counting import Board, Row, board, count, name, of_rows
from crisis.checkins.models import Safety
from crisis.checkins.rollup import BoardDelta, BoardTally

EVERY = timedelta(seconds=10)
SHARE = 20  # counting takes at most a twentieth of one processor of the database, however many rows there are
AFTERWARDS = timedelta(hours=1)  # what was sent before an alert ended is settled by then
AT_ONCE = 5_000  # changes that are added up in one transaction


def shown(rollcall: Rollcall) -> Board:
    """Return the board of a rollcall from the row that is kept ready, with every answer up to now.

    Where none was made yet, all rows are counted.
    """
    tally = BoardTally.objects.filter(rollcall=rollcall, counted_at__isnull=False).first()
    if tally is None:
        return board(rollcall)
    rows = _opened(tally)
    changes = BoardDelta.objects.filter(rollcall=rollcall).values_list("post", "hour", "column")
    _apply(rows, changes.annotate(n=Sum("people")).order_by())
    return of_rows(list(rows.values()), tally.counted_at)


def _opened(tally: BoardTally) -> dict[int | None, Row]:
    return {row["post_id"]: Row(**row) for row in tally.rows}


def _apply(rows: dict[int | None, Row], changes: object) -> None:
    for post, hour, column, people in changes:  # type: ignore[attr-defined]
        row = rows.setdefault(post, Row(post, ""))
        row.change(column, people)
        if hour is not None and column in Safety.values:
            row.in_hour(hour, column, people)
    name(rows.values())


@transaction.atomic
def add_up(rollcall_id: int) -> int:
    """Add the pending changes of a rollcall to its row; two at the same time wait for one another.

    Returns:
        How many changes there were.
    """
    tally = BoardTally.objects.select_for_update().filter(rollcall=rollcall_id, counted_at__isnull=False).first()
    if tally is None:
        return 0
    rows = BoardDelta.objects.filter(rollcall=rollcall_id).order_by("pk")
    changes = list(rows.values_list("pk", "post", "hour", "column", "people")[:AT_ONCE])
    if changes:
        standing = _opened(tally)
        _apply(standing, [each[1:] for each in changes])
        _write(tally, standing)
        BoardDelta.objects.filter(pk__in=[each[0] for each in changes]).delete()
    return len(changes)


def _write(tally: BoardTally, rows: dict[int | None, Row]) -> None:
    tally.rows = [asdict(row) for row in rows.values()]
    tally.save(update_fields=["rows", "counted_at", "next_at"])


def recount(*, rollcall: Rollcall, now: datetime) -> bool:
    """Count a rollcall anew from all its rows, and keep that.

    Returns:
        Whether an answer was counted otherwise before: what the ledger of changes says must always be the same.
    """
    begun = time.monotonic()
    BoardTally.objects.get_or_create(rollcall=rollcall, defaults={"next_at": now})
    with transaction.atomic():
        tally = BoardTally.objects.select_for_update().get(rollcall=rollcall)
        found = count(rollcall)
        before = _opened(tally)
        pending = BoardDelta.objects.filter(pk__in=found.deltas)
        _apply(before, pending.values_list("post", "hour", "column", "people"))
        differs = tally.counted_at is not None and _answers(before) != _answers(found.rows)
        took = timedelta(seconds=time.monotonic() - begun)
        tally.counted_at, tally.next_at = now, now + max(EVERY, took * SHARE)
        _write(tally, found.rows)
        pending.delete()
    return differs


def _answers(rows: dict[int | None, Row]) -> dict[tuple[int | None, str], int]:
    return {(post, safety): n for post, row in rows.items() for safety, n in row.answers.items() if n}


def tick(now: datetime) -> list[int]:
    """Bring every board up to date: those of open rollcalls are counted anew when it is due, the others once.

    Args:
        now: the time.

    Returns:
        The rollcalls whose answers were counted otherwise before, for somebody to look into.
    """
    going_on = Q(pk__in=open_rollcalls(now).values("pk")) | Q(
        alert__expires_at__range=(now - AFTERWARDS, now), closed_at=None
    )
    rows = Rollcall.objects.select_related("alert")
    due = rows.filter(
        Q(board_tally=None) | Q(board_tally__counted_at=None) | (going_on & Q(board_tally__next_at__lte=now))
    )
    counted, wrong = set(), []
    for rollcall in due.order_by("-pk")[:20]:
        counted.add(rollcall.pk)
        if recount(rollcall=rollcall, now=now):
            wrong.append(rollcall.pk)
    for pk in set(BoardDelta.objects.order_by().values_list("rollcall", flat=True).distinct()) - counted:
        add_up(pk)
    return wrong
