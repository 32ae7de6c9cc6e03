"""Writing a run's notices: who is meant is read once, most exposed first, then written in slices, of which a crash loses none."""

import json
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from crisis.alerts.models import State
from crisis.audience.models import Contact
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.broadcast.queries import notice_wordings
from crisis.broadcast.ways import kinds_sql, turn_sql
from crisis.registry.queries import house_paused

FIRST_SLICE = 1_000  # small, so that the first notices leave while the rest is being written
SLICE = 10_000  # notices of one transaction
RESTORED = "restored"  # the reason of what may have left after the backup was taken
LEASE = timedelta(seconds=60)  # of the one who writes; renewed with each slice


@dataclass(frozen=True, slots=True)
class Meant:
    """Who is meant, most exposed first: for each place in the order a contact's id, and the id of the cell that it stays in.

    Sixteen bytes for each person: a million take 16 MB.
    """

    contacts: "array[int]"
    cells: "array[int]"

    def slices(self) -> Iterator["Meant"]:
        """Return the slices."""
        for start in range(0, len(self.contacts), SLICE):
            yield Meant(self.contacts[start : start + SLICE], self.cells[start : start + SLICE])


def unfinished(now: datetime) -> list[int]:
    """Return the runs whose notices are not all written, and that nobody is writing; none while the house is paused."""
    if house_paused():
        return []
    filling = NoticeRun.objects.filter(
        Q(filling_until=None) | Q(filling_until__lt=now),
        state=NoticeRun.State.FILLING,
        alert__state=State.ISSUED,
        alert__expires_at__gt=now,
    )
    return list(filling.values_list("pk", flat=True))


def take(*, run_id: int, now: datetime) -> bool:
    """Take a run for writing; one at a time writes, and the next one goes on where a dead one stopped."""
    if house_paused():
        return False
    free = NoticeRun.objects.filter(Q(filling_until=None) | Q(filling_until__lt=now), pk=run_id)
    return bool(free.filter(state=NoticeRun.State.FILLING).update(filling_until=now + LEASE))


# Who is meant: the criteria are frozen in area_cell, and a contact that is newer than the run is not in it. Whoever is nearest
# to the danger comes first, then whoever said latest that they are there.
_WHO = "c.kind = %s AND c.state = %s AND c.id <= %s AND z.ministry_id = %s AND (z.in_exercises OR %s)"


def _first(run: NoticeRun) -> tuple[str, list[Any]]:
    """Return the SQL of: nothing of the person's comes before this contact; and its values.

    What does is a way that works; or worked when the alert was issued, has a notice for it, and was found dead since: that
    person is `next_way`'s. An alert with one run has nobody with two ways, and asks nothing; nor does one that goes every way at
    once; else it is one look-up a person.
    """
    if run.every_way or not _has_others(run):
        return "true", []
    query = f"""NOT EXISTS (
    SELECT 1 FROM audience_contact b
    WHERE b.citizen_id = c.citizen_id AND b.id <> c.id AND b.id <= %s AND b.kind IN ({kinds_sql()})
    AND {turn_sql("b")} < {turn_sql("c")}
    AND (b.state = %s OR EXISTS (SELECT 1 FROM broadcast_notice o
        JOIN broadcast_noticerun q ON q.id = o.run_id WHERE o.contact_id = b.id AND q.alert_id = %s AND q.purpose = %s))
)"""  # noqa: S608 - constants only
    return query, [run.greatest_contact, Contact.State.ACTIVE, run.alert_id, ALERT]


def _has_others(run: NoticeRun) -> bool:
    return NoticeRun.objects.filter(alert=run.alert_id, purpose=ALERT).exclude(pk=run.pk).exists()


_MEANT = f"""
SELECT c.id AS contact, a.id AS cell
FROM audience_contact c
JOIN audience_citizen z ON z.id = c.citizen_id
JOIN audience_stay s ON s.citizen_id = z.id AND s.ended_at IS NULL
JOIN broadcast_areacell a ON a.run_id = %s AND a.country = s.country AND a.region = s.region AND a.cell = s.cell
WHERE {_WHO} AND """  # noqa: S608 - constants only
_WITHOUT_WRITTEN = (
    " AND NOT EXISTS (SELECT 1 FROM broadcast_notice n WHERE n.run_id = a.run_id AND n.contact_id = c.id)"
)
_ORDER = " ORDER BY a.rank, s.confirmed_at DESC, c.id"


# The most exposed alone: the stays are put in order before anything is looked up for them, which takes a sixth of the time.
_NEAREST = f"""
WITH nearest AS (
    SELECT s.citizen_id, a.id AS cell, a.rank, s.confirmed_at
    FROM broadcast_areacell a
    JOIN audience_stay s ON s.ended_at IS NULL AND a.country = s.country AND a.region = s.region AND a.cell = s.cell
    WHERE a.run_id = %s
    ORDER BY a.rank, s.confirmed_at DESC, s.citizen_id LIMIT %s
)
SELECT c.id AS contact, s.cell AS cell
FROM nearest s
JOIN audience_citizen z ON z.id = s.citizen_id
JOIN audience_contact c ON c.citizen_id = z.id
WHERE {_WHO} AND """  # noqa: S608 - constants only
_NEAREST_ORDER = " ORDER BY s.rank, s.confirmed_at DESC, c.id LIMIT %s"


def slices(*, run_id: int) -> Iterator[Meant]:
    """Read who is meant and has no notice yet, slice after slice: a small one first, which leaves while the rest is read."""
    run = NoticeRun.objects.select_related("alert").get(pk=run_id)
    if Notice.objects.filter(run=run).exists():
        yield from meant(run_id=run_id).slices()
        return
    one, values = _first(run)
    nearest = [run.pk, 2 * FIRST_SLICE, *_who(run), *values, FIRST_SLICE]
    first = read(_NEAREST + one + _NEAREST_ORDER, nearest)
    yield first
    # These few are known: to ask the database for who has no notice would meet a table of which it knows nothing yet, and has
    # read in full for each person.
    yield from read(_MEANT + one + _ORDER, [run.pk, *_who(run), *values], without=frozenset(first.contacts)).slices()


def meant(*, run_id: int) -> Meant:
    """Read who is meant by a run and has no notice yet."""
    run = NoticeRun.objects.select_related("alert").get(pk=run_id)
    begun = Notice.objects.filter(run=run).exists()
    one, values = _first(run)
    return read(_MEANT + one + (_WITHOUT_WRITTEN if begun else "") + _ORDER, [run.pk, *_who(run), *values])


def read(query: str, values: Sequence[Any], *, without: Collection[int] = frozenset()) -> Meant:
    """Read contacts and their cells by a query that returns the two, but for some contacts."""
    contacts, cells = array("q"), array("q")
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(2_000):
            contacts.extend(contact for contact, _ in rows if contact not in without)
            cells.extend(cell for contact, cell in rows if contact not in without)
    return Meant(contacts, cells)


def count_meant(*, run_id: int, without: Sequence[int] = (), states: Sequence[str] = ()) -> int:
    """Count who is meant by a run's own criteria and has no notice of some other runs in certain states.

    Args:
        run_id: the run.
        without: those other runs.
        states: those states.
    """
    run = NoticeRun.objects.select_related("alert").get(pk=run_id)
    one, more = _first(run)
    query, values = _MEANT + one, [run.pk, *_who(run), *more]
    if without:
        holes, among = ", ".join("%s" for _ in without), ", ".join("%s" for _ in states)
        query += (
            f" AND NOT EXISTS (SELECT 1 FROM broadcast_notice n WHERE n.run_id IN ({holes}) AND n.contact_id = c.id"  # noqa: S608
            f" AND n.state IN ({among}))"
        )
        values = [*values, *without, *states]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({query}) AS m", values)  # noqa: S608 - constants only
        return int(cursor.fetchone()[0])


def _who(run: NoticeRun) -> list[Any]:
    return [run.kind, Contact.State.ACTIVE, run.greatest_contact, run.alert.ministry_id, not run.alert.exercise]


_WANTED = {
    "postgresql": "unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS w(contact, cell, place)",
    # One list of pairs: two lists, joined by their places, are read in full for each place.
    "sqlite": (
        "(SELECT json_extract(value, '$[0]') AS contact, json_extract(value, '$[1]') AS cell, key AS place "
        "FROM json_each(%s)) AS w"
    ),
}


def _wanted(part: Meant) -> list[Any]:
    contacts, cells = part.contacts.tolist(), part.cells.tolist()
    if connection.vendor == "postgresql":
        return [contacts, cells]
    return [json.dumps(list(zip(contacts, cells, strict=True)))]


@transaction.atomic
def write_slice(*, run_id: int, part: Meant, now: datetime) -> tuple[int, int]:
    """Write one slice; what stands already is left alone.

    Args:
        run_id: the run, taken.
        part: of `meant`.
        now: the time; the lease is renewed from it.

    Returns:
        The first and the last notice's id; (0, 0) if the alert does not hold any more or nothing was new.
    """
    run = hold(run_id=run_id, now=now)
    return added(run, partial(insert, run, part)) if run else (0, 0)


def locked(run_id: int) -> NoticeRun:
    """Return a run with its alert; nobody else changes the run until this transaction ends.

    The alert's own row stays free, and so do references to the run: whoever retracts it takes the two in the other order.
    """
    return NoticeRun.objects.select_for_update(of=("self",), no_key=True).select_related("alert").get(pk=run_id)


def hold(*, run_id: int, now: datetime) -> NoticeRun | None:
    """Return a run that is written further, with its lease renewed; None if its alert does not hold any more."""
    run = locked(run_id)
    if run.alert.state != State.ISSUED or run.alert.expires_at is None or run.alert.expires_at <= now:
        return None
    NoticeRun.objects.filter(pk=run_id).update(filling_until=now + LEASE)
    return run


def added(run: NoticeRun, insert: Callable[[], None]) -> tuple[int, int]:
    """Write some notices of a run that is held, and return the first and the last one's id; (0, 0) if none was new."""
    greatest = Notice.objects.order_by("-id").values_list("id", flat=True).first() or 0
    insert()
    written = Notice.objects.filter(run=run, id__gt=greatest)
    first = written.order_by("id").values_list("id", flat=True).first() or 0
    last = written.order_by("-id").values_list("id", flat=True).first() or 0
    return first, last


def insert(run: NoticeRun, part: Meant) -> None:
    """One statement; each citizen's language chooses the wording, and whoever has said "stop" since is told nothing."""
    case, chosen = wording_of(run)
    begin, values = beginning(run)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO broadcast_notice ({COLUMNS})
            SELECT %s, c.id, {case}, a.post_id, z.people, a.rank, {begin}
            FROM {_WANTED[connection.vendor]}
            JOIN audience_contact c ON c.id = w.contact
            JOIN audience_citizen z ON z.id = c.citizen_id
            JOIN broadcast_areacell a ON a.id = w.cell
            WHERE true
            ORDER BY w.place
            ON CONFLICT (run_id, contact_id) DO NOTHING
            """,  # noqa: S608 - constants only
            [
                run.pk,
                *chosen,
                *values,
                *_wanted(part),
            ],
        )


COLUMNS = (
    "run_id, contact_id, wording_id, post_id, people, rank, state, reason, not_before, "
    "attempt, claim, remote_id, resent_unknown, reserve"
)


def beginning(run: NoticeRun) -> tuple[str, list[Any]]:
    """Return the SQL of how a notice begins, by its contact, and its values.

    It is queued; after a restore from backup unknown, as nobody knows who of them was told.
    """
    active = Contact.State.ACTIVE
    state, reason = (NoticeState.UNCONFIRMED, RESTORED) if run.restored_at else (NoticeState.QUEUED, "")
    moment = "timestamptz" if connection.vendor == "postgresql" else "text"
    begin = (
        "CASE WHEN c.state = %s THEN %s ELSE %s END, CASE WHEN c.state = %s THEN %s ELSE 'left' END, "
        f"CAST(%s AS {moment}), 0, 0, '', %s, {_others(run)}"
    )
    restored_at = connection.ops.adapt_datetimefield_value(run.restored_at)
    return begin, [active, state, NoticeState.UNDELIVERED, active, reason, restored_at, False]


def _others(run: NoticeRun) -> str:
    """Return the SQL of: the person has another way that works, to be tried if this one fails."""
    if not _has_others(run):
        return "false"
    return f"""EXISTS (SELECT 1 FROM audience_contact b WHERE b.citizen_id = c.citizen_id AND b.id <> c.id
        AND b.state = '{Contact.State.ACTIVE.value}' AND b.kind IN ({kinds_sql()}))"""  # noqa: S608 - constants only


def wording_of(run: NoticeRun) -> tuple[str, list[Any]]:
    """Return the SQL that chooses a wording by the citizen's language, and its values."""
    by_language = {wording.languages: wording.pk for wording in notice_wordings(run.alert, run.kind)}
    cases = " ".join("WHEN %s THEN %s" for _ in by_language)
    chosen: list[Any] = [value for pair in by_language.items() for value in pair]
    return f"CASE z.language {cases} ELSE %s END", [*chosen, next(iter(by_language.values()))]
