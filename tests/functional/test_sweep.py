"""The sweep rings for what was lost in the order in which people need it, and no step of it stops another."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from celery import current_app

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast import notice_ledger, overdue
from crisis.broadcast.models import Breaker, Notice, NoticeState
from crisis.health.models import Pulse
from crisis.journal.models import Entry
from simulator.testing import Running
from tasks import bells, notices, sweep
from tests.functional.factories import citizen, issued, reachable


@pytest.fixture
def broker(sim: Running, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    monkeypatch.setattr(current_app.conf, "broker_url", redis_url)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    monkeypatch.setattr(notices, "chunk_size", lambda: 1)
    with redis.Redis.from_url(redis_url) as client:
        yield client


def crowd(number: int) -> Alert:
    for name in range(number):
        citizen(name=str(name))
    return issued()


def sending(alert: Alert, pk: int) -> None:
    now = clock.now()
    number, mine = notice_ledger.claim_window(run_id=alert.notice_runs.get().pk, first=pk, last=pk, now=now)
    assert number
    assert mine


def test_what_nobody_has_tried_far_behind_what_is_being_sent_is_stranded(sim: Running) -> None:
    alert = crowd(6)
    ids = list(Notice.objects.order_by("id").values_list("pk", flat=True))
    run = alert.notice_runs.get().pk
    assert notice_ledger.stranded_chunks(limit=10, size=1, behind=2) == [], "nothing is being sent"
    sending(alert, ids[4])
    assert notice_ledger.stranded_chunks(limit=10, size=1, behind=2) == [(run, pk, pk) for pk in ids[:2]]
    assert notice_ledger.stranded_chunks(limit=1, size=1, behind=2) == [(run, ids[0], ids[0])]
    Alert.objects.filter(pk=alert.pk).update(state="stopped")
    assert notice_ledger.stranded_chunks(limit=10, size=1, behind=2) == []


def test_a_lost_bell_of_the_most_exposed_is_rung_while_the_queue_is_full(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = crowd(6)
    monkeypatch.setattr(sweep, "FAR_BEHIND", 2)
    ids = list(Notice.objects.order_by("id").values_list("pk", flat=True))
    sending(alert, ids[5])
    broker.rpush("bulk", "what waits for others")
    sweep.tick()
    assert (bells.waiting("urgent"), bells.waiting("bulk")) == (3, 1)


def test_corrections_come_first_then_live_then_exercises(sim: Running) -> None:
    for name in ("a", "b"):
        citizen(name=name)
    drilled, exercise, live, correction = (issued() for _ in range(4))
    # Only the order is looked at: what a mode means is the wall's business.
    Alert.objects.filter(pk=live.pk).update(mode="live")
    Alert.objects.filter(pk=correction.pk).update(msg_type="Cancel", mode="live")
    Alert.objects.filter(pk=drilled.pk).update(msg_type="Cancel")
    runs = {alert.notice_runs.get().pk: alert for alert in (drilled, exercise, live, correction)}
    chunks = notice_ledger.fresh_chunks(limit=10, size=50)
    ordered = [runs[run] for run, *_ in chunks]
    assert ordered == [correction, live, drilled, exercise], "a drill's correction never stands before a live alert"
    first = notice_ledger.fresh_chunks(limit=10, size=50, corrections=True)
    assert first == chunks[:1]
    assert notice_ledger.fresh_chunks(limit=10, size=50, corrections=False) == chunks[1:]
    assert notice_ledger.fresh_chunks(limit=2, size=50) == chunks[:2]


def test_a_correction_and_a_new_alerts_writing_overtake_what_is_tried_again(broker: redis.Redis) -> None:
    alert = crowd(3)
    ids = list(Notice.objects.order_by("id").values_list("pk", flat=True))
    Notice.objects.filter(pk=ids[0]).update(not_before=clock.now() - timedelta(seconds=1))
    sweep.tick()
    assert (bells.waiting("first"), bells.waiting("urgent"), bells.waiting("bulk")) == (0, 1, 2)
    broker.flushall()
    Alert.objects.filter(pk=alert.pk).update(msg_type="Update", mode="live")
    bells.ring_runs([alert.notice_runs.get().pk])
    assert bells.waiting("first") == 1
    broker.flushall()
    sweep.tick()
    assert (bells.waiting("first"), bells.waiting("urgent"), bells.waiting("bulk")) == (2, 1, 0)


def test_what_goes_another_way_never_stands_in_telegrams_queues(broker: redis.Redis) -> None:
    mail = [reachable(citizen(name=name), "email", f"{name}@example.org") for name in "ab"]
    Contact.objects.filter(kind="telegram", citizen__in=[each.citizen_id for each in mail]).delete()
    alert = issued()
    sweep.tick()
    assert [bells.waiting(queue) for queue in ("first", "urgent", "bulk", "slow")] == [0, 0, 0, 1]

    broker.flushall()
    pk = Notice.objects.order_by("id").values_list("pk", flat=True)[0]
    Notice.objects.filter(pk=pk).update(not_before=clock.now() - timedelta(seconds=1))
    sweep.tick()
    assert [bells.waiting(queue) for queue in ("urgent", "bulk", "slow")] == [0, 0, 1], "what was begun goes first"
    broker.flushall()
    Notice.objects.all().delete()
    notices.fill(alert.notice_runs.get(kind="email").pk)
    assert bells.waiting("bulk") == 0


def test_a_way_that_rests_is_not_asked_again_and_the_others_are(broker: redis.Redis) -> None:
    chatless = citizen(name="a")
    reachable(chatless, "email", "a@example.org")
    chatless.delete()
    citizen(name="b")
    issued()
    past = clock.now() - timedelta(seconds=1)
    Notice.objects.update(state=NoticeState.UNCONFIRMED, not_before=past)
    Breaker.objects.create(name="email", open_until=clock.now() + timedelta(minutes=1))
    sweep.tick()
    assert {n.run.kind: n.state for n in Notice.objects.select_related("run")} == {
        "telegram": "queued",
        "email": "unconfirmed",
    }


def test_a_step_that_fails_stops_no_other_and_the_pulse_tells(
    sim: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alert = crowd(1)
    Notice.objects.update(state=NoticeState.SENDING, lease_until=clock.now() - timedelta(seconds=1))
    broken: Callable[[datetime], Any] = lambda _: 1 / 0  # noqa: E731 - a name is not needed twice
    with monkeypatch.context() as patch:
        patch.setattr(overdue, "expire_leases", broken)
        with caplog.at_level(logging.ERROR):
            sweep.tick()
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.__dict__["step"] == "lose_deliveries"
    assert not Notice.objects.filter(state=NoticeState.SENDING).exists(), "the other leases ran out all the same"
    assert not Entry.objects.filter(position=None).exists(), "the journal was sealed"
    assert not Pulse.objects.exists()
    sweep.tick()
    assert Pulse.objects.exists()
    assert alert.notice_runs.get().notices.count() == 1


def test_while_one_runs_the_next_does_not_begin_in_the_same_process(
    sim: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def slow(now: datetime) -> int:
        seen.append(now)
        sweep.tick()  # as another thread of the worker would, when the next is due
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(overdue, "expire_leases", slow)
        sweep.tick()
        sweep.tick()
    assert len(seen) == 2, "one each; the ticks between did nothing"
