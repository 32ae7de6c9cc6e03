"""Breakers whose time is over let one through: what waits behind them finds its way out by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crisis import clock
from crisis.broadcast import breakers, ledger, notice_ledger
from crisis.broadcast.models import Breaker, Notice, NoticeState
from platforms.errors import Throttled, Unconfirmed
from simulator.testing import Running
from tasks import broadcast, notices, sweep
from tests.functional.factories import citizen, issued, notify_all, one

At = Callable[[datetime], None]


def opened(name: str, until: datetime) -> Breaker:
    return Breaker.objects.create(name=name, trips=1, open_until=until)


def test_an_unknown_notice_is_the_probe_of_a_breaker_whose_time_is_over(sim: Running, at: At) -> None:
    """Nothing else waits: if it were held until the breaker is closed, nothing would ever close it."""
    citizen(sim=sim)
    alert = issued()
    now = clock.now()
    Notice.objects.update(state=NoticeState.UNCONFIRMED, reason="unconfirmed", attempt=1, not_before=now)
    opened("telegram", now + timedelta(seconds=30))
    sweep.tick()
    assert Notice.objects.get().state == NoticeState.UNCONFIRMED, "not while it is open"

    at(now + timedelta(seconds=31))
    sweep.tick()
    assert Notice.objects.get().state == NoticeState.QUEUED
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.ACCEPTED
    assert breakers.is_closed("telegram")


def test_a_chunk_that_finds_nothing_lets_the_next_one_probe(sim: Running) -> None:
    citizen(sim=sim)
    alert = issued()
    opened("telegram", clock.now() - timedelta(seconds=1))
    notices.send_chunk(alert.notice_runs.get().pk, 1_000_000, 1_000_005)
    assert Breaker.objects.get().probe_until is None
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.ACCEPTED


def test_a_delivery_that_is_not_sent_lets_the_next_one_probe(sim: Running, at: At) -> None:
    row = one(issued(), "facebook")
    opened("facebook", clock.now() - timedelta(seconds=1))
    held = ledger.claim(delivery_id=row.pk, now=clock.now())
    assert held is not None
    assert breakers.admit(["facebook"], clock.now()) is None
    at(clock.now() + timedelta(seconds=30))
    assert broadcast._send(held) is False
    breakers.release(["facebook"])
    assert breakers.admit(["facebook"], clock.now()) is None


def test_a_probe_that_is_told_to_wait_leaves_its_place_to_the_next(sim: Running) -> None:
    now = clock.now()
    opened("x", now - timedelta(seconds=1))
    assert breakers.admit(["x"], now) is None
    breakers.note(["x"], Throttled("slow", scope="app", retry_after=5), now)
    assert breakers.admit(["x"], now) is None
    breakers.note(["x"], Unconfirmed("cut"), now)
    assert breakers.rests(["x"], now) is not None


def test_an_account_that_rests_takes_its_platforms_probe_from_nobody(sim: Running) -> None:
    """One account of a platform that has just come back would keep all others waiting for a minute."""
    now = clock.now()
    opened("x", now - timedelta(seconds=1))
    opened("x:1", now + timedelta(minutes=9))
    assert breakers.admit(["x", "x:1"], now) == now + timedelta(minutes=9)
    assert breakers.admit(["x", "x:2"], now) is None

    opened("x:3", now - timedelta(seconds=1))
    Breaker.objects.update(probe_until=None)
    Breaker.objects.filter(name="x:3").update(probe_until=now + timedelta(seconds=50))
    assert breakers.admit(["x", "x:3"], now) is not None, "somebody else probes that account"
    assert breakers.admit(["x", "x:2"], now) is None


def test_only_what_lies_ahead_rests(sim: Running) -> None:
    now = clock.now()
    opened("x", now - timedelta(seconds=1))
    assert breakers.rests(["x", "x:1"], now) is None
    opened("x:1", now + timedelta(seconds=9))
    assert breakers.rests(["x", "x:1"], now) == now + timedelta(seconds=9)
    assert notice_ledger.resend_unknown(now) == 0
