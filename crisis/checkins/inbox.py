"""The durable inbox: stored before it is acknowledged, handled after, handed back when a handler dies with it."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crisis.checkins.joining import Joined
from crisis.checkins.models import InboxUpdate
from crisis.retention import kept

LEASE = timedelta(seconds=30)
MAX_TRIES = 5
PATIENCE = 2  # tries; an update that broke its handler so often no longer holds up what the same chat sent after it
KEEP_FAILED = kept("inbox")  # for a person to look into it; the payload holds more than we promise to keep
DEEPEST = 30  # levels; Telegram's own updates have about ten
_OPEN = Q(state__in=[InboxUpdate.State.NEW, InboxUpdate.State.HANDLING])
MAX_BYTES = 100_000  # Telegram's own updates stay far below
_STORE = (
    f"INSERT INTO {InboxUpdate._meta.db_table} (source, ref, chat, payload, received_at, state, tries, problem) VALUES "  # noqa: SLF001, S608
)
_ROW = f"('telegram', %s, %s, %s, %s, '{InboxUpdate.State.NEW}', 0, '')"


class NotAnUpdate(Exception):
    """What came in is no update of the platform's form."""


@dataclass(frozen=True, slots=True)
class Received:
    """A handler's claim on an update; `try_number` counts from 1."""

    id: int
    ref: str
    payload: dict[str, Any]
    try_number: int


def clean(text: str) -> str:
    """Return a text that every database takes: no NUL, no half characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _clean(value: Any, depth: int) -> Any:
    """Return a JSON value that every database takes: no NUL, no half characters, no NaN."""
    if depth > DEEPEST:
        return None
    match value:
        case str():
            return clean(value)
        case dict():
            return {_clean(str(key), depth + 1): _clean(item, depth + 1) for key, item in value.items()}
        case list():
            return [_clean(item, depth + 1) for item in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _storable(update: dict[str, Any]) -> dict[str, Any]:
    # One hostile update must neither be refused for ever, which would hold up all that follow, nor be lost.
    return {"update_id": update["update_id"], **_clean(update, 0)}


def _chat(update: dict[str, Any]) -> str:
    """Return whose update it is, or blank where nobody can be told."""
    for name in ("message", "edited_message", "my_chat_member", "callback_query", "channel_post"):
        part = update.get(name)
        whose = part.get("from" if name == "callback_query" else "chat") if isinstance(part, dict) else None
        number = whose.get("id") if isinstance(whose, dict) else None
        if isinstance(number, int) and abs(number) < 2**63:
            return str(number)
    return ""


def store_telegram(updates: Sequence[Any], *, now: datetime) -> int:
    """Store updates under their numbers, in one statement; one that stands already is left as it is.

    Args:
        updates: as Telegram sent them.
        now: the time.

    Returns:
        How many are not yet handled among those given.

    Raises:
        NotAnUpdate: one has no number; nothing is stored.
    """
    for update in updates:
        _check(update)
    if not updates:
        return 0
    _insert([_row(update, now) for update in updates])
    return len(updates)


def take_telegram(update: Any, *, now: datetime) -> None:
    """Store one update, as `store_telegram` does, in one transaction with those that other threads take at this moment."""
    _check(update)
    _insert_joined(_row(update, now))


def _check(update: Any) -> None:
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**53:
        raise NotAnUpdate("It has no update_id.")


def _row(update: dict[str, Any], now: datetime) -> list[Any]:
    at = connection.ops.adapt_datetimefield_value(now)
    return [str(update["update_id"]), _chat(update), json.dumps(_storable(update)), at]


def _insert(rows: Sequence[list[Any]]) -> None:
    # One statement that commits by itself, in words that both databases know: through the library's models a web process takes
    # half as many a second.
    with connection.cursor() as cursor:
        cursor.execute(_STORE + ", ".join([_ROW] * len(rows)) + " ON CONFLICT DO NOTHING", [*chain.from_iterable(rows)])


def _insert_unasked(rows: Sequence[list[Any]]) -> None:
    """Insert without asking whether the connection still stands, as each request would: where it does not, try once more.

    What stands already is left as it is, so that twice does no harm.
    """
    connection.health_check_done = True  # type: ignore[attr-defined] # its stubs do not know it
    before = connection.connection
    try:
        _insert(rows)
    except DatabaseError:
        connection.close_if_unusable_or_obsolete()
        if connection.connection is before:
            raise
        _insert(rows)


_insert_joined = Joined(_insert_unasked, most=100)


def _blocked() -> Exists:
    """An older update of the same chat is open, and must be handled first."""
    older = InboxUpdate.objects.filter(_OPEN, chat=OuterRef("chat"), pk__lt=OuterRef("pk")).exclude(chat="")
    return Exists(older.exclude(tries__gte=PATIENCE, problem__gt=""))


def unhandled(*, after: int, limit: int) -> list[Received]:
    """Return updates that nobody handles yet, of each chat only the oldest that is open; nothing is claimed.

    Args:
        after: the key after which to look.
        limit: at most so many.
    """
    rows = InboxUpdate.objects.filter(~_blocked(), pk__gt=after, state=InboxUpdate.State.NEW).order_by("id")[:limit]
    return [Received(row.pk, row.ref, row.payload, row.tries) for row in rows]


def claim(*, now: datetime, limit: int = 50) -> list[Received]:
    """Take open updates in the order in which they came, of each chat only the oldest: a newer answer never overtakes it.

    Returns:
        At most `limit` of them; nobody else handles them until the lease ends.
    """
    free = Q(state=InboxUpdate.State.NEW) | Q(state=InboxUpdate.State.HANDLING, lease_until__lt=now)
    with transaction.atomic():
        # Whoever claims at the same moment waits for these, and finds them taken.
        found = InboxUpdate.objects.filter(free, ~_blocked()).select_for_update(of=("self",)).order_by("id")
        rows = list(found[:limit])
        InboxUpdate.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=InboxUpdate.State.HANDLING, lease_until=now + LEASE, tries=F("tries") + 1
        )
    return [Received(row.pk, row.ref, row.payload, row.tries + 1) for row in rows]


def _claimed(received: Received) -> QuerySet[InboxUpdate]:
    """Return an update while the claim holds: whoever came after a lease that ran out has another try."""
    return InboxUpdate.objects.filter(pk=received.id, state=InboxUpdate.State.HANDLING, tries=received.try_number)


def keep(*, received: Iterable[Received], now: datetime) -> None:
    """Hold claims for another lease, because whoever took them is still answering; what was put off meanwhile stays so."""
    by_try: dict[int, list[int]] = defaultdict(list)
    for each in received:
        by_try[each.try_number].append(each.id)
    for number, ids in by_try.items():
        mine = InboxUpdate.objects.filter(pk__in=ids, state=InboxUpdate.State.HANDLING, tries=number)
        mine.update(lease_until=now + LEASE)


def done(*, received: Received, now: datetime) -> None:
    """Note that an update is handled, and forget what it said: what we keep of it stands where it belongs."""
    InboxUpdate.objects.filter(pk=received.id).update(
        state=InboxUpdate.State.HANDLED, handled_at=now, lease_until=None, problem="", payload={}, chat=""
    )


def hand_back(*, received: Received) -> None:
    """Give a claimed update back that is not handled yet, because the process stops: the next one need not wait for the lease."""
    mine = _claimed(received).filter(lease_until__isnull=False)
    mine.update(state=InboxUpdate.State.NEW, lease_until=None, tries=F("tries") - 1)


def forget_failed(*, now: datetime) -> int:
    """Empty what could not be handled, once it has stood long enough for a person to look.

    Returns:
        How many were emptied.
    """
    old = InboxUpdate.objects.filter(state=InboxUpdate.State.FAILED, received_at__lt=now - KEEP_FAILED)
    return old.exclude(payload={}).update(payload={}, chat="")


def failed(*, received: Received, problem: str, now: datetime) -> bool:
    """Note that handling broke: it is tried again a little later, and left to a person after some tries.

    Somebody else's claim, and what was handled meanwhile, is left as it is.

    Returns:
        Whether it was given up.
    """
    given_up = received.try_number >= MAX_TRIES
    ours = _claimed(received).update(
        state=InboxUpdate.State.FAILED if given_up else InboxUpdate.State.HANDLING,
        lease_until=None if given_up else now + timedelta(seconds=2.0**received.try_number),
        problem=problem[:200],
    )
    return given_up and bool(ours)


def put_off(*, received: Received, until: datetime, problem: str) -> None:
    """Let an update wait, because the platform cannot be answered now; this was no try. As `failed` if it is no more ours."""
    _claimed(received).update(
        state=InboxUpdate.State.HANDLING, lease_until=until, tries=F("tries") - 1, problem=problem[:200]
    )


def waiting() -> int:
    """Return how many updates are not handled yet."""
    return InboxUpdate.objects.filter(_OPEN).count()
