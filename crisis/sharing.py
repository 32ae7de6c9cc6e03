"""What many ask for at once: one of them makes it anew, and the others are given the last one meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

Made = TypeVar("Made")
LATE_S = 10  # so much older it may be while it is being made anew, which a slow database makes long


def shared(key: str, make: Callable[[], Made], *, seconds: float) -> Made:
    """Return what a process makes at most once in some seconds, however many ask.

    Nobody waits for what somebody else is making, but where there is nothing yet: then each makes it.

    Args:
        key: what it depends on, in the cache.
        make: makes it; what it raises is raised to whoever made it, and the others go on with the last one until the next tries.
        seconds: how old it may be before it is made anew; while that is done, others may get it up to `LATE_S` older.
    """
    last: tuple[Made, float] | None = cache.get(key)
    # A clock that was set back makes it old too.
    if last is not None and 0 <= time.time() - last[1] < seconds:
        return last[0]
    making = f"{key}:making"
    if not cache.add(making, 1, LATE_S) and last is not None:
        return last[0]
    try:
        made = make()
        cache.set(key, (made, time.time()), seconds + LATE_S)
    finally:
        cache.delete(making)
    return made
