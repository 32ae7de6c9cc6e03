"""What the sweep looks for in the ledger of deliveries: what is due, what a dead worker has left, what has ended."""

from datetime import datetime

from django.db.models import F, Q

from crisis.alerts.models import Alert
from crisis.broadcast import corrections as repeated
from crisis.broadcast.ledger import READ_AFTER
from crisis.broadcast.models import Delivery, DeliveryState


def due(now: datetime, *, corrections: bool, limit: int = 500) -> list[int]:
    """Return the deliveries that may be tried now, oldest first: those of alerts that correct another, or the others."""
    rows = Delivery.objects.filter(state=DeliveryState.QUEUED, not_before__lte=now).order_by("id")
    correct = Q(alert__msg_type__in=[Alert.MsgType.UPDATE, Alert.MsgType.CANCEL])
    rows = rows.filter(correct if corrections else ~correct)
    return list(rows.values_list("pk", flat=True)[:limit])


def unknown(now: datetime, *, limit: int = 100) -> list[int]:
    """Return the deliveries whose account should be read back now."""
    rows = Delivery.objects.filter(state=DeliveryState.UNCONFIRMED, not_before__lte=now).order_by("id")
    return list(rows.values_list("pk", flat=True)[:limit])


def expire_leases(now: datetime) -> int:
    """Turn sending rows whose lease ran out into "unknown": a worker died with them after it had said what it would do.

    Returns:
        How many there were.
    """
    lost = Delivery.objects.filter(state=DeliveryState.SENDING, lease_until__lt=now)
    return repeated.repeat(lost, now) + lost.update(
        state=DeliveryState.UNCONFIRMED,
        reason="lease_lost",
        detail="The worker stopped before it could tell what happened.",
        crashes=F("crashes") + 1,
        absences=0,
        lease_until=None,
        not_before=now + READ_AFTER,
    )


def close_ended(now: datetime) -> int:
    """Close what waits in an alert that has expired.

    Returns:
        How many deliveries there were.
    """
    ended = Alert.objects.filter(expires_at__lte=now).values("pk")
    waiting = Delivery.objects.filter(Q(alert__in=ended), state=DeliveryState.QUEUED)
    # A correction that was not made leaves a wrong text standing: a person must know.
    held = waiting.filter(corrects__isnull=False).update(
        state=DeliveryState.HELD,
        reason="expired",
        detail="The correction has expired before it was made.",
        not_before=None,
    )
    return held + waiting.update(
        state=DeliveryState.EXPIRED, reason="expired", detail="The alert has expired.", not_before=None
    )
