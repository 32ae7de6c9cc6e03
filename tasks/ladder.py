"""The ladder's round: once a minute steps are taken for whoever stays silent. Slow work; what it writes is rung by the sweep."""

import logging
import time
from collections.abc import Callable

from celery import shared_task

from crisis import clock
from crisis.apart import for_each
from crisis.checkins import ladder

log = logging.getLogger(__name__)

ROUND_S = 20.0  # no slice is begun after it; the next round goes on, and a slice is far within the task's time limit


@shared_task(name="tasks.ladder.climb")
def climb() -> None:
    """Take every step that is due, from where the last round stopped.

    Two at the same time, or one much later, are safe: each step is taken once.

    Raises:
        Exception: the first mistake of ours over one rollcall, after the others had their steps.
    """
    begun = time.monotonic()
    # Later steps first: whoever has waited longest is not overtaken by those who are only reminded.
    rounds = [(pk, some) for pk in ladder.open_ladders(clock.now()) for some in (ladder.climb, ladder.remind)]
    for_each(rounds, lambda each: _slices(*each, begun), _failed)


def _slices(rollcall_id: int, some: Callable[..., int], begun: float) -> None:
    what = some.__name__
    at = ladder.place(rollcall_id, what)
    while True:
        after = some(rollcall_id=rollcall_id, after=at, now=clock.now())
        if after != at:
            ladder.keep_place(rollcall_id, what, after)
        at = after
        if not at or time.monotonic() - begun >= ROUND_S:
            return


def _failed(each: tuple[int, Callable[..., int]], error: Exception) -> None:
    seen = {"rollcall": each[0], "step": each[1].__name__}
    log.error("the ladder of a rollcall failed; the others go on", extra=seen, exc_info=error)
