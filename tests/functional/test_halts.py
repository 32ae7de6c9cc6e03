"""What a platform refuses holds for everything that it concerns, in the database too, and for questions as for publications."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from crisis import clock
from crisis.broadcast import breakers, halts, ledger, notice_ledger
from crisis.broadcast.models import Breaker, Delivery, DeliveryState, Notice, NoticeState
from platforms import catalog
from platforms.errors import Throttled, Unconfirmed
from simulator.testing import Running
from tasks import notices, throttle
from tasks.broadcast import _publish, _send, deliver, read_back
from tests.functional.factories import NOW, citizen, deliver_all, issued, notify_all, one

At = Callable[[datetime], None]


def fault(sim: Running, platform: str, name: str, method: str = "create", **params: Any) -> None:
    body = {"platform": platform, "fault": name, "times": 1, "method": method, "params": params}
    sim.control("POST", "faults", body)


def asked(sim: Running, platform: str) -> int:
    counted = sim.control("GET", "requests")["requests"].get(platform, {})
    return sum(sum(statuses.values()) for statuses in counted.values())


def test_a_refusal_of_the_whole_app_lets_every_delivery_of_the_platform_wait(sim: Running) -> None:
    alert = issued(countries=["JP", "FR"])
    rows = Delivery.objects.filter(alert=alert, state=DeliveryState.QUEUED)
    held = ledger.claim(delivery_id=rows.filter(account__platform="facebook")[0].pk, now=clock.now())
    assert held is not None
    now = clock.now()
    ledger.settle(held=held, outcome=Throttled("slow", scope="app", retry_after=90), started_at=now, now=now)
    waits = set(rows.filter(account__platform="facebook").values_list("not_before", "reason"))
    assert waits == {(now + timedelta(seconds=90), "throttled")}
    assert not rows.filter(account__platform="x", reason="throttled").exists()
    assert halts.halted(["facebook"], now) == now + timedelta(seconds=90)


def test_a_refusal_of_one_account_concerns_no_other(sim: Running) -> None:
    alert = issued(countries=["JP", "FR"])
    first, *others = Delivery.objects.filter(alert=alert, account__platform="x", part=1).select_related("account")
    assert others
    halts.obey(account=first.account, error=Throttled("slow", scope="account", retry_after=90), now=clock.now())
    waiting = Delivery.objects.filter(alert=alert, reason="throttled")
    # Parts that must wait for one another longer than that keep their own time.
    assert set(waiting.values_list("account", flat=True)) == {first.account_id}
    assert waiting.count() == Delivery.objects.filter(alert=alert, account=first.account).count()


def test_a_flushed_redis_does_not_forget_a_ban(sim: Running, redis_url: str, at: At) -> None:
    citizen(sim=sim)
    fault(sim, "telegram", "rate_limit", method="sendMessage", retry_after=120)
    alert = issued()
    notify_all(alert)
    before = asked(sim, "telegram")
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    Notice.objects.update(not_before=None)
    notify_all(alert)
    deliver(one(alert, "telegram").pk)
    assert asked(sim, "telegram") == before, "no request during the ban"
    assert one(alert, "telegram").reason == "throttled"
    at(clock.now() + timedelta(seconds=125))
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.ACCEPTED


def test_what_redis_and_the_database_do_not_know_its_own_worker_does(sim: Running, redis_url: str) -> None:
    alert = issued()
    row = one(alert, "x")
    held = ledger.claim(delivery_id=row.pk, now=clock.now())
    assert held is not None, "it was permitted before the refusal"
    throttle.halt(f"bucket:x:account:{row.account_id}", seconds=60)
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    before = asked(sim, "x")
    assert not _send(held), "a last look before the first byte"
    deliver(row.pk)
    row.refresh_from_db()
    assert asked(sim, "x") == before
    assert (row.state, row.reason) == (DeliveryState.QUEUED, "throttled")
    assert row.not_before is not None
    assert (row.not_before - clock.now()).total_seconds() == pytest.approx(60, abs=5)


def test_a_longer_quiet_stands(sim: Running) -> None:
    for seconds in (60, 10, 90):
        halts.halt("x", NOW + timedelta(seconds=seconds))
    assert halts.halted(["x"], NOW) == NOW + timedelta(seconds=90)
    assert halts.halted(["x"], NOW + timedelta(seconds=90)) is None
    assert breakers.admit(["x"], NOW) is None, "a limit is no failure"
    assert Breaker.objects.count() == 1


def unknown(sim: Running, at: At) -> Delivery:
    fault(sim, "facebook", "cut_after")
    alert = issued()
    deliver_all()
    at(clock.now() + timedelta(seconds=6))
    row = one(alert, "facebook")
    assert row.state == DeliveryState.UNCONFIRMED
    return row


def test_a_reading_that_is_refused_waits_and_is_not_counted(sim: Running, at: At) -> None:
    row = unknown(sim, at)
    fault(sim, "facebook", "rate_limit", method="list", retry_after=600)
    read_back(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reads) == (DeliveryState.UNCONFIRMED, 0)
    assert row.not_before is not None
    assert (row.not_before - clock.now()).total_seconds() == pytest.approx(600, abs=2)
    assert throttle.halted_s([f"bucket:facebook:account:{row.account_id}"]) == pytest.approx(600, abs=5)


def test_a_reading_takes_the_accounts_permit_and_waits_for_it(sim: Running, at: At) -> None:
    row = unknown(sim, at)
    spec = catalog.spec("facebook")
    assert spec is not None
    buckets = throttle.for_account(spec, row.account)
    while throttle.take(buckets) == 0:
        pass
    read_back(row.pk)
    row.refresh_from_db()
    assert row.reads == 0
    assert row.not_before is not None
    assert 0 < (row.not_before - clock.now()).total_seconds() <= 3, "a permit in three seconds"


@pytest.mark.parametrize("how", ["redis", "database", "breaker"])
def test_nothing_is_read_while_the_platform_wants_quiet_or_rests(sim: Running, at: At, how: str) -> None:
    row = unknown(sim, at)
    until = clock.now() + timedelta(seconds=50)
    if how == "redis":
        throttle.halt("bucket:facebook:app", seconds=50)
    elif how == "database":
        halts.halt("facebook", until)
    else:
        Breaker.objects.update_or_create(name="facebook", defaults={"open_until": until})
    before = asked(sim, "facebook")
    read_back(row.pk)
    row.refresh_from_db()
    assert asked(sim, "facebook") == before
    assert row.not_before is not None
    assert (row.not_before - until).total_seconds() == pytest.approx(0, abs=3)
    assert row.reads == 0


def test_a_reading_that_kills_its_worker_ends_with_a_person(sim: Running, at: At) -> None:
    row = unknown(sim, at)
    for _ in range(ledger.MAX_READS):
        assert ledger.claim_reading(delivery_id=row.pk, now=clock.now()) is not None
        at(clock.now() + ledger.LEASE)
    assert ledger.claim_reading(delivery_id=row.pk, now=clock.now()) is None
    row.refresh_from_db()
    assert (row.state, row.not_before) == (DeliveryState.UNCONFIRMED, None)


def test_a_mistake_again_and_again_ends_with_a_person(sim: Running) -> None:
    row = one(issued(), "facebook")
    now = clock.now()
    for _ in range(ledger.MAX_ATTEMPTS):
        held = ledger.claim(delivery_id=row.pk, now=now)
        assert held is not None
        ledger.stumble(held=held, why="KeyError", now=now)
        now += timedelta(minutes=2)
    row.refresh_from_db()
    assert (row.state, row.reason, row.detail) == (DeliveryState.HELD, "our_mistake", "KeyError")


def test_what_a_platform_says_has_no_character_that_a_database_refuses() -> None:
    assert Unconfirmed("cut\x00 off\x1b[0m\nhere").detail == "cut off [0m here"


# --- leases -----------------------------------------------------------------------------------------------------------------


def test_a_notice_whose_lease_is_almost_over_is_given_back(sim: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that slept after the claim sends nothing: somebody else may be sending it by now."""
    citizen(sim=sim)
    alert = issued()
    begun, claimed = clock.now(), notice_ledger.claim_window

    def slept(**kwargs: Any) -> Any:
        told = claimed(**kwargs)
        monkeypatch.setattr(
            clock, "now", lambda: begun + notice_ledger.LEASE - notices.LONGEST_SEND + timedelta(seconds=1)
        )
        return told

    monkeypatch.setattr(notice_ledger, "claim_window", slept)
    notify_all(alert)
    row = Notice.objects.get()
    assert (row.state, row.attempt) == (NoticeState.QUEUED, 0)
    assert sim.control("GET", f"received?marker={alert.marker}") == {}


def test_a_delivery_that_took_too_long_to_prepare_is_given_back(sim: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = issued()
    held = ledger.claim(delivery_id=one(alert, "facebook").pk, now=clock.now())
    assert held is not None
    begun = clock.now()
    monkeypatch.setattr(
        "tasks.wiring.lend_connection", lambda: monkeypatch.setattr(clock, "now", lambda: begun + timedelta(seconds=30))
    )
    assert _send(held) is False
    assert one(alert, "facebook").state == DeliveryState.QUEUED
    assert sim.control("GET", f"counts?marker={alert.marker}") == {}


def test_whoever_can_ask_nothing_uses_up_no_permits(sim: Running) -> None:
    alert = issued()
    row = ledger.waiting([one(alert, "x").pk], clock.now())[0]
    Delivery.objects.filter(pk=row.pk).update(attempt=1)  # somebody else has had it meanwhile
    spec = catalog.spec("x")
    assert spec is not None
    buckets = throttle.for_account(spec, row.account)
    fewest = int(min(bucket.capacity for bucket in buckets))
    for _ in range(3):
        _publish(row, troubled=set(), read_at=clock.now())
    assert one(alert, "x").state == DeliveryState.QUEUED
    assert throttle.take(buckets, n=fewest) == 0
