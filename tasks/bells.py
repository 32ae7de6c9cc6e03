"""Ringing workers by the name of a task, so that no other process loads an SDK. A bell that is lost costs one sweep."""

import logging
from collections.abc import Iterable
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db.models import F, QuerySet
from kombu.exceptions import OperationalError

from crisis.alerts.models import Alert
from crisis.broadcast.models import Delivery, DeliveryState, NoticeRun
from crisis.broadcast.notice_ledger import Chunk
from crisis.registry.models import Mode

log = logging.getLogger(__name__)

CHUNKS_WAITING = 20  # messages on a queue of chunks: a sweep offers no more than the workers can take meanwhile
DELIVERIES_WAITING = 500

_UNREACHABLE = (OperationalError, redis.RedisError, OSError)


def _send(name: str, arguments: Iterable[tuple[Any, ...]], *, queue: str) -> int:
    """Send one message for each; stop at the first that the broker does not take.

    Returns:
        How many were taken.
    """
    sent = 0
    try:
        with current_app.producer_or_acquire() as producer:
            for args in arguments:
                current_app.send_task(name, args=args, queue=queue, producer=producer, ignore_result=True)
                sent += 1
    except _UNREACHABLE as error:
        log.warning(
            "the broker does not answer; the sweep will ring again", extra={"task": name, "error": type(error).__name__}
        )
    return sent


def waiting(queue: str) -> int:
    """Return how many messages wait on a queue; a broker that does not answer has none."""
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        with client:
            return int(client.llen(queue))
    except redis.RedisError:
        return 0


def ring_deliveries(ids: Iterable[int], *, correction: bool = False) -> int:
    """Ring for deliveries; a correction overtakes everything else that waits."""
    return _send("tasks.broadcast.deliver", ((pk,) for pk in ids), queue="corrections" if correction else "posts")


def ring_readings(ids: Iterable[int]) -> int:
    """Ring for accounts to be read back."""
    return _send("tasks.broadcast.read_back", ((pk,) for pk in ids), queue="posts")


def ring_runs(ids: Iterable[int]) -> int:
    """Ring for the writing of notice runs."""
    return _send("tasks.notices.fill", ((pk,) for pk in ids), queue="first")


def ring_chunks(chunks: Iterable[Chunk], *, urgent: bool = False, correction: bool = False) -> int:
    """Ring for chunks of notices: a correction goes first, then what was begun or put off, then what nobody has tried yet."""
    queue = "first" if correction else "urgent" if urgent else "bulk"
    return _send("tasks.notices.send_chunk", chunks, queue=queue)


def is_correction(run_id: int) -> bool:
    """Tell whether a run belongs to an alert that updates or cancels another."""
    return _corrections(run_id).exists()


def _corrections(run_id: int) -> QuerySet[NoticeRun]:
    return NoticeRun.objects.filter(pk=run_id).exclude(alert__msg_type=Alert.MsgType.ALERT)


def goes_first(run_id: int) -> bool:
    """Tell whether a run's chunks overtake all others: a live correction's do, a drill's never stand before a live alert."""
    return _corrections(run_id).filter(alert__mode=Mode.LIVE).exists()


def ring_alert(alert_id: int) -> None:
    """Ring for everything of an alert that was just issued and may leave at once; later parts wait for the first."""
    first = Delivery.objects.filter(alert=alert_id, state=DeliveryState.QUEUED, not_before__lte=F("queued_at"))
    first = first.order_by("part", "id")
    correction = Alert.objects.filter(pk=alert_id).exclude(msg_type=Alert.MsgType.ALERT).exists()
    ring_deliveries(first.values_list("pk", flat=True), correction=correction)
    ring_runs(NoticeRun.objects.filter(alert=alert_id).values_list("pk", flat=True))
