"""The one place where the platforms' rates are kept: token buckets in Redis, shared by all workers and the bot."""

import logging
import random
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from crisis import clock
from crisis.registry.models import Account
from platforms import catalog
from platforms.contract import PlatformSpec

log = logging.getLogger(__name__)

LONGEST_BLIND_WAIT_S = 10.0
LONGEST_NAP_S = 1.0  # a permit that comes sooner is waited for in the worker; any other by whoever keeps the work
# Short bursts into one chat are allowed, and an answer in three messages is one: core.telegram.org/bots/faq.
ANSWER_BURST_MS = 2000
LOOKS_AT_ONCE = 5  # into the operations chat, each of which puts a message there for a moment
TELEGRAM = "bucket:telegram:app"  # the key of the token's whole rate

# Until when this process was told to be quiet in a bucket: it knows before the database does, and when Redis has forgotten.
_told: dict[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit: its key, permits a second, how many may be saved up, how many a new one holds, and how many are left in it."""

    key: str
    per_s: float
    capacity: float
    at_birth: float
    left: float = 0.0


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=5)


@cache
def _script(name: str) -> Any:
    return _client().register_script((Path(__file__).parent / name).read_text(encoding="utf-8"))


def take(buckets: Sequence[Bucket], *, n: int = 1) -> float:
    """Take permits from every bucket, or from none.

    Args:
        buckets: the limits that hold together.
        n: how many permits.

    Returns:
        0 if they were granted, else the seconds after which it is worth asking again. Without Redis it waits here for as
        long as the slowest bucket's permits take, then grants: each worker alone stays within the rate, and what the platform
        refuses is kept in the ledger.
    """
    if not buckets:
        return 0.0
    try:
        return _ask(buckets, n)
    except redis.RedisError as error:
        log.warning("the throttle has no Redis and keeps this worker slow", extra={"error": type(error).__name__})
        time.sleep(min(LONGEST_BLIND_WAIT_S, max(n / bucket.per_s for bucket in buckets)))
        return 0.0


def take_soon(buckets: Sequence[Bucket]) -> float:
    """Take a permit, or return the seconds to wait; what comes within a nap is waited for here."""
    wait = take(buckets)
    if 0 < wait <= LONGEST_NAP_S:
        time.sleep(jitter(wait))
        wait = take(buckets)
    return wait


def put_back(buckets: Sequence[Bucket]) -> None:
    """Put one permit back with which nothing was asked of a platform; where it is full, or a halt has emptied it, it is lost."""
    if buckets:
        with suppress(redis.RedisError):
            _ask(buckets, -1)


def _ask(buckets: Sequence[Bucket], n: int) -> float:
    """Take n permits, or put them back where n is negative; see bucket.lua."""
    arguments: list[float] = [n]
    for bucket in buckets:
        arguments += [bucket.per_s, bucket.capacity, bucket.at_birth, bucket.left]
    return float(_script("bucket.lua")(keys=[bucket.key for bucket in buckets], args=arguments)) / 1000


def halt(key: str, *, seconds: float) -> None:
    """Let nothing pass a bucket for a time, because the platform said so; a longer halt stands."""
    until = clock.now() + timedelta(seconds=seconds)
    _told[key] = max(until, _told.get(key, until))
    try:
        _script("halt.lua")(keys=[key], args=[int(seconds * 1000)])
    except redis.RedisError as error:
        log.warning("the throttle could not keep a halt; the ledger does", extra={"error": type(error).__name__})


def told(keys: Iterable[str]) -> datetime | None:
    """Return until when this process was told to be quiet in one of these buckets; None if it was not, or that is over."""
    last = max((_told[key] for key in keys if key in _told), default=None)
    return last if last is not None and last > clock.now() else None


def _birth(per_s: float, capacity: float) -> float:
    """A short window starts with one permit, so that a lost Redis never bursts; a long one starts full, or alerts would wait."""
    return min(1.0, capacity) if per_s >= 1 else capacity


def for_account(spec: PlatformSpec, account: Account, *, removing: bool = False) -> list[Bucket]:
    """Return the buckets of one publication on an account, or of taking one away where the platform counts that apart."""
    apart = ":removals" if removing and spec.removals else ""
    found: list[Bucket] = []
    for rate in spec.removals if apart else spec.rates:
        per_s = rate.count / rate.seconds
        # The platform counts in a window; a bucket of that size may let twice as much pass at a window's edge.
        capacity = max(1.0, rate.count / 2)
        key = key_of(spec, account, rate.scope) + apart
        # The first of a scope has the key that a refusal halts; a second one, of a longer window, counts for itself.
        if any(each.key == key for each in found):
            key += f":{rate.seconds:g}s"
        found.append(Bucket(key, per_s, capacity, _birth(per_s, capacity)))
    return found


def for_asking(spec: PlatformSpec, account: Account) -> list[Bucket]:
    """Return the buckets of a question about an account, which leaves half of what is saved up to what is published.

    Fifty publications a day are one in half an hour: an account that is asked every quarter of an hour, because it fails, would
    have none saved up, and the first alert once it is well would wait for its permit.
    """
    return [replace(each, left=min(each.capacity / 2, each.capacity - 1)) for each in for_account(spec, account)]


def key_of(spec: PlatformSpec, account: Account, scope: str) -> str:
    """Return the key of the bucket that a refusal of this scope halts."""
    names = {"account": f"account:{account.pk}", "recipient": f"chat:{account.address_key}", "app": "app"}
    return f"bucket:{spec.slug}:{names[scope]}"


def keys_of(spec: PlatformSpec, account: Account) -> list[str]:
    """Return the keys of all that a refusal to one account can halt."""
    return [key_of(spec, account, scope) for scope in ("account", "recipient", "app")]


def rate(kind: str = "telegram") -> float:
    """Return how many messages a second a way takes from us: what its spec says, unless the ministry has bought more."""
    bought = settings.TELEGRAM_RATE if kind == "telegram" else settings.WAY_RATES.get(kind, 0)
    return float(bought) or _allowed(kind)


@cache
def _allowed(kind: str) -> float:
    spec = catalog.spec(kind)
    return min(each.count / each.seconds for each in spec.rates if each.scope == "app") if spec else 1.0


@cache
def _apart_ms(kind: str) -> int:
    """Return how far two messages to one person must be apart."""
    spec = catalog.spec(kind)
    apart = [each.seconds / each.count for each in spec.rates if each.scope == "recipient"] if spec else []
    return int(max(apart, default=0) * 1000)


def lease(kind: str = "telegram") -> int:
    """Return how many permits of notices are asked for at once: a tenth of a second's worth, so that asking costs nothing."""
    return max(1, min(25, int(rate(kind) / 10)))


def whole(kind: str) -> str:
    """Return the key of a way's whole rate."""
    return f"bucket:{kind}:app"


def for_notices(kind: str = "telegram") -> list[Bucket]:
    """Return the buckets of notices: of Telegram five sixths of the token's rate, within its whole.

    Notices leave in the whole what answers take at once: an answer therefore never waits for a notice.
    """
    after_answers = _after_answers(kind)
    if kind != "telegram":
        return [after_answers]
    per_s = rate() * 5 / 6
    return [Bucket("bucket:telegram:notices", per_s, max(lease(), per_s / 5), 0.0), after_answers]


def for_replies(kind: str = "telegram") -> list[Bucket]:
    """Return the buckets of answers, which go before notices: of Telegram up to two thirds of the token's rate.

    A flood of messages to the bot therefore never takes from notices more than two thirds of their time.
    """
    if kind != "telegram":
        return [_whole(kind)]
    per_s = rate() * 2 / 3
    return [Bucket("bucket:telegram:replies", per_s, max(1.0, per_s / 2), 1.0), _whole()]


def for_questions() -> list[Bucket]:
    """Return the buckets of questions whether people are still there: a tenth of the token's rate; nothing waits for them."""
    per_s = rate() / 10
    return [Bucket("bucket:telegram:questions", per_s, max(1.0, per_s), 1.0), _after_answers()]


def for_looks(chat: str) -> list[Bucket]:
    """Return the buckets of reading a channel back through the operations chat: one a second, like any other chat."""
    return [Bucket(f"bucket:telegram:looks:{chat}", 1.0, LOOKS_AT_ONCE, LOOKS_AT_ONCE), _whole()]


def _whole(kind: str = "telegram") -> Bucket:
    return Bucket(whole(kind), rate(kind), max(lease(kind), rate(kind) / 2), 0.0)


def _after_answers(kind: str = "telegram") -> Bucket:
    """Return a way's whole rate for whoever leaves a sixth of a second's permits in it to answers."""
    one = _whole(kind)
    return replace(one, left=max(0.0, min(one.per_s / 6, one.capacity - lease(kind))))


def reserve(chats: Sequence[str], *, kind: str = "telegram", burst_ms: int = 0) -> list[float]:
    """Reserve the next free moment of each chat.

    Args:
        chats: their numbers, or what stands for their addresses.
        kind: the way; one that knows no limit for a single person is not asked about.
        burst_ms: how far a short burst may run ahead.

    Returns:
        For each the seconds to wait; without Redis nobody waits, and what the platform refuses is kept in the ledger.
    """
    if not (apart := _apart_ms(kind)):
        return [0.0] * len(chats)
    try:
        waits = _script("chats.lua")(keys=[f"chat:{kind}:{chat}" for chat in chats], args=[apart, burst_ms])
    except redis.RedisError as error:
        log.warning("the throttle has no Redis: chats are not kept apart", extra={"error": type(error).__name__})
        return [0.0] * len(chats)
    return [wait / 1000 for wait in waits]


def halted_s(keys: Sequence[str] = (TELEGRAM,)) -> float:
    """Return for how many seconds a platform wants quiet in any of these buckets; 0 if it does not, or nobody knows.

    Args:
        keys: of buckets; Telegram's whole, unless others are asked about.
    """
    try:
        client = _client()
        now, until = client.time(), max(int(client.hget(key, "halted") or 0) for key in keys)
    except redis.RedisError:
        return 0.0
    return max(0.0, until / 1000 - now[0] - now[1] / 1e6)


def jitter(seconds: float) -> float:
    """Return a wait with up to a tenth more, so that workers do not ask all at once."""
    return seconds * random.uniform(1.0, 1.1)  # noqa: S311 - jitter
