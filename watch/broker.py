"""Asking the broker how long its queues are. It holds doorbells only; the ledger tells what is due."""

from dataclasses import dataclass

import redis
from django.conf import settings

TIMEOUT_S = 1.0
# Where kombu's Redis transport keeps what a worker has taken and not yet acknowledged.
_UNACKED = "unacked"


@dataclass(frozen=True, slots=True)
class Queues:
    """Messages that wait, by queue, and how many are in workers' hands."""

    waiting: dict[str, int]
    in_hand: int


def queues() -> Queues:
    """Return the queues' lengths.

    Raises:
        redis.RedisError: the broker does not answer within a second.
    """
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    with client, client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(name)
        pipe.hlen(_UNACKED)
        *lengths, in_hand = pipe.execute()
    return Queues({name: int(length) for name, length in zip(names, lengths, strict=True)}, int(in_hand))
