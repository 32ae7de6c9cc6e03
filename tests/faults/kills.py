"""SIGKILL at every boundary between two steps of a delivery, and of a chunk of notices."""

import time

from crisis.broadcast.models import Attempt, Delivery, Notice
from tests.faults.furnishing import CROWD, WIDE
from tests.faults.rows import Outcome, row
from tests.faults.world import World


def percentile(values: list[float], share: float) -> float | None:
    """Return the value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None


def _at_step(world: World, step: str) -> Outcome:
    """Kill the worker so often at a step of a delivery, each time with another delivery, and wait until all stand."""
    times = 5 if world.short else 100
    world.kill_at(step, times)
    world.start(posts=2, bulk=1)
    deliveries = 0
    while deliveries < 1.5 * times:
        alert = world.issue(WIDE)
        deliveries += Delivery.objects.filter(alert=alert, state="queued").count()
    # Many of them may be parts of one thread, each of which waits for the one before.
    world.settle(120 if world.short else 360)
    outcome = Outcome(runs=times - world.kills_left(step))
    recovered = [s for kill in world.kills() if (s := _recovery(int(kill[1]), kill[2])) is not None]
    outcome.recovery_s = percentile(recovered, 0.95)
    outcome.expect(outcome.runs == times, f"only {outcome.runs} of {times} kills happened")
    outcome.expect(world.deaths("posts") >= outcome.runs, "the worker did not die as often as it was killed")
    outcome.figure = f"recovery p95 of {len(recovered)} killed"
    return outcome


def _recovery(delivery: int, killed_at: float) -> float | None:
    posted = Delivery.objects.get(pk=delivery).posted_at
    return max(0.0, posted.timestamp() - killed_at) if posted else None


@row("SIGKILL before the claim", short=("sqlite",))
def at_claim(world: World) -> Outcome:
    return _at_step(world, "claim")


@row("SIGKILL after the intent", short=("postgres",), on=("sqlite", "postgres"))
def at_intent(world: World) -> Outcome:
    return _at_step(world, "intent")


@row("SIGKILL before the send")
def before_send(world: World) -> Outcome:
    return _at_step(world, "before_send")


@row("SIGKILL after the send, before it is settled", short=("sqlite",), on=("sqlite", "postgres"))
def after_send(world: World) -> Outcome:
    return _at_step(world, "after_send")


@row("SIGKILL after it is settled")
def after_settle(world: World) -> Outcome:
    return _at_step(world, "after_settle")


def _notices(world: World, step: str, times: int) -> Outcome:
    world.kill_at(step, times, chance=0.05 if "send" in step else 1.0)
    world.start(posts=2, bulk=2)
    began = time.time()
    alert = world.issue(CROWD)
    world.settle(90)
    outcome = Outcome(runs=times - world.kills_left(step))
    last = (
        Notice.objects.filter(run__alert=alert).order_by("-accepted_at").values_list("accepted_at", flat=True).first()
    )
    if last is not None and (kills := world.kills()):
        outcome.recovery_s = max(0.0, last.timestamp() - kills[-1][2])
    resent = Notice.objects.filter(run__alert=alert, resent_unknown=True).count()
    # At most the window in flight is unknown after a kill.
    outcome.expect(resent <= 128 * outcome.runs, f"{resent} sent again after {outcome.runs} kills")
    outcome.expect(outcome.runs > 0, "nothing was killed")
    twice = sum(1 for number in _received(alert.marker).values() if number > 1)
    outcome.figure = f"{twice} chats got it twice; all within {time.time() - began:.0f} s"
    return outcome


def _received(marker: str) -> dict[str, int]:
    from demo import simulator

    found: dict[str, int] = simulator.call("GET", f"received?marker={marker}")
    return found


@row("SIGKILL of a notice worker after the intent")
def notices_at_intent(world: World) -> Outcome:
    return _notices(world, "notice_intent", 3)


@row("SIGKILL of a notice worker in the middle of sending", short=("sqlite",), on=("sqlite", "postgres"))
def notices_after_send(world: World) -> Outcome:
    return _notices(world, "notice_after_send", 3 if world.short else 10)


@row("SIGKILL of a notice worker after it settled")
def notices_after_settle(world: World) -> Outcome:
    return _notices(world, "notice_after_settle", 3)


@row("poison delivery that kills its worker")
def poison(world: World) -> Outcome:
    """The one is parked after three crashes; the others are published."""
    alert = world.issue(WIDE)
    victim = (
        Delivery.objects.filter(alert=alert, account__platform="x", state="queued").select_related("account").first()
    )
    assert victim is not None
    world.write("poison", str(victim.pk))
    world.start(posts=4, bulk=1)
    took = world.settle(90)
    victim.refresh_from_db()
    outcome = Outcome(runs=world.deaths("posts"), recovery_s=took, may_hold=True)
    outcome.expect(victim.state in ("held", "unconfirmed"), f"the poison is {victim.state}, not parked")
    outcome.expect(victim.crashes == 3, f"it was parked after {victim.crashes} crashes, not 3")
    bystanders = Delivery.objects.filter(alert=alert, account__platform__in=("x", "facebook"), state="held")
    others = bystanders.exclude(account=victim.account).count()
    outcome.expect(others == 0, f"{others} others are held with it")
    reads = Attempt.objects.filter(delivery=victim, step="find").count()
    outcome.figure = f"parked after {victim.crashes} crashes and {reads} readings"
    return outcome
