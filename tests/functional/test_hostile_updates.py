"""Whatever Telegram's wire may carry: never a crash, never a wrong record, and the next citizen is answered."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from bot.main import build
from bot.worker import work as worker
from config.run_bot import shared_rate
from crisis import clock
from crisis.checkins import inbox
from crisis.checkins.models import CheckIn, InboxUpdate
from simulator.testing import Running
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person, take_in, text, work


@pytest.mark.parametrize(
    "data", ["c:999999:safe", "c:1:perhaps", "c:x:safe", "l:xx", "p:1", "nonsense", "c:" + "9" * 40 + ":safe", "::"]
)
def test_a_button_that_we_never_made(person: Callable[..., Person], sim: Running, data: str) -> None:

    me = person("en")
    me.does("text", text="/start")
    query = {
        "id": "77", "from": {"id": me.chat, "is_bot": False, "first_name": "Emma"}, "chat_instance": "1", "data": data,
        "message": {"message_id": 1, "date": 1, "chat": {"id": me.chat, "type": "private"}, "text": "old"},
    }  # fmt: skip
    before = len(me.messages())
    inbox.store_telegram([json.loads(json.dumps({"update_id": 900_000_000, "callback_query": query}))], now=clock.now())
    work()
    assert "no longer valid" in text(me.messages()[before:])
    assert InboxUpdate.objects.get(ref="900000000").state == "handled"
    assert not CheckIn.objects.exists()


HOSTILE: list[dict[str, Any]] = [
    {},
    {"message": None},
    {"message": {}},
    {"message": {"chat": {"id": 1}}},
    {"message": {"message_id": 1, "date": "yesterday", "chat": {"id": 1, "type": "private"}, "text": ["a"]}},
    {"callback_query": {"id": 5}},
    {"callback_query": {"from": "nobody", "data": {}}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "supergroup", "title": "x"}, "text": "hello"}},
    {
        "channel_post": {
            "message_id": 1,
            "date": 1,
            "chat": {"id": -6, "type": "channel", "title": "x"},
            "text": "hello",
        }
    },
    {"poll": {"id": "1"}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 8_300_000_099, "type": "private"}, "text": "a\x00b\ud800"}},
    {"unknown_kind_of_update": {"deep": [[[[[[[[[[[]]]]]]]]]]]}},
]


@pytest.mark.parametrize("update", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_update_never_stops_the_next_one(person: Callable[..., Person], update: dict[str, Any]) -> None:
    me = person("en")
    inbox.store_telegram([{"update_id": 1_000_000 + HOSTILE.index(update), **update}], now=clock.now())
    assert "crisis bot" in text(me.does("text", text="/start"))
    row = InboxUpdate.objects.get(ref=str(1_000_000 + HOSTILE.index(update)))
    assert row.state in ("handled", "handling"), "done, or noted with its problem and tried again"
    assert row.state == "handled" or row.problem
    assert not CheckIn.objects.exists()


def test_a_broken_handler_is_tried_again_and_then_left_to_a_person(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch, at: Callable[[datetime], None]
) -> None:
    me = person("en")
    me.does("text", text="/start")
    monkeypatch.setattr("bot.conversation.status", lambda *_: 1 / 0)
    monkeypatch.setattr("bot.handlers.commands.conversation.status", lambda *_: 1 / 0)
    from bot.handlers import commands

    monkeypatch.setitem(commands.HANDLERS, "status", commands._plain(lambda *_: 1 / 0))  # type: ignore[arg-type]
    begin = clock.now()
    me.does("text", text="/status")
    row = InboxUpdate.objects.latest("id")
    assert (row.state, row.problem) == ("handling", "ZeroDivisionError")
    for tries in range(2, inbox.MAX_TRIES + 1):
        at(begin + timedelta(minutes=tries))
        work()
    row.refresh_from_db()
    assert (row.state, row.tries) == ("failed", inbox.MAX_TRIES)
    told = [message["text"] for message in me.messages() if "not taken in" in message["text"]]
    assert len(told) == 1, "the sender is told, once"
    assert "+32 2 501 40 00" in told[0]


def test_a_button_whose_toast_fails_is_answered_all_the_same(person: Callable[..., Person], sim: Running) -> None:
    me = person("en")
    me.does("text", text="/help")
    fault = {"platform": "telegram", "fault": "error_json", "method": "answerCallbackQuery"}
    sim.control("POST", "faults", fault)
    assert "you need help" in text(me.does("press", data="h:now"))
    assert InboxUpdate.objects.latest("id").state == "handled"


@pytest.mark.parametrize(
    "payload", ["a_ABC123_²", "a_ABC123_①", "a_ABC123_" + "9" * 30, "a_ABC123_-1", "a__", "a_ABC123_٣"]
)
def test_a_link_that_we_never_made(person: Callable[..., Person], payload: str) -> None:
    me = person("en")
    assert "crisis bot" in text(me.does("text", text=f"/start {payload}"))
    assert InboxUpdate.objects.latest("id").state == "handled"


def test_a_bot_that_stops_hands_back_what_it_has_not_handled(person: Callable[..., Person], sim: Running) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.acts("text", text="/help")
    take_in()
    fault = {"platform": "telegram", "fault": "slow_before", "method": "sendMessage", "params": {"seconds": 20}}
    sim.control("POST", "faults", fault)

    async def begin_and_stop() -> None:
        application = build(shared_rate())
        async with application:
            job = asyncio.create_task(worker(application, asyncio.Event()))
            await asyncio.sleep(1.0)
            job.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job

    async_to_sync(begin_and_stop)()
    row = InboxUpdate.objects.latest("id")
    assert (row.state, row.lease_until, row.tries) == ("new", None, 0)
    sim.control("DELETE", "faults")
    before = len(me.messages())
    work()
    assert "Do you need help now?" in text(me.messages()[before:])


def test_an_answer_that_cannot_be_given_now_holds_the_next_one_of_that_chat(
    person: Callable[..., Person], sim: Running, at: Callable[[datetime], None]
) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    notify_all(issued())
    alert_message = next(message for message in me.messages() if len(message["inline_keyboard"]) == 3)
    begin = clock.now()
    fault = {"platform": "telegram", "fault": "rate_limit", "params": {"retry_after": 7}, "method": "sendMessage"}
    sim.control("POST", "faults", fault | {"times": 1})
    me.does("press", message_id=alert_message["message_id"], button=0)
    me.does("press", message_id=alert_message["message_id"], button=1)
    assert [c.safety for c in CheckIn.objects.order_by("id")] == ["safe"], "the second one waits for its turn"
    at(begin + timedelta(seconds=30))
    time.sleep(7)  # the rate is shared with the workers, and counts real seconds
    work()
    assert CheckIn.objects.get(current=True).safety == "needs_help"
    assert inbox.waiting() == 0
