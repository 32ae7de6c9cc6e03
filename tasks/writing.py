"""Writing one message that belongs to no run: a confirmation, a link, an answer; within the rate of the notices."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from crisis import clock
from crisis.broadcast import breakers, halts
from crisis.encryption import UnreadableSecret
from crisis.registry.queries import house_paused
from platforms import catalog
from platforms.contract import Outgoing
from platforms.errors import REFUSES_US, PlatformError, Throttled, Unconfirmed, UnexpectedResponse
from tasks import notices, throttle, wiring
from tasks.throttle import Bucket

log = logging.getLogger(__name__)

Waiting = TypeVar("Waiting")
Mine = TypeVar("Mine")

TRIES = 3  # more would run into the task's time limit
BETWEEN_S = 2.0
# For a permit: what is recorded stands without its confirmation, and notices must not wait for it.
PATIENCE = timedelta(seconds=20)


class Addressed(Protocol):
    """Somebody's address, as throttles know it: a contact, or what a relative left."""

    @property
    def kind(self) -> str:
        """By which way."""

    @property
    def address(self) -> str:
        """Whose, never in clear."""


class UnreadableAddress(UnexpectedResponse):
    """It fits none of our keys, and nothing was sent."""

    code = "unreadable_secret"


def is_keyed(kind: str) -> bool:
    """Tell whether the other side of a way knows our key, which makes a repetition harmless."""
    spec = catalog.spec(kind)
    return spec is not None and spec.keyed


def permitted(
    kind: str, address: str, *, buckets: Sequence[Bucket] | None = None, patience: timedelta = PATIENCE
) -> bool:
    """Wait for a permit, and until the last message to this person is some seconds old.

    Args:
        kind: by which way.
        address: whose.
        buckets: from which the permit is taken; those of the notices unless others are named.
        patience: for how long it is waited for.

    Returns:
        False if that takes too long, or the house was paused meanwhile.
    """
    until, buckets = clock.now() + patience, throttle.for_notices(kind) if buckets is None else buckets
    if halts.halted(breakers.keys(kind), clock.now()) is not None:
        return False
    while wait := throttle.take(buckets):
        if clock.now() + timedelta(seconds=wait) > until:
            return False
        time.sleep(min(wait, 1.0))
    time.sleep(throttle.reserve([address], kind=kind)[0])
    if house_paused():
        throttle.put_back(buckets)
        return False
    return True


def send_each(
    waiting: Iterable[tuple[Addressed | None, Waiting]],
    claim: Callable[[Waiting], Mine | None],
    send: Callable[[Mine], PlatformError | None],
    *,
    buckets: Callable[[str], Sequence[Bucket]] = throttle.for_notices,
    seconds: float,
) -> None:
    """Send single messages one after another; a way that has no room, or refuses whatever is sent, is left alone this time.

    Args:
        waiting: what may leave, with where it goes; None: nowhere that has a rate here.
        claim: takes one; None where somebody else has it, or it may not leave.
        send: sends what was taken, writes down what became of it, and returns why it was not.
        buckets: of a way, from which a permit is taken for each.
        seconds: none is begun after them.
    """
    until, closed = time.monotonic() + seconds, set[str]()
    for contact, row in waiting:
        if (left := until - time.monotonic()) <= 0:
            return
        permit: Sequence[Bucket] = ()
        if contact is not None:
            if contact.kind in closed:
                continue
            permit = buckets(contact.kind)
            patience = timedelta(seconds=left)
            if not permitted(contact.kind, contact.address, buckets=permit, patience=patience):
                closed.add(contact.kind)
                continue
        mine = claim(row)
        if mine is None:
            throttle.put_back(permit)
        elif (error := send(mine)) is not None and contact is not None and _is_of_the_way(error):
            closed.add(contact.kind)


def _is_of_the_way(error: PlatformError) -> bool:
    """Tell whether the next message by the same way would be refused too."""
    if isinstance(error, Throttled):
        return error.scope != "recipient"
    return error.retryable or isinstance(error, REFUSES_US)


def once(kind: str, out: Outgoing, *, address: str, sealed: str) -> PlatformError | None:
    """Write once, and return why it was not taken; a way that wants quiet is given it.

    Args:
        kind: by which way.
        out: what.
        address, sealed: as a contact's.
    """
    try:
        target = wiring.citizen(address, kind=kind, sealed=sealed)
        wiring.lend_connection()
        notices.write(kind, out, target)
    except UnreadableSecret:
        log.exception("a stored address fits none of our keys", extra={"way": kind, "key": out.key})
        return UnreadableAddress()
    except PlatformError as error:
        if isinstance(error, Throttled) and error.scope != "recipient":
            throttle.halt(throttle.whole(kind), seconds=error.retry_after)
        return error
    except Exception as error:
        log.exception("an adapter broke its contract", extra={"way": kind, "key": out.key})
        return Unconfirmed(f"our own mistake: {type(error).__name__}")
    return None


def try_again_at(error: PlatformError | None, *, soon: timedelta, mended: timedelta) -> datetime | None:
    """Return when a message may be tried again of which surely nothing has left; None: never.

    Args:
        error: why it was not taken.
        soon: how long a way is given that is out of order.
        mended: how long whoever must mend a password or a quota, which have let nothing leave.
    """
    if isinstance(error, Throttled):
        return clock.now() + timedelta(seconds=error.retry_after)
    if isinstance(error, REFUSES_US):
        return clock.now() + mended
    return clock.now() + soon if error is not None and error.retryable else None


def write(
    kind: str, out: Outgoing, *, address: str, sealed: str, failed: str, seen: dict[str, object]
) -> PlatformError | None:
    """Write, and once more where nothing has left; where nobody knows, only if the other side knows our key.

    Args:
        kind: by which way.
        out: what; with its key.
        address, sealed: as a contact's.
        failed: what the log says where it was not taken.
        seen: what the log may say beside it.

    Returns:
        The last refusal; None once it is taken.
    """
    tries = 0
    while (error := once(kind, out, address=address, sealed=sealed)) is not None:
        tries += 1
        again = error.retryable or (is_keyed(kind) and isinstance(error, Unconfirmed))
        quiet = isinstance(error, Throttled) and error.scope != "recipient"
        if tries == TRIES or quiet or not again:
            log.warning(failed, extra=seen | {"error": error.code})
            return error
        time.sleep(BETWEEN_S)
    return None
