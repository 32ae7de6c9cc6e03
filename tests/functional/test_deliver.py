"""From the ledger through the tasks and the real SDKs to the platforms, with faults on the way."""

import base64
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from cryptography.fernet import Fernet
from django.db import OperationalError, transaction

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import breakers, ledger, overdue, release
from crisis.broadcast.by_hand import NotUndecided
from crisis.broadcast.models import Breaker, Delivery, DeliveryState
from crisis.broadcast.operations import decide, stop
from crisis.registry.models import Account
from crisis.registry.operations import pause, release_shadow
from crisis.staff.models import Officer
from platforms.contract import Receipt
from platforms.errors import Throttled, Unconfirmed, Unreachable
from simulator.testing import Running
from tasks import bells
from tasks.broadcast import FRESH, _publish, deliver, read_back
from tests.functional.factories import NOW, deliver_all, issued, one, shadow, thread

At = Callable[[datetime], None]


def fault(sim: Running, platform: str, name: str, *, times: int | None = 1, **params: Any) -> None:
    method = params.pop("method", "create")
    sim.control(
        "POST", "faults", {"platform": platform, "fault": name, "times": times, "method": method, "params": params}
    )


def standing(sim: Running, marker: str) -> dict[str, int]:
    found: dict[str, int] = sim.control("GET", f"counts?marker={marker}")
    return found


def test_every_account_publishes_once(sim: Running) -> None:
    alert = issued()
    deliver_all()

    assert set(Delivery.objects.filter(alert=alert).values_list("state", flat=True)) == {"posted"}
    assert standing(sim, alert.marker) == {
        "facebook:belgianembassytokyo.shadow": 1, "telegram:@tocsin_demo_alerts_shadow": 1, "x:belgiumembja_ex": thread(alert),
    }  # fmt: skip
    for row in Delivery.objects.filter(alert=alert):
        assert row.remote_id
        assert row.url.startswith(sim.url)


def test_ringing_many_times_is_harmless(sim: Running) -> None:
    alert = issued()
    for _ in range(3):
        for pk in Delivery.objects.filter(alert=alert).values_list("pk", flat=True):
            deliver(pk)
    deliver_all()
    assert standing(sim, alert.marker)["facebook:belgianembassytokyo.shadow"] == 1


def test_the_languages_of_x_stand_in_order_as_a_thread(sim: Running) -> None:
    alert = issued()
    for pk in reversed(Delivery.objects.filter(alert=alert, account__platform="x").values_list("pk", flat=True)):
        deliver(pk)
    assert standing(sim, alert.marker) == {"x:belgiumembja_ex": 1}, "part n waits for part n-1"
    deliver_all()

    posts = [p for p in sim.control("GET", f"publications?marker={alert.marker}") if p["platform"] == "x"]
    marks = [post["text"].split("\n")[0] for post in posts]
    assert (set(marks[:2]), marks[2:4]) == ({"OEFENING", "EXERCICE"}, ["ÜBUNG", "EXERCISE"]), "the required ones first"
    assert marks[4:6] == marks[:2], "each goes on once all have spoken"
    assert [post["reply_to"] for post in posts[1:]] == [post["remote_id"] for post in posts[:-1]]


@pytest.mark.parametrize("platform", ["x", "facebook"])
def test_created_but_the_answer_was_cut_is_found_and_stands_once(sim: Running, at: At, platform: str) -> None:
    fault(sim, platform, "cut_after")
    alert = issued()
    deliver_all()
    row = one(alert, platform)
    assert row.state == DeliveryState.UNCONFIRMED

    at(clock.now() + timedelta(seconds=6))
    read_back(row.pk)
    deliver_all()

    assert one(alert, platform).state == DeliveryState.POSTED
    key = {"x": "x:belgiumembja_ex", "facebook": "facebook:belgianembassytokyo.shadow"}[platform]
    assert standing(sim, alert.marker)[key] == (thread(alert) if platform == "x" else 1)


@pytest.mark.parametrize("platform", ["x", "facebook"])
def test_cut_before_it_arrived_is_proven_absent_and_sent_once(sim: Running, at: At, platform: str) -> None:
    fault(sim, platform, "cut_before")
    alert = issued()
    deliver_all()
    row = one(alert, platform)

    begin = clock.now()
    for seconds in (6, 66):
        at(begin + timedelta(seconds=seconds))
        read_back(row.pk)
    deliver_all()

    assert (one(alert, platform).state, one(alert, platform).attempt) == (DeliveryState.POSTED, 2)
    assert standing(sim, alert.marker)[f"{platform}:{row.account.address}"] == (thread(alert) if platform == "x" else 1)


def test_without_an_operations_chat_telegrams_unknown_waits_for_a_person(sim: Running, at: At) -> None:
    fault(sim, "telegram", "cut_after", method="sendMessage")
    alert = issued()
    deliver_all()
    at(clock.now() + timedelta(seconds=6))
    read_back(one(alert, "telegram").pk)

    row = one(alert, "telegram")
    assert (row.state, row.not_before) == (DeliveryState.UNCONFIRMED, None)
    assert standing(sim, alert.marker)["telegram:@tocsin_demo_alerts_shadow"] == 1


def test_one_failing_account_never_stops_another(sim: Running) -> None:
    fault(sim, "facebook", "unauthorized", times=None)
    alert = issued(countries=["TH", "VN", "PH"])
    deliver_all()

    states = {(d.account.platform, d.state) for d in Delivery.objects.filter(alert=alert).select_related("account")}
    assert states == {("facebook", "held"), ("x", "posted"), ("telegram", "posted")}
    assert Account.objects.filter(mode="exercise", platform="facebook").exclude(paused_at=None).count() == 3


def test_a_refusal_is_waited_for_in_the_ledger(sim: Running, at: At) -> None:
    fault(sim, "facebook", "rate_limit", retry_after=600)
    alert = issued()
    deliver_all()
    row = one(alert, "facebook")
    assert (row.state, row.reason) == (DeliveryState.QUEUED, "throttled")
    assert row.not_before is not None
    assert (row.not_before - clock.now()).total_seconds() == pytest.approx(600, abs=5)
    deliver(row.pk)
    asked = sim.control("GET", "requests")["requests"]["facebook"]["feed"]
    assert sum(asked.values()) == 1, "no request during the ban"


def test_an_expired_alert_does_not_leave(sim: Running, at: At) -> None:
    alert = issued()
    at(clock.now() + timedelta(hours=49))
    for pk in Delivery.objects.filter(alert=alert).values_list("pk", flat=True):
        deliver(pk)
    assert set(Delivery.objects.filter(alert=alert).values_list("state", flat=True)) == {"expired"}
    assert standing(sim, alert.marker) == {}


def test_nothing_leaves_after_a_stop(sim: Running, officer: Officer) -> None:
    alert = issued()
    ids = list(Delivery.objects.filter(alert=alert).values_list("pk", flat=True))
    deliver(ids[0])
    stop(alert=alert, by=officer, now=clock.now())
    for pk in ids:
        deliver(pk)
    assert sum(standing(sim, alert.marker).values()) == 1


def test_an_account_that_was_paused_after_the_issue_is_skipped(sim: Running) -> None:
    alert = issued()
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=clock.now())
    deliver_all()
    states = set(Delivery.objects.filter(alert=alert, account__platform="x").values_list("state", "reason"))
    assert states == {("skipped", "paused")}
    assert one(alert, "facebook").state == DeliveryState.POSTED


def test_our_own_mistake_is_an_unknown_not_a_crash(sim: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from platforms.facebook import FacebookAdapter

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    alert = issued()
    monkeypatch.setattr(FacebookAdapter, "publish", broken)
    deliver_all()
    row = one(alert, "facebook")
    assert (row.state, row.detail) == (DeliveryState.UNCONFIRMED, "our own mistake: ZeroDivisionError")


def test_a_claim_whose_lease_is_almost_over_sends_nothing(sim: Running, at: At) -> None:
    from tasks.broadcast import _send

    alert = issued()
    held = ledger.claim(delivery_id=one(alert, "facebook").pk, now=clock.now())
    assert held is not None
    at(clock.now() + timedelta(seconds=30))
    _send(held)
    assert one(alert, "facebook").state == DeliveryState.QUEUED
    assert standing(sim, alert.marker) == {}


def test_a_released_account_is_sent_to_when_a_person_says_so(sim: Running, officer: Officer, approver: Officer) -> None:
    account = shadow("x", "belgiumembjapan")
    pause(account=account, why="a test", actor="test", now=clock.now())
    alert = issued()
    deliver_all()
    rows = Delivery.objects.filter(alert=alert, account=account).order_by("part")
    assert set(rows.values_list("state", "reason")) == {("skipped", "paused")}

    release_shadow(account=account, actor="test", now=clock.now())
    deliver_all()
    assert standing(sim, alert.marker).get("x:belgiumembja_ex") is None, "releasing alone publishes nothing"
    decide(delivery=rows[0], stands=False, url="", by=officer, now=clock.now())
    deliver_all()
    assert set(rows.values_list("state", flat=True)) == {"posted"}
    assert standing(sim, alert.marker)["x:belgiumembja_ex"] == thread(alert)

    stop(alert=alert, by=officer, now=clock.now())
    with pytest.raises(NotUndecided):
        decide(delivery=rows[0], stands=False, url="", by=officer, now=clock.now())


def test_a_credential_that_no_key_opens_is_left_to_a_person(sim: Running, settings: Any) -> None:
    alert = issued()
    settings.TOCSIN_KEYS = [Fernet.generate_key().decode()]
    deliver_all()
    # A Telegram channel has no credential of its own.
    others = Delivery.objects.filter(alert=alert, part=1).exclude(account__platform="telegram")
    assert set(others.values_list("state", "reason")) == {("held", "unreadable_secret")}
    assert list(standing(sim, alert.marker)) == ["telegram:@tocsin_demo_alerts_shadow"]


def test_a_mistake_before_the_first_byte_is_no_unknown_outcome(
    sim: Running, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = issued()
    row = one(alert, "facebook")

    def broken(_: Any) -> Any:
        raise OperationalError("the database went away")

    monkeypatch.setattr("tasks.broadcast._outgoing", broken)
    with pytest.raises(OperationalError):
        deliver(row.pk)
    monkeypatch.undo()
    row.refresh_from_db()
    assert row.state == DeliveryState.QUEUED
    stumbled = row.attempts.get()
    assert (stumbled.outcome, stumbled.detail) == ("our_mistake", "OperationalError")
    assert row.not_before is not None
    assert row.not_before > stumbled.ended_at, "not at once"
    at(clock.now() + timedelta(seconds=2))
    deliver_all()
    assert standing(sim, alert.marker)["facebook:belgianembassytokyo.shadow"] == 1


def test_a_platform_that_fails_five_times_in_a_row_is_left_alone_and_then_probed(sim: Running, at: At) -> None:
    alert = issued(countries=["FR", "DE", "ES", "IT", "JP"])
    fault(sim, "facebook", "cut_before", times=None)
    rows = Delivery.objects.filter(alert=alert, account__platform="facebook").order_by("id")
    assert rows.count() >= 3
    begun = clock.now()
    for round_ in range(4):
        at(begun + timedelta(seconds=round_))
        Delivery.objects.filter(pk__in=rows, state="unconfirmed").update(state="queued", not_before=begun)
        for pk in rows.values_list("pk", flat=True):
            deliver(pk)
    assert not breakers.is_closed("facebook")
    assert breakers.is_closed("x")
    asked = sim.control("GET", "requests")["requests"]["facebook"]
    for pk in rows.values_list("pk", flat=True):
        deliver(pk)
    assert sim.control("GET", "requests")["requests"]["facebook"] == asked, "nothing is asked while it is open"
    assert set(rows.filter(state="queued").values_list("reason", flat=True)) <= {"breaker", ""}

    sim.control("DELETE", "faults")
    opened = Breaker.objects.get(name="facebook")
    assert opened.open_until is not None
    at(opened.open_until + timedelta(seconds=1))
    Breaker.objects.exclude(name="facebook").update(open_until=None)
    Delivery.objects.filter(pk__in=rows, state="unconfirmed").update(state="queued")
    Delivery.objects.filter(pk__in=rows, state="queued").update(not_before=begun)
    assert breakers.admit(["facebook"], clock.now()) is None, "one is let through"
    assert breakers.admit(["facebook"], clock.now()) is not None, "and only one"
    breakers.note(["facebook"], Receipt("1"), clock.now())
    assert breakers.is_closed("facebook")


def test_a_breaker_stays_open_twice_as_long_each_time_and_at_most_ten_minutes(sim: Running) -> None:
    now, waits = NOW, []
    for _ in range(5):
        breakers.note(["x"], Unreachable("no"), now)
    for _ in range(7):
        until = breakers.admit(["x"], now)
        assert until is not None
        waits.append((until - now).total_seconds())
        now = until + timedelta(seconds=1)
        assert breakers.admit(["x"], now) is None
        breakers.note(["x"], Unreachable("no"), now)
    assert [round(wait) for wait in waits] == [30, 60, 120, 240, 480, 600, 600]
    for outcome in (Throttled("slow", scope="app", retry_after=1), Unconfirmed("there", duplicate=True)):
        breakers.note(["facebook"], outcome, now)
    assert not Breaker.objects.filter(name="facebook").exists()


def _named(redis_url: str, queue: str) -> list[int]:
    """The deliveries that the messages of a queue name."""
    with redis.Redis.from_url(redis_url) as client:
        bodies = [json.loads(base64.b64decode(json.loads(each)["body"])) for each in client.lrange(queue, 0, -1)]
    return sorted(pk for args, *_ in bodies for pk in args)


def test_a_correction_is_rung_before_everything_else(
    sim: Running, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", redis_url)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    ordinary, correction = issued(), issued(countries=["FR"])
    Alert.objects.filter(pk=correction.pk).update(msg_type="Cancel")
    bells.ring_alert(ordinary.pk)
    bells.ring_alert(correction.pk)

    first = {
        alert: sorted(alert.deliveries.filter(part=1, state="queued").values_list("pk", flat=True))
        for alert in (ordinary, correction)
    }
    assert _named(redis_url, "corrections") == first[correction] != []
    assert _named(redis_url, "posts") == first[ordinary] != []
    assert bells.waiting("posts") < len(first[ordinary]), "a message names some"
    assert bells.waiting("first") == 2, "the writing of each run"
    later = clock.now() + timedelta(minutes=1)
    due = overdue.due(later, corrections=True)
    assert set(Delivery.objects.filter(pk__in=due).values_list("alert", flat=True)) == {correction.pk}


def test_each_line_about_a_delivery_has_its_ids(
    sim: Running, caplog: pytest.LogCaptureFixture, officer: Officer
) -> None:
    fault(sim, "facebook", "cut_after")
    pause(account=shadow("x", "belgiumembjapan"), why="by a person", actor="test", now=clock.now())
    alert = issued()
    stopped = issued()
    with caplog.at_level(logging.INFO):
        for pk in Delivery.objects.filter(alert=alert, state=DeliveryState.QUEUED).values_list("pk", flat=True):
            deliver(pk)
        account = shadow("facebook", "belgianembassytokyo")
        Account.objects.filter(pk=account.pk).update(paused_at=clock.now())
        deliver(Delivery.objects.filter(alert=stopped, account=account, state=DeliveryState.QUEUED).first().pk)  # type: ignore[union-attr]
    told = [record for record in caplog.records if record.name == "tasks.broadcast"]
    assert {record.getMessage() for record in told} == {"delivery settled", "delivery refused"}
    for record in told:
        fields = record.__dict__
        row = Delivery.objects.get(pk=fields["delivery"])
        assert (fields["alert"], fields["platform"]) == (row.alert_id, row.account.platform)
        assert fields["marker"] == row.alert.marker
    secrets = [secret for each in Account.objects.filter(mode="exercise", credential__isnull=False)[:5]
               for secret in each.credential.secrets.values()]  # fmt: skip
    assert not any(secret in caplog.text for secret in secrets)


def test_the_next_parts_of_a_thread_follow_at_once(sim: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = issued()
    # A test's own transaction is never committed.
    monkeypatch.setattr(transaction, "on_commit", lambda call, **_: call())
    parts = alert.deliveries.filter(account__platform="x").order_by("part")
    assert parts.count() > 1
    deliver(parts[0].pk)
    assert set(parts.values_list("state", flat=True)) == {DeliveryState.POSTED}


def test_whoever_waited_long_for_a_thread_asks_again_whether_the_platform_rests(sim: Running) -> None:
    alert = issued()
    row = ledger.waiting([one(alert, "facebook").pk], clock.now())[0]
    read_at = clock.now()
    until = read_at + timedelta(minutes=5)
    Breaker.objects.create(name="facebook", open_until=until)
    _publish(row, troubled=set(), read_at=read_at - 2 * FRESH)
    row = one(alert, "facebook")
    assert (row.state, row.reason, row.not_before) == (DeliveryState.QUEUED, "breaker", until)


def test_one_that_cannot_be_asked_about_keeps_none_of_the_others_back(
    sim: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = issued()
    broken, other = one(alert, "x"), one(alert, "facebook")

    def in_its_turn(delivery: Delivery, now: datetime) -> Any:
        if delivery.pk == broken.pk:
            raise OperationalError("database is locked")
        return release.in_its_turn(delivery, now)

    monkeypatch.setattr("tasks.broadcast.in_its_turn", in_its_turn)
    deliver(broken.pk, other.pk)
    assert (one(alert, "x").state, one(alert, "facebook").state) == (DeliveryState.QUEUED, DeliveryState.POSTED)
