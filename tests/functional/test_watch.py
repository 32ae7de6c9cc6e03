"""The watchers' door: counts of the ledger for whoever holds the token, and one plain word on readiness."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Breaker, Delivery, DeliveryState, Notice, NoticeRun, NoticeState
from crisis.health import tallies
from crisis.health.models import Pulse, RunTally
from crisis.health.operations import SWEEP, beat
from crisis.journal.operations import append, seal
from crisis.registry.models import Credential
from simulator.testing import Running
from tasks import rounds, sweep
from tests.conftest import ROOT
from tests.functional.factories import citizen, deliver_all, issued, notify_all, one
from watch import readiness, views
from watch.collector import LedgerCollector
from watch.memory import Busy, Shared

At = Callable[[datetime], None]
Sample = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test asks for itself; what another one shared is forgotten."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector())
    monkeypatch.setattr(views, "_metrics", Shared(lambda: generate_latest(registry), least_s=0, share=0))
    # A test's rows live in its own transaction, which another thread does not see.
    inline = Shared(lambda: [readiness._answer(*each) for each in readiness.QUESTIONS.items()], least_s=0, share=0)
    monkeypatch.setattr(views, "_ready", inline)
    yield
    readiness._migrated.clear()


def counted(collector: LedgerCollector | None = None) -> dict[Sample, float]:
    registry = CollectorRegistry()
    registry.register(collector or LedgerCollector())
    text = generate_latest(registry).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found[f"tocsin_{name}", frozenset(labels.items())]


def broadcast(sim: Running, people: int = 3) -> Alert:
    for number in range(people):
        citizen(name=str(number), sim=sim)
    alert = issued()
    deliver_all()
    notify_all(alert)
    return alert


# --- the counts ---------------------------------------------------------------------------------------------------------


def test_what_stands_in_the_ledger_is_counted(sim: Running) -> None:
    broadcast(sim)
    found = counted()
    exercise = {"mode": "exercise"}
    posted = Delivery.objects.filter(state="posted", account__platform="x").count()
    assert value(found, "deliveries", platform="x", state="posted", reason="", **exercise) == posted > 0
    assert value(found, "notices", state="accepted", reason="", **exercise) == 3
    assert value(found, "notices", state="accepted", reason="", mode="live") == 0, "a drill is never counted as real"
    assert value(found, "notice_runs", state="filled", **exercise) == 1
    assert value(found, "delivery_oldest_due_age_seconds", **exercise) == 0
    left = value(found, "notice_last_left_timestamp_seconds", **exercise)
    assert left == pytest.approx(time.time(), abs=30)
    for part in ("deliveries", "notices", "broker", "journal", "accounts", "canaries"):
        assert value(found, "part_ok", part=part) == 1


def test_what_waits_for_a_person_is_told_apart_from_what_is_read_back(sim: Running) -> None:
    alert = issued()
    first, second, third = Delivery.objects.filter(alert=alert).select_related("account")[:3]
    rows = Delivery.objects
    rows.filter(pk=first.pk).update(state=DeliveryState.UNCONFIRMED, not_before=None, reason="unconfirmed")
    rows.filter(pk=second.pk).update(state=DeliveryState.HELD, reason="bad_credentials")
    rows.filter(pk=third.pk).update(state=DeliveryState.UNCONFIRMED, not_before=clock.now())
    found = counted()
    stuck = [number for (name, _), number in found.items() if name == "tocsin_deliveries_waiting_for_person"]
    assert sum(stuck) == 2
    labels = {"mode": "exercise", "platform": second.account.platform, "state": "held", "reason": "bad_credentials"}
    assert value(found, "deliveries", **labels) == 1


def test_the_ages_of_what_is_due(sim: Running, at: At) -> None:
    citizen(sim=sim)
    issued()
    at(clock.now() + timedelta(seconds=90))
    found = counted()
    assert value(found, "delivery_oldest_due_age_seconds", mode="exercise") == pytest.approx(90, abs=5)
    assert value(found, "notice_oldest_due_age_seconds", mode="exercise") == pytest.approx(90, abs=5)
    at(clock.now() + timedelta(days=3))
    late = counted()
    assert value(late, "notice_oldest_due_age_seconds", mode="exercise") == 0, "an alert that has expired owes nothing"
    assert value(late, "delivery_oldest_due_age_seconds", mode="exercise") == 0


def test_only_alerts_of_the_last_days_are_counted(sim: Running, settings: Any, at: At) -> None:
    broadcast(sim)
    at(clock.now() + timedelta(days=settings.WATCH_DAYS, hours=1))
    found = counted()
    assert value(found, "notices", mode="exercise", state="accepted", reason="") == 0
    assert not [name for name, _ in found if name == "tocsin_deliveries"]


def test_broker_journal_accounts_and_sweep(sim: Running, settings: Any) -> None:
    seal()
    append(actor="test", action="test.act", subject="thing:1", now=clock.now() - timedelta(seconds=40))
    beat(SWEEP, clock.now())
    for name, seconds in (("x:open", 30), ("x:closed", -30)):
        Breaker.objects.create(name=name, open_until=clock.now() + timedelta(seconds=seconds))
    found = counted()
    assert value(found, "broker_up") == 1
    queues = {dict(labels)["queue"] for name, labels in found if name == "tocsin_queue_messages"}
    assert queues == {queue.name for queue in settings.CELERY_TASK_QUEUES} >= {"posts", "bulk", "slow"}
    assert value(found, "journal_unsealed") == 1
    assert value(found, "breaker_open", breaker="x:open") == 1
    assert ("tocsin_breaker_open", frozenset({("breaker", "x:closed")})) not in found
    assert value(found, "journal_oldest_unsealed_age_seconds") == pytest.approx(40, abs=5)
    assert value(found, "accounts_paused", mode="live", platform="x", why="not_released") > 0
    assert value(found, "accounts_paused", mode="live", platform="x", why="paused") == 0
    assert value(found, "sweep_last_timestamp_seconds") == pytest.approx(time.time(), abs=30)


def test_an_access_that_ends_by_itself_is_told(sim: Running) -> None:
    account = one(issued(), "x").account
    end = clock.now() + timedelta(days=9)
    Credential.objects.filter(account=account).update(expires_at=end)
    found = {
        name: number for name, number in counted().items() if name[0] == "tocsin_credential_expires_timestamp_seconds"
    }
    labels = frozenset({("mode", "exercise"), ("platform", "x"), ("account", str(account.pk))})
    assert found == {("tocsin_credential_expires_timestamp_seconds", labels): pytest.approx(end.timestamp())}


def test_without_a_broker_the_other_figures_stand(settings: Any, unused_port: int) -> None:
    settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{unused_port}/0"
    found = counted()
    assert value(found, "broker_up") == 0
    assert value(found, "part_ok", part="journal") == 1


def test_a_part_that_breaks_is_said_and_the_others_stand(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("postgres://user:hunter2@db/tocsin")

    monkeypatch.setattr("watch.collector.census.unsealed", broken)
    found = counted()
    assert value(found, "part_ok", part="journal") == 0
    assert value(found, "part_ok", part="accounts") == 1
    assert "hunter2" not in caplog.text


# --- what a scrape costs --------------------------------------------------------------------------------------------------


def notices_read(collector: LedgerCollector) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        counted(collector)
    return sum('FROM "broadcast_notice"' in query["sql"] for query in queries.captured_queries)


def test_a_running_run_is_not_read_at_each_scrape(sim: Running) -> None:
    broadcast(sim)
    collector = LedgerCollector()
    assert notices_read(collector) == 1
    assert notices_read(collector) == 0


def test_a_finished_run_is_read_once_and_for_good(sim: Running, at: At) -> None:
    broadcast(sim)
    before = counted()
    rounds.tally()
    assert not RunTally.objects.exists(), "a late answer may still change it"

    at(clock.now() + timedelta(minutes=6))
    rounds.tally()
    rounds.tally()
    tally = RunTally.objects.get()
    assert tally.counts == [["accepted", "", 3]]
    assert notices_read(LedgerCollector()) == 0
    after = counted()
    for labels in ({"state": "accepted", "reason": ""}, {"state": "queued", "reason": ""}):
        assert value(after, "notices", mode="exercise", **labels) == value(before, "notices", mode="exercise", **labels)
    stamp = "notice_last_left_timestamp_seconds"
    assert value(after, stamp, mode="exercise") == value(before, stamp, mode="exercise")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": NoticeState.QUEUED},
        {"state": NoticeState.SENDING},
        {"state": NoticeState.UNCONFIRMED, "resent_unknown": False},
    ],
    ids=str,
)
def test_a_run_in_which_something_moves_is_never_tallied(sim: Running, at: At, fields: dict[str, Any]) -> None:
    alert = broadcast(sim)
    first = Notice.objects.filter(run__alert=alert).order_by("id")[:1]
    Notice.objects.filter(pk__in=first).update(**fields)
    at(clock.now() + timedelta(minutes=6))
    assert not tallies.tally(NoticeRun.objects.select_related("alert").get(), clock.now())
    Notice.objects.filter(pk__in=first).update(state=NoticeState.UNCONFIRMED, resent_unknown=True)
    assert tallies.tally(NoticeRun.objects.select_related("alert").get(), clock.now()), (
        "an outcome that stays unknown is final"
    )
    assert RunTally.objects.get().resent_unknown == 1


def test_an_answer_is_shared_for_as_long_as_it_was_dear() -> None:
    asked = []

    def dear() -> int:
        asked.append(1)
        time.sleep(0.05)
        return len(asked)

    shared = Shared(dear, least_s=0)
    assert [shared.get() for _ in range(5)] == [1] * 5
    pause = threading.Event()
    assert any(shared.get() == 2 or pause.wait(0.05) for _ in range(600))


def test_who_waits_too_long_for_another_is_sent_away() -> None:
    hold, begun = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        hold.wait(5)
        return 1

    shared = Shared(slow, least_s=0, patience_s=0.05)
    other = threading.Thread(target=shared.get)
    other.start()
    begun.wait(5)
    with pytest.raises(Busy):
        shared.get()
    hold.set()
    other.join(5)


# --- who may read them ----------------------------------------------------------------------------------------------------


def test_metrics_need_the_token(client: Client, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/metrics").status_code == 403
    for wrong in ("Bearer wrong", f"Basic {settings.METRICS_TOKEN}", settings.METRICS_TOKEN, "Bearer ", "Bearer é"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 403, wrong
    right = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    assert right.status_code == 200
    assert right["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"# HELP tocsin_deliveries " in right.content
    assert settings.METRICS_TOKEN not in right.content.decode() + caplog.text
    assert client.post("/metrics").status_code == 405


def test_without_a_token_set_there_is_no_such_page(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_demo_needs_no_token_on_loopback_only(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN, settings.METRICS_ON_LOOPBACK = "", True
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404


# --- alive and ready --------------------------------------------------------------------------------------------------------


def test_healthz_asks_nothing(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/healthz").content == b"ok\n"
    assert len(queries) == 0


def test_readyz_says_each_thing_in_a_line(client: Client) -> None:
    beat(SWEEP, clock.now())
    answer = client.get("/readyz")
    told = answer.json()
    assert (answer.status_code, told["ready"]) == (200, True)
    assert {name: check["ok"] for name, check in told["checks"].items()} == dict.fromkeys(readiness.QUESTIONS, True)
    assert "off (TELEGRAM_OPERATIONS_CHAT is not set)" in told["checks"]["canary"]["says"]
    assert len([line for line in answer.content.decode().splitlines() if '"ok"' in line]) == len(readiness.QUESTIONS)


def test_readyz_says_what_is_missing(client: Client, settings: Any, unused_port: int) -> None:
    settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{unused_port}/0"
    answer = client.get("/readyz")
    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert "never ticked" in checks["sweep"]["says"]
    assert "does not answer" in checks["broker"]["says"]
    assert checks["database"]["ok"]
    assert "hunter2" not in answer.content.decode()

    beat(SWEEP, clock.now() - timedelta(seconds=60))
    assert "ticked 60 s ago" in client.get("/readyz").json()["checks"]["sweep"]["says"]


def test_a_migration_that_is_not_applied_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'health'")
    says = client.get("/readyz").json()["checks"]["database"]["says"]
    assert "1 migrations are not applied" in says


def test_what_hangs_is_not_waited_for() -> None:
    hold = threading.Event()

    def hangs() -> str:
        hold.wait(10)
        return "at last"

    questions = {"hangs": hangs, "answers": lambda: "yes", "breaks": lambda: str(1 / 0)}
    began = time.monotonic()
    first = {each.name: each for each in readiness.bounded(questions, patience_s=0.3)}
    assert time.monotonic() - began < 2
    assert (first["hangs"].ok, first["hangs"].says) == (False, "no answer within 0.3 s")
    assert (first["answers"].ok, first["answers"].says) == (True, "yes")
    assert (first["breaks"].ok, first["breaks"].says) == (False, "fails: ZeroDivisionError")
    again = {each.name: each.says for each in readiness.bounded(questions, patience_s=0.3)}
    assert again["hangs"] == "has not answered since it was last asked"
    hold.set()
    readiness._hanging.pop("hangs").join(5)
    assert readiness.bounded({"hangs": hangs})[0].ok


def test_each_sweep_leaves_its_pulse(sim: Running) -> None:
    sweep.tick()
    assert (clock.now() - Pulse.objects.get(name=SWEEP).beaten_at).total_seconds() < 5
    beat(SWEEP, clock.now())
    assert Pulse.objects.count() == 1


# --- the rules that ship ----------------------------------------------------------------------------------------------------

RULES = yaml.safe_load((ROOT / "ops" / "prometheus" / "tocsin.rules.yml").read_text(encoding="utf-8"))


def test_each_rule_names_metrics_and_labels_that_exist_and_says_what_to_do(sim: Running) -> None:
    citizen(sim=sim)
    issued()
    known: dict[str, set[str]] = {}
    for name, labels in counted():
        known.setdefault(name, set()).update(label for label, _ in labels)
    # Its families are there without a canary, or an access that ends, but not their samples.
    known |= {"tocsin_canary_rings": {"canary", "platform", "mode"}, "up": {"job"}}
    known |= {"tocsin_credential_expires_timestamp_seconds": {"mode", "platform", "account"}}
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert 5 <= len(rules) <= 16, "few: each must be worth a person's time"
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        used = re.findall(r"\b((?:tocsin_\w+|up))\b(?:\{([^}]*)\})?", re.sub(r'"[^"]*"', '""', rule["expr"]))
        assert used, rule["alert"]
        for name, selector in used:
            assert name in known, f"{rule['alert']}: {name}"
            assert set(re.findall(r"(\w+)\s*[=!]", selector)) <= known[name], f"{rule['alert']}: {selector}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert len(rule["annotations"]["summary"].split()) >= 12, "what happened, and what to do"
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))


def test_every_metric_is_explained_and_json_is_plain(client: Client) -> None:
    registry = CollectorRegistry()
    registry.register(LedgerCollector())
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        assert family.name.startswith("tocsin_")
        assert family.documentation
    assert json.loads(client.get("/readyz").content)
