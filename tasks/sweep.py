"""The sweep: every two seconds it finds what a lost bell, a dead worker or a slow platform has left, and rings again."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from celery import shared_task

from crisis import clock
from crisis.alerts import ringing
from crisis.apart import for_each
from crisis.audience import budget, confirming
from crisis.audience.models import Contact
from crisis.broadcast import breakers, filling, next_way, notice_ledger, overdue, scheduled, signals
from crisis.broadcast.restoring import SUSPECTED
from crisis.broadcast.ways import ways
from crisis.health.operations import SWEEP, beat
from crisis.journal.operations import seal
from crisis.registry.operations import pause_house
from crisis.registry.queries import house_paused
from tasks import bells, generation, notices

log = logging.getLogger(__name__)

CLOSING_S = 1.0  # for closing what waits in alerts that have ended
AGAIN = 2  # chunks of what the ladder says again, which are offered at once
FAR_BEHIND = 20  # chunks: nobody rings so far ahead of what is being sent unless the bells between were lost


_TURN = threading.Lock()


@shared_task(name="tasks.sweep.tick")
def tick() -> None:
    """Do everything once; two at the same time, or one much later, are safe.

    In one process the next does not begin while one runs: they would only wait for one another's rows. A step that fails keeps
    none of the others from its work. The pulse then does not beat, so that somebody is told.
    """
    if not _TURN.acquire(blocking=False):
        return
    try:
        _sweep()
    finally:
        _TURN.release()


def _sweep() -> None:
    steps = (_suspect, _lose_deliveries, _lose_notices, _close_deliveries, _close_notices, _resend, _next_way, _seal,
             _ring_staff, _issue_due, _ring_deliveries, _ring_readings, _ring_runs, _ring_chunks, _ring_confirmations,
             _keep_up)  # fmt: skip
    done = [_done(step, clock.now()) for step in steps]
    if all(done):
        beat(SWEEP, clock.now())


def _done(step: Callable[[datetime], int], now: datetime) -> bool:
    try:
        if number := step(now):
            log.info("swept", extra={"step": step.__name__.strip("_"), "number": number})
    except Exception:
        log.exception("a step of the sweep failed; the others go on", extra={"step": step.__name__.strip("_")})
        return False
    return True


def _suspect(now: datetime) -> int:
    """Pause the house if its database is older than what the workers have seen: a backup was put back, and nobody has said so."""
    if not house_paused() and generation.is_older():
        log.error(
            "the database is older than what was seen before: nothing leaves; run manage.py restored",
            extra={"code": SUSPECTED},
        )
        pause_house(why=SUSPECTED, actor="sweep", now=now)
    generation.mark()
    return 0


def _lose_deliveries(now: datetime) -> int:
    return overdue.expire_leases(now)


def _lose_notices(now: datetime) -> int:
    return notice_ledger.expire_leases(now)


def _close_deliveries(now: datetime) -> int:
    return overdue.close_ended(now)


def _close_notices(now: datetime) -> int:
    begun, closed = time.monotonic(), 0
    while (more := notice_ledger.close_ended(now)) and time.monotonic() - begun < CLOSING_S:
        closed += more
    return closed + more


def _resend(now: datetime) -> int:
    # Once its time is over the breaker lets one through, and only a sending closes it: what is repeated now may be that one.
    return notice_ledger.resend_unknown(now, but_not=breakers.resting(Contact.Kind.values, now))


def _next_way(now: datetime) -> int:
    written = next_way.look(now)
    for chunk in written:
        run_id = chunk[0]
        apart, first = bells.goes_apart(run_id), bells.goes_first(run_id)
        bells.ring_chunks([chunk], urgent=True, correction=first, apart=apart)
    return len(written)


def _seal(_: datetime) -> int:
    seal()
    return 0


def _ring_staff(now: datetime) -> int:
    """Ring the next person for whatever waits for approval, and again for what has not left yet.

    Raises:
        Exception: a mistake of ours over one alert, which is tried again; for all others somebody was rung.
    """
    try:
        for_each(ringing.waiting_for_approval(), lambda pk: len(ringing.step(alert_id=pk, now=now)), _unrung)
    finally:
        rung = bells.ring_staff(ringing.due(now))
    return rung


def _unrung(alert_id: int, error: Exception) -> None:
    log.error("nobody can be rung for an alert; the others go on", exc_info=error, extra={"alert": alert_id})


def _issue_due(now: datetime) -> int:
    return scheduled.issue_due(now)


def _keep_up(now: datetime) -> int:
    """Let those who keep something beside the ledger bring it up to date: the copies of the public pages."""
    signals.swept.send_robust(sender=None, now=now)
    return 0


def _ring_deliveries(now: datetime) -> int:
    if house_paused():
        return 0
    for queue, corrections in (("corrections", True), ("posts", False)):
        if bells.waiting(queue) < bells.MESSAGES_WAITING:
            bells.ring_deliveries(overdue.due(now, corrections=corrections), correction=corrections)
    return 0


def _ring_readings(now: datetime) -> int:
    if bells.waiting("posts") < bells.MESSAGES_WAITING:
        bells.ring_readings(overdue.unknown(now))
    return 0


def _ring_runs(now: datetime) -> int:
    bells.ring_runs(filling.unfinished(now))
    return 0


def _ring_chunks(now: datetime) -> int:
    size, most = notices.chunk_size(), bells.CHUNKS_WAITING
    # The bells of those that nobody has tried yet were rung when they were written. An empty queue may have lost them.
    if not bells.waiting("first"):
        bells.ring_chunks(
            notice_ledger.fresh_chunks(limit=most, size=size, corrections=True, telegram=True, again=False),
            correction=True,
        )
    if not bells.waiting("bulk"):
        fresh = notice_ledger.fresh_chunks(limit=most, size=size, corrections=False, telegram=True, again=False)
        # Whoever was told already is reminded when nobody waits to be told, a little at a time: an alert never stands behind it.
        fresh = fresh or notice_ledger.fresh_chunks(limit=AGAIN, size=size, telegram=True, again=True)
        bells.ring_chunks(fresh)
    if (room := most - bells.waiting("urgent")) > 0:
        again = notice_ledger.waited_chunks(now, limit=room, size=size, telegram=True, again=False)
        # What reminds has waited too, perhaps through a long ban: it comes a little at a time, after every alert.
        again = again or notice_ledger.waited_chunks(now, limit=min(room, AGAIN), size=size, telegram=True, again=True)
        room -= bells.ring_chunks(again, urgent=True)
    if room > 0:
        # While later ones keep the queue full, the most exposed would wait for its end.
        far = notice_ledger.stranded_chunks(limit=room, size=size, behind=FAR_BEHIND, telegram=True)
        bells.ring_chunks(far, urgent=True)
    _ring_chunks_apart(now)
    return 0


def _ring_confirmations(now: datetime) -> int:
    """Ring for addresses that wait for the link that confirms them: whoever gave one looks for it at once."""
    room = bells.CHUNKS_WAITING - bells.waiting(bells.APART)
    if room > 0 and not house_paused():
        kinds = [kind for kind in ways() if budget.room(kind, now)]
        bells.ring_confirmations(confirming.due(now, kinds=kinds, limit=room))
    return 0


def _ring_chunks_apart(now: datetime) -> None:
    """Ring for what goes other ways than Telegram: what waited first, then what nobody has tried yet."""
    size, room = notices.CHUNK_APART, bells.CHUNKS_WAITING - bells.waiting(bells.APART)
    if room > 0:
        again = notice_ledger.waited_chunks(now, limit=room, size=size, telegram=False, again=False)
        again = again or notice_ledger.waited_chunks(now, limit=min(room, AGAIN), size=size, telegram=False, again=True)
        room -= bells.ring_chunks(again, apart=True)
    if not bells.waiting(bells.APART) and room > 0:
        fresh = notice_ledger.fresh_chunks(limit=room, size=size, telegram=False, again=False)
        fresh = fresh or notice_ledger.fresh_chunks(limit=AGAIN, size=size, telegram=False, again=True)
        bells.ring_chunks(fresh, apart=True)
