"""How the bot paces itself: it holds what it is answering, and what one person does keeps nobody else waiting."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from telegram.error import RetryAfter

from bot.limiter import Rate
from bot.main import build, introduce
from crisis import clock
from crisis.checkins import inbox
from crisis.checkins.models import InboxUpdate
from simulator.testing import Running
from tests.functional.phones import Person


def test_an_answer_that_takes_longer_than_a_lease_is_given_once(
    person: Callable[..., Person], sim: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LEASE", timedelta(seconds=3))
    slow = {"fault": "slow_after", "times": 3, "method": "sendMessage", "params": {"seconds": 2.5}}
    sim.control("POST", "faults", {"platform": "telegram", **slow})
    me = person("en")
    told = [each["text"] for each in me.does("text", text="/start")]
    assert len(told) == len(set(told)) > 1
    assert list(InboxUpdate.objects.values_list("state", "tries")) == [("handled", 1)]


def test_what_was_put_off_is_held_no_longer_than_it_was(sim: Running) -> None:
    now = clock.now()
    inbox.store_telegram([{"update_id": number} for number in (1, 2, 3)], now=now)
    ours, off, done = inbox.claim(now=now)
    inbox.put_off(received=off, until=now + timedelta(seconds=5), problem="RetryAfter")
    inbox.done(received=done, now=now)
    inbox.keep(received=[ours, off, done], now=now + timedelta(seconds=20))
    assert list(InboxUpdate.objects.order_by("ref").values_list("lease_until", flat=True)) == [
        now + timedelta(seconds=20) + inbox.LEASE, now + timedelta(seconds=5), None,
    ]  # fmt: skip


class Waits:
    """A rate that notes what it was asked for."""

    def __init__(self) -> None:
        self.reserved: list[str] = []
        self.halted: list[float] = []

    @property
    def rate(self) -> Rate:
        return Rate(permit=lambda: 0.0, reserve=self._reserve, halt=self.halted.append)

    def _reserve(self, chat: str) -> float:
        self.reserved.append(chat)
        return 0.0


def test_a_message_that_is_changed_waits_for_its_chat_as_a_new_one_does(
    person: Callable[..., Person], one_connection: None
) -> None:
    """A button that changes its message may be pressed ten times a second; a refusal would keep every notice waiting."""
    me, waits = person("en"), Waits()

    async def changes() -> None:
        async with build(waits.rate) as application:
            sent = await application.bot.send_message(me.chat, "one")
            await application.bot.edit_message_text("two", me.chat, sent.message_id)

    async_to_sync(changes)()
    assert waits.reserved == [str(me.chat)] * 2


@pytest.mark.parametrize(("method", "halts"), [("sendMessage", 1), ("editMessageText", 1), ("setMyCommands", 0)])
def test_only_a_refusal_of_messages_keeps_messages_waiting(
    person: Callable[..., Person], sim: Running, one_connection: None, method: str, halts: int
) -> None:
    """The menu may be set a few times an hour: a bot that starts again and again must not stop the notices with it."""
    me, waits = person("en"), Waits()

    async def asks() -> None:
        async with build(waits.rate) as application:
            sent = await application.bot.send_message(me.chat, "one")
            limit = {"fault": "rate_limit", "times": 1, "method": method, "params": {"retry_after": 900}}
            await sync_to_async(sim.control)("POST", "faults", {"platform": "telegram", **limit})
            with contextlib.suppress(RetryAfter):
                match method:
                    case "sendMessage":
                        await application.bot.send_message(me.chat, "two")
                    case "editMessageText":
                        await application.bot.edit_message_text("two", me.chat, sent.message_id)
                    case _:
                        await introduce(application.bot, ["en"])

    async_to_sync(asks)()
    assert len(waits.halted) == halts


def test_a_group_that_is_full_keeps_no_person_waiting(sim: Running, one_connection: None) -> None:
    """Whoever takes the bot into a group and writes commands there would stop the notices to everybody."""
    waits, limit = Waits(), {"fault": "rate_limit", "times": 1, "method": "sendMessage", "params": {"retry_after": 40}}
    sim.control("POST", "faults", {"platform": "telegram", **limit})

    async def says() -> None:
        async with build(waits.rate) as application:
            with pytest.raises(RetryAfter):
                await application.bot.send_message(-1001234567890, "not in groups")

    async_to_sync(says)()
    assert waits.reserved == ["-1001234567890"]
    assert waits.halted == []
