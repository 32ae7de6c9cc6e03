"""Lists of people: checked and brought in by one worker, in batches between which alerts find the database free."""

import logging
import time

from celery import shared_task

from crisis import clock
from crisis.audience.importing import Work, due
from crisis.encryption import UnreadableSecret
from tasks import bells

log = logging.getLogger(__name__)

WORK_S = 20.0  # well within a task's time limit, with the reading of the list and one batch behind it
BREATH_S = 0.02  # between two batches, so that whoever waits for SQLite's one write lock gets it


@shared_task(name="tasks.lists.work")
def work() -> None:
    """Go on with the lists that wait, for some seconds; any number of rings is harmless."""
    until = time.monotonic() + WORK_S
    for upload_id in due(clock.now()):
        try:
            mine = Work.begin(upload_id, clock.now())
        except UnreadableSecret:
            log.exception("a list fits none of our keys", extra={"upload": upload_id})
            continue
        if mine is None:
            continue
        while time.monotonic() < until:
            if not mine.step(clock.now()):
                log.info("a list is worked through", extra={"upload": upload_id})
                break
            time.sleep(BREATH_S)
        else:
            mine.give_back()
            bells.ring_lists()
            return
