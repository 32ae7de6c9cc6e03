"""Redis that is killed, emptied, frozen, half-open, slow, full or read-only."""

import contextlib
import signal
import time
from collections.abc import Callable

import redis

from crisis.broadcast.models import Delivery
from tests.faults.furnishing import WIDE
from tests.faults.rows import Outcome, row
from tests.faults.world import World

# Issuing rings twice (deliveries, slices), each bell tries twice, each within the socket's time-outs: never longer than that.
LONGEST_ISSUE_S = 22.0


def _outage(world: World, begin: Callable[[], None], end: Callable[[], None], seconds: float) -> Outcome:
    """Break Redis under load, issue one more alert meanwhile, mend it, and wait until all stands."""
    world.start(posts=8)
    world.load()
    began = time.monotonic()
    begin()
    alert = world.issue(WIDE)
    publish_s = time.monotonic() - began
    time.sleep(max(0.0, seconds - publish_s))
    end()
    mended = time.time()
    world.settle(120)
    outcome = Outcome()
    posted = Delivery.objects.filter(alert=alert).order_by("posted_at").values_list("posted_at", flat=True)
    times = [each.timestamp() - mended for each in posted if each is not None]
    if times:
        outcome.recovery_s = max(0.0, times[0])
        outcome.figure = (
            f"issuing took {publish_s:.1f} s meanwhile; all of it published {max(0.0, times[-1]):.1f} s after"
        )
    outcome.expect(publish_s <= LONGEST_ISSUE_S, f"issuing took {publish_s:.1f} s while Redis was broken")
    outcome.expect(times, "nothing was published after")
    world.expect_few_again(outcome)
    deaths = {name: world.deaths(name) for name in world.launched if world.deaths(name)}
    if deaths:
        outcome.figure += f"; died: {deaths}"
    return outcome


@row("Redis killed, and back", short=("sqlite",))
def killed(world: World) -> Outcome:
    def begin() -> None:
        assert world.broker is not None
        world.broker.kill()
        world.broker.wait()

    return _outage(world, begin, world.start_redis, 5 if world.short else 20)


@row("Redis flushed, again and again")
def flushed(world: World) -> Outcome:
    def flush() -> None:
        with world.redis_client() as client:
            client.flushall()

    return _outage(world, flush, flush, 3)


@row("Redis frozen")
def frozen(world: World) -> Outcome:
    assert world.broker is not None
    server = world.broker
    return _outage(
        world, lambda: server.send_signal(signal.SIGSTOP), lambda: server.send_signal(signal.SIGCONT), 30
    )  # fmt: skip


@row("Redis half-open: every connection falls silent")
def half_open(world: World) -> Outcome:
    def begin() -> None:
        world.proxy.half_open()

    return _outage(world, begin, lambda: None, 0)


@row("Redis silent, old and new connections")
def silent(world: World) -> Outcome:
    def turn(*, on: bool) -> None:
        world.proxy.silent = on

    return _outage(world, lambda: turn(on=True), lambda: turn(on=False), 20)


@row("Redis slow: 500 ms an answer")
def slow(world: World) -> Outcome:
    def turn(seconds: float) -> None:
        world.proxy.delay_s = seconds

    return _outage(world, lambda: turn(0.5), lambda: turn(0.0), 20)


def _told(world: World, *words: str) -> None:
    with world.redis_client() as client, contextlib.suppress(redis.ResponseError):
        client.execute_command(*words)


@row("Redis out of memory")
def full(world: World) -> Outcome:
    return _outage(
        world,
        lambda: _told(world, "CONFIG", "SET", "maxmemory", "1"),
        lambda: _told(world, "CONFIG", "SET", "maxmemory", "0"),
        10,
    )


@row("Redis read-only: it has become a replica")
def read_only(world: World) -> Outcome:
    return _outage(
        world,
        lambda: _told(world, "REPLICAOF", "127.0.0.1", "1"),
        lambda: _told(world, "REPLICAOF", "NO", "ONE"),
        10,
    )
