"""Once a night, what is kept no longer is removed: in rounds that are short enough for any queue."""

import logging
import time

from celery import shared_task

from crisis import clock
from crisis.privacy import purging
from crisis.registry.queries import house_paused

log = logging.getLogger(__name__)

ROUND_S = 25.0  # with its longest slice it stays far within the task's time limit


@shared_task(name="tasks.retention.purge")
def purge() -> None:
    """Go on with this night's purge; two at the same time, or one much later, are safe. After a restore it waits for a person."""
    now, begun = clock.now(), time.monotonic()
    if house_paused() or not purging.tonight(now):
        return
    purging.purge(now=now, go_on=lambda: time.monotonic() - begun < ROUND_S)
