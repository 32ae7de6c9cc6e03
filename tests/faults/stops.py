"""Processes that are killed or stopped under load, from outside, and started again."""

import os
import signal
import time
from collections.abc import Callable

from tests.faults.furnishing import BIG
from tests.faults.rows import Outcome, row
from tests.faults.world import NotRun, World

SLOWEST_STOP_S = 30.0  # the grace that Docker is given


def _under_load(world: World, strike: Callable[[World], str], runs: int = 1) -> Outcome:
    """Strike while everything is busy, and wait until all stands."""
    world.start(posts=8)
    world.load()
    began = time.monotonic()
    words = strike(world)
    world.settle(90)
    return Outcome(runs=runs, recovery_s=time.monotonic() - began, figure=words)


@row("child of the notice worker killed under load")
def child(world: World) -> Outcome:
    def strike(world: World) -> str:
        for _ in range(3):
            children = world.children("bulk")
            os.kill(children[0], signal.SIGKILL)
            time.sleep(0.5)
        return f"the parent has lived {1 + world.deaths('bulk')} lives"

    return _under_load(world, strike, runs=3)


@row("both workers killed under load", on=("sqlite", "postgres"))
def parents(world: World) -> Outcome:
    def strike(world: World) -> str:
        for name in ("posts", "bulk"):
            world.signal(name, signal.SIGKILL)
        return ""

    return _under_load(world, strike)


@row("whole process groups killed under load, beat too")
def groups(world: World) -> Outcome:
    def strike(world: World) -> str:
        for name in ("bulk", "posts", "beat0"):
            world.signal_group(name, signal.SIGKILL)
        return ""

    return _under_load(world, strike)


def _stop(world: World, *signals: int) -> Outcome:
    """Ask both workers to stop while they are busy, and let them come back once they have."""
    took: dict[str, float] = {}

    def strike(world: World) -> str:
        dead = {name: world.deaths(name) for name in ("posts", "bulk")}
        for name in dead:
            world.write(f"hold-{name}")
        for number in signals:
            for name in dead:
                world.signal(name, number)
            time.sleep(0.3)
        began = time.monotonic()
        while len(took) < len(dead) and time.monotonic() - began < 45:
            took.update({n: time.monotonic() - began for n in dead if n not in took and world.deaths(n) > dead[n]})
            time.sleep(0.02)
        for name in dead:
            (world.var / f"hold-{name}").unlink()
            if name not in took:
                world.signal_group(name, signal.SIGKILL)
        return "seconds to stop: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items())

    outcome = _under_load(world, strike)
    for name in ("posts", "bulk"):
        outcome.expect(took.get(name, 99) <= SLOWEST_STOP_S, f"{name} does not stop within {SLOWEST_STOP_S:.0f} s")
    return outcome


@row("SIGTERM under load")
def sigterm(world: World) -> Outcome:
    return _stop(world, signal.SIGTERM)


@row("SIGQUIT under load")
def sigquit(world: World) -> Outcome:
    return _stop(world, signal.SIGQUIT)


@row("double SIGTERM under load")
def sigterm_twice(world: World) -> Outcome:
    return _stop(world, signal.SIGTERM, signal.SIGTERM)


@row("deploy: everything restarted under load, three times")
def deploy(world: World) -> Outcome:
    def strike(world: World) -> str:
        for _ in range(3):
            for name in ("beat0", "bulk", "posts"):
                world.signal(name, signal.SIGTERM)
            time.sleep(4)
        return ""

    return _under_load(world, strike, runs=3)


@row("20,000 notices: a child, a parent, a whole group killed in turn", on=("sqlite", "postgres"))
def twenty_thousand(world: World) -> Outcome:
    if world.short:
        raise NotRun("20,000 belong to the long form")
    world.start(posts=8)
    alert = world.issue(BIG)
    world.until(lambda: world.received() > 1000, 60, "nothing is sent")
    began = time.monotonic()
    kills = 0
    while not world.settled() and kills < 9:
        match kills % 3:
            case 0 if pids := world.children("bulk"):
                os.kill(pids[0], signal.SIGKILL)
            case 1:
                world.signal("bulk", signal.SIGKILL)
            case _:
                world.signal_group("bulk", signal.SIGKILL)
        kills += 1
        time.sleep(2)
    world.settle(180)
    outcome = Outcome(runs=kills, recovery_s=time.monotonic() - began)
    resent = alert.notice_runs.get().notices.filter(resent_unknown=True).count()
    outcome.expect(resent <= 2 * 128 * kills, f"{resent} sent again after {kills} kills of at most two windows of 128")
    outcome.figure = f"{resent} sent again"
    return outcome
