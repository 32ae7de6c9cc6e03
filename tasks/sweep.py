"""The sweep: every two seconds it finds what a lost bell, a dead worker or a slow platform has left, and rings again."""

import logging
import time

from celery import shared_task

from crisis import clock
from crisis.broadcast import breakers, filling, ledger, notice_ledger
from crisis.health.operations import SWEEP, beat
from crisis.journal.operations import seal
from tasks import bells, notices

log = logging.getLogger(__name__)

CLOSING_S = 1.0  # for closing what waits in alerts that have ended


@shared_task(name="tasks.sweep.tick")
def tick() -> None:
    """Do everything once; two at the same time, or one much later, are safe."""
    begun, now = time.monotonic(), clock.now()
    lost = ledger.expire_leases(now) + notice_ledger.expire_leases(now)
    ended = ledger.close_ended(now) + notice_ledger.close_ended(now)
    while ended and time.monotonic() - begun < CLOSING_S and (more := notice_ledger.close_ended(now)):
        ended += more
    # Once its time is over the breaker lets one through, and only a sending closes it: what is repeated now may be that one.
    again = 0 if breakers.rests(breakers.keys("telegram"), now) else notice_ledger.resend_unknown(now)
    if lost or ended or again:
        log.info("swept", extra={"leases_lost": lost, "ended": ended, "resent_unknown": again})
    if (room := bells.DELIVERIES_WAITING - bells.waiting("posts")) > 0:
        bells.ring_deliveries(ledger.due(now, limit=room, corrections=True), correction=True)
        bells.ring_deliveries(ledger.due(now, limit=room, corrections=False))
        bells.ring_readings(ledger.unknown(now))
    bells.ring_runs(filling.unfinished(now))
    size = notices.chunk_size()
    if (room := bells.CHUNKS_WAITING - bells.waiting("urgent")) > 0:
        bells.ring_chunks(notice_ledger.waited_chunks(now, limit=room, size=size), urgent=True)
    if not bells.waiting("bulk"):
        # The bells of those that nobody has tried yet were rung when they were written. An empty queue may have lost them.
        bells.ring_chunks(notice_ledger.fresh_chunks(limit=bells.CHUNKS_WAITING, size=size))
    seal()
    beat(SWEEP, clock.now())
