"""Sweeps and beats that are too many or too few, workers that sleep too long, clocks that are wrong."""

import os
import signal
import time

from celery import current_app

from crisis.broadcast.models import Delivery, Notice
from demo import simulator
from tests.faults.furnishing import CROWD, FEW, WIDE
from tests.faults.rows import Outcome, row
from tests.faults.world import World

LEASE_S = 5.0  # as the launcher has it
HOUR = 3600


@row("two sweeps, many times at once", on=("sqlite", "postgres"))
def two_sweeps(world: World) -> Outcome:
    """While a worker is killed now and then, so that there is something to sweep."""
    world.kill_at("after_send", 3)
    world.start(posts=4, apart=True)
    world.load()
    rung = 0
    began = time.monotonic()
    while not world.settled() and time.monotonic() - began < 120:
        for _ in range(4):
            current_app.send_task("tasks.sweep.tick", queue="sweep", ignore_result=True)
            rung += 1
        time.sleep(0.3)
    return Outcome(runs=rung, recovery_s=time.monotonic() - began, figure="sweeps beside beat's own")


@row("two beats")
def two_beats(world: World) -> Outcome:
    world.kill_at("after_send", 3)
    world.start(posts=4, beats=2)
    world.load()
    return Outcome(recovery_s=world.settle(60))


@row("beat dead for 10 minutes, while every bell is lost")
def beat_dead(world: World) -> Outcome:
    """The minutes pass on the product's clock; nobody sweeps meanwhile, and Redis forgets what was rung."""
    world.start(posts=4)
    world.write("hold-beat0")
    world.signal("beat0", signal.SIGKILL)
    world.load()
    # Not before: a worker takes down with it what its messages name, and nobody rings for that.
    world.kill_at("after_send", 2)
    with world.redis_client() as client:
        client.flushall()
    time.sleep(3)
    waiting = sum(Delivery.objects.filter(alert=alert, state="queued").count() for alert in world.alerts)
    world.write("shift", "600")
    (world.var / "hold-beat0").unlink()
    began = time.monotonic()
    world.settle(90)
    outcome = Outcome(recovery_s=time.monotonic() - began)
    outcome.figure = f"{waiting} deliveries waited for the sweep"
    return outcome


def _wait_for_sleep(world: World, before: int) -> None:
    world.until(lambda: len(world.kills()) > before, 30, "no worker fell asleep")


def _paused(world: World, step: str) -> Outcome:
    """Let one of two workers fall asleep in the middle of deliveries, for twice its lease, three times."""
    times = 1 if world.short else 3
    world.start(posts=2, apart=True)
    world.launch("posts2", ["worker", "-Q", "corrections,posts", "-P", "threads", "-c", "2"])
    world.load(crowd=False)
    began, runs = time.monotonic(), 0
    for _ in range(times):
        if step:
            world.kill_at(step, 1, how="pause")
            _wait_for_sleep(world, runs)
        else:
            world.signal("posts", signal.SIGSTOP)
        runs += 1
        time.sleep(2 * LEASE_S)
        for name in ("posts", "posts2"):
            world.signal(name, signal.SIGCONT)
        if world.settled():
            world.issue(WIDE)
    world.settle(60)
    return Outcome(runs=runs, recovery_s=time.monotonic() - began)


@row("worker paused for twice its lease, at any moment")
def paused(world: World) -> Outcome:
    return _paused(world, "")


@row("worker paused for twice its lease, right after the intent", short=("sqlite",))
def paused_at_intent(world: World) -> Outcome:
    return _paused(world, "intent")


@row("notice worker paused for twice its lease, right after the intent", short=("sqlite",))
def paused_with_a_crowd(world: World) -> Outcome:
    """Its window was claimed and nothing of it had left: when it wakes somebody else has sent it, and it sends nothing."""
    world.start(posts=2, bulk=2)
    world.kill_at("notice_intent", 1, how="pause")
    alert = world.issue(CROWD)
    _wait_for_sleep(world, 0)
    time.sleep(2 * LEASE_S)
    for pid in world.children("bulk"):
        os.kill(pid, signal.SIGCONT)
    outcome = Outcome(recovery_s=world.settle(60))
    # What it claimed is told once more by somebody else; if it woke and sent it too, somebody has it twice.
    twice = sum(1 for number in simulator.call("GET", f"received?marker={alert.marker}").values() if number > 1)
    outcome.expect(twice == 0, f"{twice} chats got it twice")
    outcome.expect(Notice.objects.filter(run__alert=alert, resent_unknown=True).exists(), "no window was lost")
    return outcome


def _clock(world: World, seconds: int) -> Outcome:
    """Let every process's clock jump while everything is busy; a worker dies after it, and must be swept up."""
    world.start(posts=4)
    world.load()
    world.write("shift", str(seconds))
    world.kill_at("after_send", 2)
    world.issue(FEW)
    began = time.monotonic()
    if seconds < 0:
        # What was due waits for its hour again, in sight; the clock is set right before that.
        world.settle(10)
        world.write("shift", "0")
    world.settle(90)
    outcome = Outcome(recovery_s=time.monotonic() - began)
    outcome.figure = f"{2 - world.kills_left('after_send')} killed meanwhile"
    return outcome


@row("clock jumps forward by an hour")
def clock_forward(world: World) -> Outcome:
    return _clock(world, HOUR)


@row("clock jumps back by an hour, and is set right")
def clock_back(world: World) -> Outcome:
    return _clock(world, -HOUR)


@row("one worker's clock an hour ahead, the sweep's right")
def clock_ahead(world: World) -> Outcome:
    return _apart(world, HOUR)


@row("one worker's clock an hour behind, the sweep's right")
def clock_behind(world: World) -> Outcome:
    return _apart(world, -HOUR)


def _apart(world: World, seconds: int) -> Outcome:
    """Let the clock of one of two workers be wrong from the start, and kill both once on their way."""
    world.write("shift-posts", str(seconds))
    world.start(posts=4, apart=True)
    world.launch("posts2", ["worker", "-Q", "corrections,posts", "-P", "threads", "-c", "2"])
    world.load(crowd=False)
    began = time.monotonic()
    # The one that is ahead must not be killed: its lease would rightly stand for an hour.
    os.kill(world.pid("posts2" if seconds > 0 else "posts"), signal.SIGKILL)
    if seconds > 0:
        # What that one calls unknown, or lets wait, is due by its own clock: in sight, until everybody's hour has passed.
        world.settle(30)
        world.write("shift", str(seconds))
        (world.var / "shift-posts").unlink()
    # The one that is behind takes bells and can do nothing with them: the sweep rings until the other has them all.
    world.settle(180)
    return Outcome(recovery_s=time.monotonic() - began)
