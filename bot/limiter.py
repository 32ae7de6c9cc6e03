"""Keeping answers within the rate that all workers share: python-telegram-bot's documented place for it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

LONGEST_WAIT_S = 5.0  # for a permit; what must wait longer is tried again from the inbox
# What the platform counts as messages. One that is changed is one: a button pressed fast, which changes its message each time,
# would have the whole token told to wait, and every notice with it.
MESSAGES = frozenset({"sendMessage", "sendDocument", "editMessageText"})
_SHARED = ("-", "@")  # so begin groups and channels: core.telegram.org/bots/api#chat
JSON = bool | dict[str, Any] | list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rate:
    """The shared rate, as whoever wires the house hands it over; each call may block for a moment.

    Attributes:
        permit: asks for leave to send one answer; 0, or the seconds after which to ask again.
        reserve: reserves a chat's next free moment; the seconds until then.
        halt: notes for how many seconds the platform wants quiet.
    """

    permit: Callable[[], float]
    reserve: Callable[[str], float]
    halt: Callable[[float], None]


class SharedRate(BaseRateLimiter[None]):
    """Lets a message leave when the shared rate allows it; everything else is not limited, and its refusal is its own."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, JSON]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,  # noqa: ARG002 - the library's signature
    ) -> JSON:
        """Wait for leave, then call.

        Raises:
            RetryAfter: there is no leave within some seconds, or the platform wants quiet.
        """
        chat = str(data.get("chat_id", ""))
        if endpoint in MESSAGES:
            await self._wait(chat)
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            # The menu of commands may be set a few times an hour only: a bot that starts again and again is told to wait
            # for long, with that alone. So is what anybody may have it say in a group, of which twenty a minute are taken.
            if endpoint in MESSAGES and not chat.startswith(_SHARED):
                wait = error.retry_after
                seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
                await asyncio.to_thread(self._rate.halt, seconds)
            raise

    async def _wait(self, chat: str) -> None:
        waited = 0.0
        while (wait := await asyncio.to_thread(self._rate.permit)) > 0:
            if waited + wait > LONGEST_WAIT_S:
                raise RetryAfter(timedelta(seconds=wait))
            await asyncio.sleep(wait)
            waited += wait
        await asyncio.sleep(await asyncio.to_thread(self._rate.reserve, chat))
