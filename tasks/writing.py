"""Writing one message that belongs to no run: a confirmation, a link, an answer; within the rate of the notices."""

import logging
import time
from datetime import timedelta

from crisis import clock
from crisis.broadcast import breakers, halts
from platforms import catalog
from platforms.contract import Outgoing, Target
from platforms.errors import PlatformError, Throttled, Unconfirmed
from tasks import notices, throttle

log = logging.getLogger(__name__)

TRIES = 3  # more would run into the task's time limit
BETWEEN_S = 2.0
# For a permit: what is recorded stands without its confirmation, and notices must not wait for it.
PATIENCE = timedelta(seconds=20)


def is_keyed(kind: str) -> bool:
    """Tell whether the other side of a way knows our key, which makes a repetition harmless."""
    spec = catalog.spec(kind)
    return spec is not None and spec.keyed


def permitted(kind: str, address: str) -> bool:
    """Wait for a permit, and until the last message to this person is some seconds old; False if that takes too long."""
    until = clock.now() + PATIENCE
    if halts.halted(breakers.keys(kind), clock.now()) is not None:
        return False
    while wait := throttle.take(throttle.for_notices(kind)):
        if clock.now() + timedelta(seconds=wait) > until:
            return False
        time.sleep(min(wait, 1.0))
    time.sleep(throttle.reserve([address], kind=kind)[0])
    return True


def write(kind: str, out: Outgoing, target: Target, *, failed: str, seen: dict[str, object]) -> PlatformError | None:
    """Write, and once more where nothing has left; where nobody knows, only if the other side knows our key.

    Args:
        kind: by which way.
        out: what; with its key.
        target: to whom.
        failed: what the log says where it was not taken.
        seen: what the log may say beside it.

    Returns:
        The last refusal; None once it is taken.
    """
    for left in reversed(range(TRIES)):
        try:
            notices.write(kind, out, target)
        except PlatformError as error:
            if isinstance(error, Throttled) and error.scope != "recipient":
                throttle.halt(throttle.whole(kind), seconds=error.retry_after)
            elif left and (error.retryable or (is_keyed(kind) and isinstance(error, Unconfirmed))):
                time.sleep(BETWEEN_S)
                continue
            log.warning(failed, extra=seen | {"error": error.code})
            return error
        break
    return None
