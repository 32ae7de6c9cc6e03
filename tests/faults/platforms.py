"""Platforms that refuse, break, lie, or are late; each with the others beside it."""

import time
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import QuerySet

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Attempt, Delivery, Notice
from crisis.registry.models import Account
from demo import simulator
from tests.faults.counting import asked_during_bans
from tests.faults.furnishing import FEW, WIDE
from tests.faults.kills import percentile
from tests.faults.rows import Outcome, row
from tests.faults.world import World

READABLE = ("x", "facebook")
HOUR = 3600


def _strike(world: World, fault: str, times: int = 5, *, telegram: int = 2, **params: Any) -> list[int]:
    """Let a fault strike each platform's creating requests so often."""
    wanted = [("x", times), ("facebook", times), ("telegram", telegram)]
    common = {"method": "create", "params": params}
    return [world.fault(fault, platform=slug, times=number, **common) for slug, number in wanted if number]


def _struck() -> int:
    return sum(each["struck"] for each in simulator.call("GET", "faults")["faults"])


def _through(world: World, fault: str, code: str, *, allowed: Collection[str] = (), **params: Any) -> Outcome:
    """Publish through a fault, and see that each strike was understood as what it is.

    Args:
        world: the world.
        fault: the simulator's name of it.
        code: how the ledger calls it ("" where the platforms differ).
        allowed: states in which what was struck may end.
        params: of the fault.
    """
    _strike(world, fault, 3 if world.short else 10, **params)
    world.start(posts=8)
    began = clock.now()
    world.issue(WIDE)
    world.issue(FEW)
    outcome = Outcome(recovery_s=world.settle(120), runs=_struck(), allowed=allowed)
    outcome.expect(outcome.runs > 0, "the fault never struck")
    tries = Attempt.objects.filter(delivery__alert__in=world.alerts, step="publish", started_at__gte=began)
    told = [each for each in tries.values_list("outcome", flat=True) if each != "posted"]
    if code:
        wrong = [each for each in told if each not in (code, "already_posted")]
        outcome.expect(not wrong, f"not understood as {code}: {sorted(set(wrong))}")
    outcome.figure = f"understood as {', '.join(sorted(set(told))) or 'nothing: only notices were struck'}"
    return outcome


@row("500 before anything is stored")
def error_before(world: World) -> Outcome:
    return _through(world, "error_json", "", status=500)


@row("500 after it is stored", short=("sqlite",))
def error_after(world: World) -> Outcome:
    return _through(world, "error_json", "", status=500, stored=True)


@row("connection cut before anything is stored")
def cut_before(world: World) -> Outcome:
    return _through(world, "cut_before", "unconfirmed")


@row("connection cut after it is stored")
def cut_after(world: World) -> Outcome:
    return _through(world, "cut_after", "unconfirmed")


@row("connection cut within the answer")
def cut_within(world: World) -> Outcome:
    return _through(world, "cut_within", "unconfirmed")


@row("answer byte by byte")
def drip(world: World) -> Outcome:
    return _through(world, "drip", "unconfirmed", seconds=1.0)


@row("no answer within the time-out, stored")
def slow_after(world: World) -> Outcome:
    return _through(world, "slow_after", "unconfirmed", seconds=8)


@row("garbage with status 200, stored")
def garbage(world: World) -> Outcome:
    return _through(world, "created_garbage", "unconfirmed")


@row("garbage with status 200, not stored")
def garbage_only(world: World) -> Outcome:
    return _through(world, "garbage_2xx", "unconfirmed")


@row("10 MB with status 200")
def huge(world: World) -> Outcome:
    return _through(world, "answer_bytes", "unconfirmed", size=10_000_000)


@row("redirect loop")
def redirect(world: World) -> Outcome:
    """No adapter follows it: nothing was created, and a person reads why. It is not tried again."""
    ends = ("failed", "undelivered")
    return _through(world, "redirect", "unexpected_response", allowed=ends, to="/x/2/tweets", status=302)


def _storm(
    world: World, retry_after: float | None, scope: str = "account", *, later: int = 0, **of_outcome: Any
) -> Outcome:
    """Let every platform refuse for a time, and count what is asked meanwhile."""
    words = ""
    # Facebook counts its bans in minutes; and X's buckets, emptied by a ban, fill by one permit in nine seconds.
    for slug, times in (("telegram", 5),) if world.short else (("x", 10), ("telegram", 3), ("facebook", 10)):
        params = {"retry_after": retry_after, "scope": scope}
        world.fault("rate_limit", platform=slug, method="create", times=times, params=params)
    world.start(posts=8)
    world.issue(WIDE)
    world.issue(FEW)
    # An alert is up to a dozen publications on an X account, in order, and a permit for each comes in nine seconds.
    took, struck = world.settle(15 if later else 300), _struck()
    if later:
        # What is banned for long waits in sight; the hours pass on the product's clock, and on the limiter's.
        words = f"{Delivery.objects.filter(alert__in=world.alerts, state='queued').count()} waited for the ban's end; "
        # Where one refusal quietens a whole app for an hour, not all of them were heard: the storm is over.
        simulator.call("DELETE", "faults")
        world.write("shift", str(later))
        with world.redis_client() as client:
            client.flushall()
        took += world.settle(120)
    outcome = Outcome(recovery_s=took, runs=struck, **of_outcome)
    tries = Attempt.objects.filter(delivery__alert__in=world.alerts, step="publish", outcome="throttled")
    early = asked_during_bans(world.alerts, scope, min(retry_after or 1.0, HOUR))
    outcome.expect(early == 0, f"{early} asked again during their ban")
    outcome.figure = f"{words}{tries.count()} refused, {early} asked during the ban, of the same account or app"
    return outcome


@row("429 storm: for seconds")
def storm(world: World) -> Outcome:
    return _storm(world, 3)


@row("429 storm: for the whole app")
def storm_app(world: World) -> Outcome:
    return _storm(world, 5, "app", later=HOUR + 600)


@row("429 storm: without a time")
def storm_timeless(world: World) -> Outcome:
    return _storm(world, None, later=HOUR + 600)


@row("429 storm: for longer than the alert lives")
def storm_huge(world: World) -> Outcome:
    return _storm(world, 10_000_000, later=30 * 24 * HOUR, allowed=("failed", "undelivered", "expired"))


@row("token revoked in mid-run")
def revoked(world: World) -> Outcome:
    """One account's token dies: that account pauses and tells; the others are published."""
    account = Account.objects.filter(mode="exercise", platform="x", holder__post__country=WIDE[0]).order_by("pk").last()
    assert account is not None
    world.fault("unauthorized", platform="x", account=account.address)
    world.start(posts=8)
    world.issue(WIDE)
    outcome = Outcome(recovery_s=world.settle(60), may_hold=True, allowed=("skipped",))
    account.refresh_from_db()
    outcome.expect(account.paused_at, "the account is not paused")
    stuck = Delivery.objects.filter(alert__in=world.alerts).exclude(state="posted")
    others = stuck.exclude(account=account).count()
    outcome.expect(others == 0, f"{others} deliveries of other accounts are not published")
    outcome.figure = f"{stuck.count()} wait for a new token"
    return outcome


def _others(alerts: Sequence[Alert]) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(alert__in=alerts).exclude(account__platform="x").exclude(wording=None)


def _seconds(deliveries: "QuerySet[Delivery]") -> list[float]:
    return [(each.posted_at - each.queued_at).total_seconds() for each in deliveries if each.posted_at]


@row("one platform dead all run")
def dead(world: World) -> Outcome:
    """X answers nothing until everything else has long left; then it is back. The others are as quick as without."""
    world.start(posts=8)
    before = [world.issue(WIDE), world.issue(FEW)]
    world.settle(60)
    alone = percentile(_seconds(_others(before)), 0.95)
    fault = world.fault("cut_before", platform="x")
    alerts = [world.issue(WIDE), world.issue(FEW)]
    others = _others(alerts)
    open_notices = Notice.objects.filter(run__alert__in=alerts).exclude(state="accepted")
    took = world.until(
        lambda: not others.exclude(state__in=["posted", "unconfirmed"]).exists() and not open_notices.exists(),
        60, "the other platforms are not done",
    )  # fmt: skip
    seconds = percentile(_seconds(others), 0.95)
    asked = simulator.call("GET", "requests")["requests"]["x"]
    simulator.call("DELETE", f"faults/{fault}")
    began = time.monotonic()
    world.settle(150)
    outcome = Outcome(recovery_s=time.monotonic() - began)
    assert alone is not None
    assert seconds is not None
    outcome.expect(seconds <= 1.5 * alone + 1.0, f"the others' p95 is {seconds:.1f} s, alone {alone:.1f} s")
    cut = sum(statuses.get("cut", 0) for statuses in asked.values())
    outcome.figure = (
        f"the others done after {took:.1f} s (p95 {seconds:.1f} s, alone {alone:.1f} s); X was asked {cut} times"
    )
    return outcome


@row("platforms say duplicate, and have it")
def duplicate_there(world: World) -> Outcome:
    """It was stored, the answer was lost, and the list hides it for a while: the second try is called a duplicate."""
    for slug in READABLE:
        world.fault("cut_after", platform=slug, method="create", times=4)
        world.fault("hidden_for", platform=slug, times=None, params={"seconds": 8})
    world.start(posts=8)
    world.issue(WIDE)
    outcome = Outcome(recovery_s=world.settle(120), runs=_struck(), may_hold=True)
    outcome.figure = "hidden for 8 s, so proven absent too early, and sent again"
    return outcome


@row("platforms say duplicate, and have nothing")
def duplicate_absent(world: World) -> Outcome:
    """Nobody can find it there: a person must look, for these and for no other."""
    for slug in READABLE:
        world.fault("duplicate", platform=slug, method="create", times=3)
    world.start(posts=8)
    world.issue(WIDE)
    outcome = Outcome(recovery_s=world.settle(60), runs=_struck(), may_hold=True)
    held = Delivery.objects.filter(alert__in=world.alerts, state="held").count()
    outcome.expect(held <= 6, f"{held} are held, not 6")
    outcome.figure = f"{held} held"
    return outcome


@row("read-back late by 60 s, and the platforms know no duplicates")
def late(world: World) -> Outcome:
    """What the product believes of a list's lateness is a tenth here, so 6 s stand for a minute."""
    simulator.call("PUT", "limits", {"x_duplicate_hours": None, "facebook_duplicate_seconds": None})
    try:
        for slug in READABLE:
            world.fault("cut_after", platform=slug, method="create", times=4)
            world.fault("hidden_for", platform=slug, times=None, params={"seconds": 6})
        world.start(posts=8)
        world.issue(WIDE)
        return Outcome(recovery_s=world.settle(120), runs=_struck())
    finally:
        simulator.call("PUT", "limits", {"x_duplicate_hours": 24, "facebook_duplicate_seconds": 600})
