"""The ledger of notices: claimed and settled in windows, by one statement each, within an id range that the task carries."""

import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, When

from crisis.alerts.models import Alert, State
from crisis.audience.models import Contact
from crisis.audience.operations import readdress
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.broadcast.release import ALERT_OPEN, ROUTINE_WAITS, busy_for, holding
from crisis.registry.models import Mode
from platforms.contract import Receipt
from platforms.errors import (
    REFUSES_US,
    PlatformDown,
    PlatformError,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
    Unreachable,
)

LEASE = timedelta(seconds=60)
RESEND_AFTER = timedelta(seconds=60)  # the one repetition is worth nothing in the same bad minute
UNREACHABLE_FOR = timedelta(seconds=5)
OURS_TO_MEND = timedelta(seconds=60)  # a refused token or bot: nobody is "not delivered" for it, and a person is told
CLOSED_AT_ONCE = 10_000
_SECOND_LOOK = timedelta(seconds=60)
_DOUBTFUL = ("400", "131026")  # Telegram's "chat not found", WhatsApp's "undeliverable": believed only the second time
# May be tried: never tried yet, or waited long enough.
_FREE = Q(state=NoticeState.QUEUED, not_before=None)
_HOLDS = {"run__alert__state": State.ISSUED}

Chunk = tuple[int, int, int]
"""A run, and the first and last id of some of its notices."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One notice of a claimed chunk, with what its sending needs.

    Attributes:
        contact_id: whose; 0 if it goes to somebody's emergency contact, who has no contact of their own.
        address: the chat's number, or what stands for an address that is `sealed`: it names nobody.
        sealed: the address, encrypted; blank where it stands clear.
        attempt: this one's number.
        before: the reason that the try before has left, or "".
        lease_until: when the claim is worth nothing any more.
        people: how many the citizen answers for, as it was when the notice was written.
        about: the name of the person about whom an emergency contact is asked.
        version: of the contact: what is signed for this address opens nothing for a later one.
    """

    id: int
    contact_id: int
    address: str
    wording_id: int
    attempt: int
    before: str
    lease_until: datetime
    sealed: str = field(default="", repr=False)
    people: int = 1
    about: str = field(default="", repr=False)
    version: int = 0

    @property
    def seems_gone(self) -> bool:
        """Whether "chat not found" was the answer last time too: only then it is believed."""
        return self.before == RecipientGone.code


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one notice."""

    notice: Claimed
    result: Receipt | PlatformError


def _ranges(rows: Iterable[tuple[int, int]], size: int) -> list[Chunk]:
    """Gather (run, id), in order, into ranges that span at most `size` ids."""
    found: list[Chunk] = []
    for run, notice in rows:
        if found and found[-1][0] == run and notice - found[-1][1] < size:
            found[-1] = (run, found[-1][1], notice)
        else:
            found.append((run, notice, notice))
    return found


def fresh_chunks(
    *,
    limit: int,
    size: int,
    corrections: bool | None = None,
    telegram: bool | None = None,
    again: bool | None = None,
) -> list[Chunk]:
    """Return the first chunks that were never tried: for when the bells of their writing were lost.

    What corrects another live alert comes first, then live before exercises; within a run the most exposed.

    Args:
        limit: at most so many.
        size: a chunk spans at most so many ids.
        corrections: only of live alerts that correct another, or only of the others; None is both.
        telegram: only by Telegram, or only by the other ways; None is all.
        again: only what the ladder says again, or only what alerts say; None is both.
    """
    fresh = Notice.objects.filter(_FREE, run=OuterRef("pk"))
    live = Q(alert__mode=Mode.LIVE)
    plain = Q(alert__msg_type=Alert.MsgType.ALERT) | ~live  # a drill's correction never stands before a live alert
    runs = NoticeRun.objects.filter(Exists(fresh), alert__state=State.ISSUED)
    runs = runs.filter(_by(telegram, "kind"))
    if corrections is not None:
        runs = runs.exclude(plain) if corrections else runs.filter(plain)
    found: list[Chunk] = []
    if again is not None:
        runs = runs.exclude(purpose=ALERT) if again else runs.filter(purpose=ALERT)
    order = (Case(When(plain, then=1), default=0), Case(When(live, then=0), default=1), "pk")
    for run_id in runs.order_by(*order).values_list("pk", flat=True):
        if (room := limit - len(found)) <= 0:
            break
        rows = Notice.objects.filter(_FREE, run=run_id).order_by("id").values_list("run_id", "id")
        found += _ranges(rows[: room * size], size)[:room]
    return found


def stranded_chunks(*, limit: int, size: int, behind: int, telegram: bool | None = None) -> list[Chunk]:
    """Return chunks that were never tried although much less exposed people are being told: their bells were lost.

    How far a run has come is read from what is being sent at this moment, which an index serves.

    Args:
        limit, size, telegram: see `fresh_chunks`.
        behind: they lie more than so many chunks behind the last that is being sent.
    """
    sending = Notice.objects.filter(state=NoticeState.SENDING, lease_until__isnull=False, **_HOLDS)
    sending = sending.filter(_by(telegram, "run__kind"))
    found: list[Chunk] = []
    for run_id, front in sending.values_list("run_id").annotate(front=Max("id")).order_by("run_id"):
        rows = Notice.objects.filter(_FREE, run=run_id, id__lt=front - behind * size).order_by("id")
        room = limit - len(found)
        found += _ranges(rows.values_list("run_id", "id")[: room * size], size)[:room]
    return found


def waited_chunks(
    now: datetime, *, limit: int, size: int, telegram: bool | None = None, again: bool | None = None
) -> list[Chunk]:
    """Return chunks whose notices were tried or put off, and have waited long enough; see `fresh_chunks`."""
    rows = Notice.objects.filter(state=NoticeState.QUEUED, not_before__lte=now, **_HOLDS)
    rows = rows.filter(_by(telegram, "run__kind"))
    if again is not None:
        rows = rows.exclude(run__purpose=ALERT) if again else rows.filter(run__purpose=ALERT)
    drill = Case(When(run__alert__mode=Mode.LIVE, then=0), default=1)
    found = rows.order_by(drill, "run_id", "id").values_list("run_id", "id")
    return _ranges(found[: limit * size], size)[:limit]


def _by(telegram: bool | None, field: str) -> Q:  # noqa: FBT001 - three-valued
    """Return what chooses Telegram's runs, or the others', by the field that holds the way."""
    if telegram is None:
        return Q()
    return Q(**{field: Contact.Kind.TELEGRAM}) if telegram else ~Q(**{field: Contact.Kind.TELEGRAM})


def holds(*, run_id: int, now: datetime) -> bool:
    """Tell whether notices of a run may still leave."""
    return holding(now).filter(notice_runs=run_id).exists()


def claim_window(*, run_id: int, first: int, last: int, now: datetime) -> tuple[int, list[Claimed]]:
    """Take the due notices of an id range; the intent stands before the first byte.

    One statement takes them, and only while the alert holds: a stop that has committed either finds them waiting, or they find
    the stop. Whoever has left meanwhile is told nothing.

    Returns:
        The claim's number and its notices; none if there is nothing due, or the alert does not hold any more.
    """
    number = secrets.randbits(62) + 1
    rows = Notice.objects.filter(
        _FREE | Q(state=NoticeState.QUEUED, not_before__lte=now), run_id=run_id, id__range=(first, last)
    )
    runs = NoticeRun.objects.filter(pk=run_id, alert__in=holding(now))
    if busy := busy_for(Alert.objects.filter(notice_runs=run_id), now):
        rows.filter(post__in=busy).update(not_before=now + ROUTINE_WAITS, reason=ALERT_OPEN)
    taken = rows.filter(run__in=runs).update(
        state=NoticeState.SENDING, claim=number, attempt=F("attempt") + 1, lease_until=now + LEASE
    )
    if not taken:
        return number, []
    mine = Notice.objects.filter(run_id=run_id, id__range=(first, last), claim=number, state=NoticeState.SENDING)
    fields = (
        "id", "contact_id", "contact__address", "wording_id", "attempt", "reason", "contact__state", "contact__sealed", "people",
        "emergency__address", "emergency__sealed", "contact__citizen__name", "contact__version", "run__purpose",
    )  # fmt: skip
    found = list(mine.order_by("id").values_list(*fields))
    # A question to somebody whom the person has had us forget goes to nobody, least of all to the person.
    theirs = NoticeRun.Purpose.EMERGENCY
    left = {row[0] for row in found if row[9] is None and (row[13] == theirs or row[6] != Contact.State.ACTIVE)}
    if left:
        mine.filter(id__in=left).update(state=NoticeState.UNDELIVERED, reason="left", lease_until=None)
    until = now + LEASE
    return number, [
        Claimed(pk, contact, address, wording, attempt, before, until, sealed, people, version=version)
        if other is None
        else Claimed(pk, 0, other, wording, attempt, before, until, other_sealed, people, name)
        for pk, contact, address, wording, attempt, before, _, sealed, people, other, other_sealed, name, version, *_ in found
        if pk not in left
    ]


def reference(marker: str, notice_id: int) -> str:
    """Return what names one notice outside this house, the same at every try: servers that know such keys send it once.

    The marker's code is drawn by chance: a house that begins anew never gives the same one again.
    """
    return f"{marker.replace('/', '-')}.{notice_id}"


def give_back(*, number: int, ids: Sequence[int], until: datetime) -> None:
    """Return notices with which nothing was sent; their attempt does not count."""
    mine = Notice.objects.filter(id__in=ids, claim=number, state=NoticeState.SENDING)
    mine.update(state=NoticeState.QUEUED, not_before=until, lease_until=None, claim=0, attempt=F("attempt") - 1)


def put_off(*, run_id: int, first: int, last: int, until: datetime) -> None:
    """Let the waiting notices of an id range wait, because the platform wants quiet."""
    waiting = Notice.objects.filter(run_id=run_id, id__range=(first, last), state=NoticeState.QUEUED)
    waiting.filter(Q(not_before=None) | Q(not_before__lt=until)).update(not_before=until)


def _row(outcome: Outcome, now: datetime) -> dict[str, object]:
    """Return what an outcome gives the row; what says nothing of this one person is no try, and ends only with the alert."""
    result, notice = outcome.result, outcome.notice
    row: dict[str, object] = {
        "id": notice.id, "state": NoticeState.UNDELIVERED, "reason": "", "remote_id": "", "not_before": None,
        "accepted_at": None, "attempt": notice.attempt,
    }  # fmt: skip
    if isinstance(result, Receipt):
        return row | {"state": NoticeState.ACCEPTED, "remote_id": result.remote_id, "accepted_at": now}
    row["reason"] = result.code
    waits = {"state": NoticeState.QUEUED, "attempt": notice.attempt - 1}
    match result:
        case Unconfirmed():
            return row | {"state": NoticeState.UNCONFIRMED, "not_before": now + RESEND_AFTER}
        case RecipientMoved() if notice.before != RecipientMoved.code:
            return row | {"state": NoticeState.QUEUED, "not_before": now}
        case RecipientGone() if result.platform_code in _DOUBTFUL and not notice.seems_gone:
            return row | {"state": NoticeState.QUEUED, "not_before": now + _SECOND_LOOK}
        case Throttled():
            return row | waits | {"not_before": now + timedelta(seconds=result.retry_after)}
        case Unreachable() | PlatformDown():
            return row | waits | {"not_before": now + UNREACHABLE_FOR}
        case _ if isinstance(result, REFUSES_US):
            return row | waits | {"not_before": now + OURS_TO_MEND}
        case _:
            return row


@transaction.atomic
def settle_window(*, number: int, outcomes: Sequence[Outcome], now: datetime) -> int:
    """Write what became of claimed notices, in one statement, and what it says of their contacts.

    Args:
        number: the claim's.
        outcomes: of some or all of its notices.
        now: the time.

    Returns:
        How many rows were still ours.
    """
    if not outcomes:
        return 0
    settled = _update([_row(outcome, now) for outcome in outcomes], number)
    gone = [
        outcome.notice.contact_id
        for outcome in outcomes
        if isinstance(outcome.result, RecipientGone)
        and (outcome.result.platform_code not in _DOUBTFUL or outcome.notice.seems_gone)
    ]
    if gone:
        active = Contact.objects.filter(pk__in=gone, state=Contact.State.ACTIVE)
        active.update(state=Contact.State.GONE, state_why="the platform says so")
    for outcome in outcomes:
        if isinstance(outcome.result, RecipientMoved):
            readdress(contact_id=outcome.notice.contact_id, address=outcome.result.address)
    return settled


_FROM_POSTGRES = (
    "json_to_recordset(%s::json) AS j(id bigint, state text, reason text, remote_id text, "
    "not_before timestamptz, accepted_at timestamptz, attempt integer)"
)
_FROM_SQLITE = (
    "(SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.state') AS state, "
    "json_extract(value, '$.reason') AS reason, json_extract(value, '$.remote_id') AS remote_id, "
    "json_extract(value, '$.not_before') AS not_before, json_extract(value, '$.accepted_at') AS accepted_at, "
    "json_extract(value, '$.attempt') AS attempt "
    "FROM json_each(%s)) AS j"
)


def _update(rows: list[dict[str, object]], number: int) -> int:
    """One UPDATE for all: 3 to 25 microseconds a row, where one UPDATE a row costs a millisecond on PostgreSQL."""

    def plain(value: object) -> str:
        assert isinstance(value, datetime)  # noqa: S101 - nothing else is no JSON
        # As each database keeps its times: SQLite as text in UTC, without the zone.
        return value.isoformat() if connection.vendor == "postgresql" else value.replace(tzinfo=None).isoformat(" ")

    source = _FROM_POSTGRES if connection.vendor == "postgresql" else _FROM_SQLITE
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE broadcast_notice SET state = j.state, reason = j.reason, remote_id = j.remote_id,
                not_before = j.not_before, accepted_at = j.accepted_at, attempt = j.attempt, lease_until = NULL
            FROM {source}
            WHERE broadcast_notice.id = j.id AND broadcast_notice.claim = %s AND broadcast_notice.state = %s
            """,  # noqa: S608 - constants only
            [json.dumps(rows, default=plain), number, NoticeState.SENDING],
        )
        return int(cursor.rowcount)


def _unlocked(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Return those rows that nobody is writing at this moment, and take them.

    A statement over many rows that waits for single ones while it holds others ends in a deadlock; this one never waits, and
    what it leaves out is there at the next tick.
    """
    return Notice.objects.filter(pk__in=rows.select_for_update(skip_locked=True).values("pk"))


@transaction.atomic
def expire_leases(now: datetime) -> int:
    """Turn notices whose worker died into "unknown".

    Returns:
        How many there were.
    """
    lost = _unlocked(Notice.objects.filter(state=NoticeState.SENDING, lease_until__lt=now))
    return lost.update(state=NoticeState.UNCONFIRMED, reason="lease_lost", lease_until=None, not_before=now)


@transaction.atomic
def resend_unknown(now: datetime, *, but_not: Collection[str] = ()) -> int:
    """Queue unknown notices of alerts that hold once more, and only once: twice is better than never, for a citizen.

    Of an alert that has ended they stay unknown; nothing moves them any more. While the house is paused nothing is repeated. A
    reminder, or a question to somebody else, is never repeated: twice would be worse there.

    Args:
        now: the time.
        but_not: ways that are left alone for a while.

    Returns:
        How many there were.
    """
    runs = NoticeRun.objects.filter(purpose=ALERT, alert__in=holding(now)).exclude(kind__in=list(but_not))
    unknown = Notice.objects.filter(state=NoticeState.UNCONFIRMED, resent_unknown=False, not_before__lte=now)
    unknown = unknown.filter(run__in=list(runs.values_list("pk", flat=True)))
    return _unlocked(unknown).update(state=NoticeState.QUEUED, resent_unknown=True)


@transaction.atomic
def close_ended(now: datetime) -> int:
    """Close what waits in an alert that has expired or was stopped, a slice of it at a time; nothing of it can be claimed.

    Returns:
        How many notices there were.
    """
    closed = 0
    for state, ended in (
        (NoticeState.STOPPED, NoticeRun.objects.filter(alert__state__in=[State.STOPPED, State.SUPERSEDED])),
        (NoticeState.EXPIRED, NoticeRun.objects.filter(alert__state=State.ISSUED, alert__expires_at__lte=now)),
    ):
        waiting = Notice.objects.filter(state=NoticeState.QUEUED, run__in=list(ended.values_list("pk", flat=True)))
        some = _unlocked(waiting.order_by("id")[:CLOSED_AT_ONCE])
        ids = list(some.values_list("pk", flat=True))
        rows = Notice.objects.filter(pk__in=ids, state=NoticeState.QUEUED)
        # What waited for its one repetition may have been told the first time.
        closed += rows.filter(resent_unknown=True).update(state=NoticeState.UNCONFIRMED, reason=state, not_before=None)
        closed += rows.update(state=state, reason=state, not_before=None)
    return closed
