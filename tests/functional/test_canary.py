"""The canary: each way out is tried with nothing public, and rings only when a person must act."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.encryption import Secrets
from crisis.health import queries
from crisis.health.models import Canary
from crisis.health.operations import ACCOUNT_EVERY, CHAT_AGAIN, CHAT_EVERY, OPERATIONS, enrol, settle
from crisis.registry.models import Account
from crisis.registry.operations import pause
from crisis.staff.models import Officer
from demo import furnish
from demo.state import OPERATIONS_CHAT
from platforms.errors import BadCredentials, PlatformConfig, Throttled, Unreachable
from simulator.testing import Running
from tasks import rounds
from tests.functional.factories import shadow

At = Callable[[datetime], None]


@pytest.fixture
def chat(sim: Running, settings: Any) -> Running:
    settings.TELEGRAM_OPERATIONS_CHAT = OPERATIONS_CHAT
    furnish.operations_chat()
    return sim


@pytest.fixture
def only_chat(chat: Running, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setattr(rounds, "_verified", list)
    return chat


def fault(sim: Running, platform: str, name: str, method: str, times: int | None = None, **params: Any) -> None:
    body = {"platform": platform, "fault": name, "times": times, "method": method, "params": params}
    sim.control("POST", "faults", body)


def operations() -> Canary:
    return Canary.objects.get(name=OPERATIONS)


def later(at: At, by: timedelta) -> None:
    at(clock.now() + by)


def test_telegram_is_tried_by_a_message_that_goes_away_again(only_chat: Running) -> None:
    rounds.canary()
    canary = operations()
    assert (canary.failures, canary.rings) == (0, False)
    assert canary.ok_at is not None
    asked = only_chat.control("GET", "requests")["requests"]["telegram"]
    assert asked["sendMessage"] == {"200": 1}
    assert asked["deleteMessage"] == {"200": 1}
    (message,) = only_chat.control("GET", f"chats/{OPERATIONS_CHAT}")["messages"]
    assert message["deleted_at"], "nothing stays"
    assert only_chat.control("GET", "publications") == [], "nothing public"
    rounds.canary()
    assert only_chat.control("GET", "requests")["requests"]["telegram"]["sendMessage"] == {"200": 1}, "not yet again"


def test_a_message_that_cannot_be_taken_away_has_still_arrived(only_chat: Running) -> None:
    fault(only_chat, "telegram", "error_json", "deleteMessage")
    rounds.canary()
    assert operations().failures == 0


def test_two_failures_in_a_row_ring_once_and_the_console_says_so(
    only_chat: Running, at: At, caplog: pytest.LogCaptureFixture
) -> None:
    fault(only_chat, "telegram", "error_json", "sendMessage")
    rounds.canary()
    assert (operations().failures, operations().rings) == (1, False)
    assert not queries.ringing().exists()
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            later(at, CHAT_AGAIN * 2)
            rounds.canary()
    canary = operations()
    assert canary.rings
    assert list(queries.ringing()) == [canary]
    rung = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.__dict__["code"] for record in rung] == ["canary_rings"]

    client = Client()
    client.force_login(Officer.objects.get(username="officer"))
    page = client.get("/console/").content.decode()
    assert "telegram operations chat" in page
    assert canary.sentence in page.replace("&#x27;", "'")

    only_chat.control("DELETE", "faults")
    later(at, CHAT_EVERY)
    rounds.canary()
    assert not queries.ringing().exists()
    assert "telegram operations chat" not in client.get("/console/").content.decode()


def test_accounts_are_asked_whom_they_speak_for_a_few_at_a_time(sim: Running) -> None:
    rounds.canary()
    connected = Account.objects.filter(mode="exercise", paused_at=None, platform__in=["x", "facebook"]).count()
    assert Canary.objects.count() == connected > rounds.AT_ONCE
    assert Canary.objects.exclude(ok_at=None).count() == rounds.AT_ONCE
    assert not Canary.objects.filter(name=OPERATIONS).exists(), "no operations chat is set"
    for _ in range(connected // rounds.AT_ONCE + 1):
        rounds.canary()
    assert Canary.objects.filter(ok_at=None).count() == 0
    total = sim.control("GET", "requests")["total"]
    rounds.canary()
    assert sim.control("GET", "requests")["total"] == total, "each account once in some hours"
    assert sim.control("GET", "publications") == []


def test_the_chat_never_waits_behind_the_accounts(chat: Running, at: At) -> None:
    rounds.canary()
    first = operations().ok_at
    assert first is not None
    assert Canary.objects.filter(ok_at=None).count() > rounds.AT_ONCE, "many accounts wait longer than the chat"
    later(at, CHAT_EVERY * 2)
    rounds.canary()
    assert operations().ok_at not in (None, first)


def test_lost_access_rings_at_once_and_only_there(sim: Running, caplog: pytest.LogCaptureFixture, at: At) -> None:
    account = shadow("x", "belgiumembjapan")
    account.credential.secrets = Secrets(account.credential.secrets, access_token="revoked-token-of-somebody")
    account.credential.save()
    enrol(chat=False, platforms=["x"], now=clock.now())
    Canary.objects.exclude(account=account).update(due_at=clock.now() + timedelta(days=1))
    with caplog.at_level(logging.DEBUG):
        rounds.canary()
    (canary,) = queries.ringing()
    assert (canary.account, canary.code, canary.failures) == (account, "bad_credentials", 1)
    assert "connect it again" in canary.sentence
    assert "revoked-token-of-somebody" not in caplog.text + canary.sentence
    account.refresh_from_db()
    assert account.paused_at is None, "a canary looks; it takes no account out of service"


def test_a_token_that_speaks_for_somebody_else_is_lost_access(sim: Running) -> None:
    account = shadow("x", "belgiumembjapan")
    Account.objects.filter(pk=account.pk).update(platform_id="4711")
    enrol(chat=False, platforms=["x"], now=clock.now())
    Canary.objects.exclude(account=account).update(due_at=clock.now() + timedelta(days=1))
    rounds.canary()
    assert Canary.objects.get(account=account).rings


def test_what_is_paused_or_no_longer_asked_for_has_no_canary(sim: Running) -> None:
    account = shadow("x", "belgiumembjapan")
    enrol(chat=True, platforms=["x"], now=clock.now())
    assert Canary.objects.filter(account=account).exists()
    pause(account=account, why="by a person", actor="test", now=clock.now())
    enrol(chat=False, platforms=["x"], now=clock.now())
    assert not Canary.objects.filter(account=account).exists()
    assert not Canary.objects.filter(name=OPERATIONS).exists()


def test_a_platform_that_charges_for_the_question_is_not_asked(settings: Any) -> None:
    settings.CANARY_CHARGED = []
    free = rounds._verified()
    assert "facebook" in free
    assert "x" not in free
    settings.CANARY_CHARGED = ["x"]
    assert set(rounds._verified()) == {*free, "x"}


def test_to_be_told_to_wait_proves_nothing_and_holds_for_the_alerts_too(only_chat: Running) -> None:
    from tasks import throttle

    fault(only_chat, "telegram", "rate_limit", "sendMessage", retry_after=30)
    rounds.canary()
    assert (operations().failures, operations().ok_at) == (0, None)
    assert throttle.take(throttle.for_notices()) > 20


def test_what_a_failure_costs_until_the_next_try() -> None:
    enrol(chat=True, platforms=[], now=clock.now())
    now, canary = clock.now(), operations()
    waits = []
    for _ in range(5):
        settle(canary, Unreachable("no route"), now)
        waits.append(canary.due_at - now)
    assert waits == [CHAT_AGAIN, CHAT_AGAIN * 2, CHAT_AGAIN * 4, CHAT_EVERY, CHAT_EVERY]
    settle(canary, Throttled(scope="app", retry_after=30), now)
    assert canary.failures == 5, "it neither heals nor hurts"
    settle(canary, None, now)
    assert (canary.failures, canary.sentence, canary.due_at) == (0, "", now + CHAT_EVERY)
    assert operations().due_at == now + CHAT_EVERY


@pytest.mark.parametrize(
    ("error", "first", "second"),
    [(BadCredentials(), True, True), (PlatformConfig(), False, True)],
    ids=["lost", "other"],
)
def test_the_rule_of_ringing_is_the_same_in_both_places(error: Any, first: bool, second: bool) -> None:
    enrol(chat=True, platforms=[], now=clock.now())
    for rings in (first, second):
        canary = settle(operations(), error, clock.now())
        assert canary.rings is queries.ringing().exists() is rings


def test_an_account_is_tried_at_most_once_in_hours() -> None:
    assert timedelta(hours=4) <= ACCOUNT_EVERY
