"""A mark outside the database of how far its journal had come: one that does not know it was put back from a backup."""

import logging

import redis
from django.conf import settings

from crisis.journal.models import Entry, Head
from crisis.registry.models import Installation

log = logging.getLogger(__name__)


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _key() -> str:
    """One for each database that was ever installed: a new one behind the same Redis is no older one."""
    installed_at = Installation.objects.values_list("installed_at", flat=True).first()
    return f"generation:{installed_at.timestamp()}" if installed_at else ""


def is_older() -> bool:
    """Tell whether the database is older than what was marked; a Redis that is away, or has lost the mark, claims nothing."""
    try:
        # The mark first: whatever it names had been committed before, so that a database which is read later knows it.
        with _client() as client:
            mark = client.get(_key())
    except redis.RedisError:
        return False
    if not mark:
        return False
    position, _, digest = mark.decode().partition(":")
    return not Entry.objects.filter(position=int(position), digest=digest).exists()


def mark() -> None:
    """Remember how far the journal is sealed."""
    head = Head.objects.filter(pk=1, position__gt=0).first()
    if head is None:
        return
    try:
        with _client() as client:
            client.set(_key(), f"{head.position}:{head.digest}")
    except redis.RedisError as error:
        log.warning("how far the journal has come could not be marked", extra={"error": type(error).__name__})
