"""The crowd: thousands of simulated citizens who press a button when a message with buttons reaches them.

Each person presses at most once for one message, after a random delay. What arrives within `quiet_s` seconds (30
unless the person says otherwise) after a person's own press, of the crowd or through the control API, is the bot's
answer to it and is left alone; edited messages are too. `press_only_containing` and `press_only_data` make the choice by
what a message says and by what its button sends; with them nobody needs to be quiet, so a second question is answered at once.
"""

import asyncio
import contextlib
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import now as present
from simulator.telegram.bots import Bot
from simulator.telegram.people import Person

Press = Callable[[Bot, Person, int, int, float], object]


def _data(body: dict[str, Any], button: int) -> str:
    """Return what a button sends, blank where the message has no such button."""
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    data = [str(each["callback_data"]) for row in rows for each in row if each.get("callback_data")]
    return data[button] if button < len(data) else ""


@dataclass(order=True, slots=True)
class Intent:
    """Somebody is going to press: at `due` (Unix seconds), button `button` of a message."""

    due: float
    bot: Bot = field(compare=False)
    person: Person = field(compare=False)
    message_id: int = field(compare=False)
    button: int = field(compare=False)


class Crowd:
    """Everybody who is going to press a button, the next one first. A restart forgets what they were going to do."""

    def __init__(self) -> None:
        self._intents: list[Intent] = []
        self._changed = asyncio.Event()
        self._last_press: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._intents)

    def forget(self) -> None:
        """Let nobody press any more."""
        self._intents.clear()
        self._last_press.clear()

    def note_press(self, chat_id: int, now: float) -> None:
        """Remember that this person has pressed a button at `now` (Unix seconds)."""
        self._last_press[chat_id] = now

    def receive(self, bot: Bot, person: Person, body: dict[str, Any], text: str, now: float) -> None:
        """Let a person decide about a message with an inline keyboard that has just arrived.

        Args:
            bot: who sent it.
            person: who got it.
            body: the Message of the Bot API.
            text: its text or caption.
            now: Unix seconds.
        """
        if person.press is None or (person.press_only_containing or "") not in text:
            return
        if not _data(body, person.press).startswith(person.press_only_data or ""):
            return
        if now - self._last_press.get(person.chat_id, 0) < person.quiet_s:
            return
        # Drawn for this person and this message, so that the same run with the same seed gives the same delays,
        # whatever the order in which messages arrive.
        low, high = person.delay_s
        draw = random.Random(f"{person.seed}:{person.chat_id}:{body['message_id']}")  # noqa: S311 - play, not secrecy
        due = now + draw.uniform(low, high)
        heapq.heappush(self._intents, Intent(due, bot, person, body["message_id"], person.press))
        self._changed.set()

    async def run(self, press: Press) -> None:
        """Press when it is time, until cancelled.

        Args:
            press: does it; called with bot, person, message id, number of the button, and Unix seconds. A ValueError
                means that the button is gone or the bot blocked: then nothing happens, as in life.
        """
        while True:
            self._changed.clear()
            wait = self._intents[0].due - present().timestamp() if self._intents else None
            if wait is None or wait > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)
                continue
            intent = heapq.heappop(self._intents)
            with contextlib.suppress(ValueError):
                press(intent.bot, intent.person, intent.message_id, intent.button, present().timestamp())
            # A thousand people who press in the same second must not keep the server from its requests.
            await asyncio.sleep(0)
