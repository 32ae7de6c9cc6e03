"""The night's removing: in slices, each a short transaction; it can be cut off anywhere, and goes on where it was."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from crisis.audience.expiring import note_gone
from crisis.health.operations import beat
from crisis.journal.operations import append
from crisis.privacy.due import Step, steps
from crisis.privacy.models import Purge

log = logging.getLogger(__name__)

PULSE = "purge"
LEASE = timedelta(minutes=2)  # far more than one round takes
FIRST_HOUR = 1  # UTC


def due_counts(now: datetime) -> dict[str, int]:
    """Return how many rows a purge would remove now, by purpose; nothing is changed, and nobody is marked."""
    counts: Counter[str] = Counter()
    for step in steps():
        counts[step.purpose] += step.due(now).count()
    return dict(counts)


def tonight(now: datetime) -> bool:
    """Tell whether this night's purge is still to be made."""
    return now.hour >= FIRST_HOUR and not Purge.objects.filter(night=now.date(), finished_at__isnull=False).exists()


def purge(*, now: datetime, go_on: Callable[[], bool]) -> Purge | None:
    """Remove what is due, slice by slice, as long as there is time.

    Args:
        now: the time; everything is judged by it.
        go_on: asked before each slice.

    Returns:
        The night's record: finished, or to be gone on with; None if somebody else is at it.
    """
    night = _take(now)
    if night is None:
        return None
    note_gone(now)
    for step in steps():
        if not _step(night, step, now, go_on):
            Purge.objects.filter(pk=night.pk).update(taken_until=None)
            return night
    _finish(night, now)
    return night


def _take(now: datetime) -> Purge | None:
    night, _ = Purge.objects.get_or_create(night=now.date(), defaults={"began_at": now})
    free = Purge.objects.filter(Q(taken_until=None) | Q(taken_until__lt=now), pk=night.pk)
    if not free.update(taken_until=now + LEASE):
        return None
    night.refresh_from_db()
    if night.finished_at:  # once more on the same day, by hand: it is counted, and journalled, by itself
        night.counts, night.began_at, night.finished_at = {}, now, None
        night.save(update_fields=["counts", "began_at", "finished_at"])
    return night


def _step(night: Purge, step: Step, now: datetime, go_on: Callable[[], bool]) -> bool:
    """End what is due of one step; False if time ran out."""
    last: object = None
    while True:
        if not go_on():
            return False
        with transaction.atomic():
            due = step.due(now)
            rows = due.filter(pk__gt=last) if last is not None else due
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[: step.at_once])
            if not ids:
                return True
            # What was answered, or told, between the two is no longer due, and stays.
            step.end(due.filter(pk__in=ids))
            night.counts[step.purpose] = night.counts.get(step.purpose, 0) + len(ids)
            night.save(update_fields=["counts"])
        last = ids[-1]
        if len(ids) < step.at_once:
            return True


def _finish(night: Purge, now: datetime) -> None:
    night.finished_at, night.taken_until = now, None
    with transaction.atomic():
        night.save(update_fields=["finished_at", "taken_until"])
        append(actor="purge", action="privacy.purge", subject=f"purge:{night.pk}", now=now, counts=night.counts)
        beat(PULSE, now)
    log.info("purged", extra={f"purged_{name}": number for name, number in sorted(night.counts.items())})
