"""Telegram through python-telegram-bot: channels by `publish`, citizens' private chats by `notify`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary

# Durations as timedelta: what the library warns that it will do by itself.
os.environ.setdefault("PTB_TIMEDELTA", "true")

import telegram
from telegram.error import InvalidToken, NetworkError, TelegramError

from platforms.contract import Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unreachable,
)
from platforms.http import DEADLINE_FACTOR, Answer, check_endpoint
from platforms.loop import EventLoop
from platforms.readback import of_reading
from platforms.specs.telegram import TELEGRAM
from platforms.telegram_request import AiohttpRequest, NeverLeft, answers

T = TypeVar("T")

# Descriptions of 400. Source: tdlib/telegram-bot-api, Client.cpp.
_GONE = ("chat not found", "peer_id_invalid", "user is deactivated", "chat_id is empty")
_FLOOD_S = 60.0  # a 429 without a time; the server's own longest announced wait for a flood


class TelegramAdapter:
    """Publishes in channels and writes to citizens."""

    spec: ClassVar[PlatformSpec] = TELEGRAM

    def __init__(self, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)
        self._endpoint = endpoint
        self._loop = EventLoop("telegram")
        # A Bot costs 66 ms of CPU and belongs to one loop: one for each loop and token, forgotten with the loop.
        self._bots: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, telegram.Bot]] = WeakKeyDictionary()

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post in a channel where the bot is an administrator."""
        sent = self._loop.run(self._send(out, target))
        name = target.address.removeprefix("@")
        return Receipt(str(sent.message_id), f"{self._endpoint.web_url}/{name}/{sent.message_id}")

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """Write to one person."""
        sent = await self._send(out, target)
        return Receipt(str(sent.message_id))

    def probe(self, out: Outgoing, target: Target) -> None:
        """Write to a chat of ours without a sound, and take it away again: the sending is the proof, the rest is tidiness."""
        sent = self._loop.run(self._send(out, target, silent=True))
        withdrawn = self._ask(
            lambda: self._bot(target).delete_message(target.address, sent.message_id), private=False, creating=False
        )
        with suppress(PlatformError):
            self._loop.run(withdrawn)

    def verify(self, target: Target) -> Identity:
        """Ask who the bot is."""
        asked = self._ask(lambda: self._bot(target).get_me(), private=False, creating=False)
        me = self._loop.run(asked)
        return Identity(str(me.id), f"@{me.username}")

    def close(self) -> None:
        """Close the connections of our own loop, and end its thread; a caller's loop closes its own (`hang_up`)."""
        self._loop.run(self.hang_up())
        self._loop.stop()

    async def hang_up(self) -> None:
        """Close the connections that this loop has opened."""
        for bot in self._bots.pop(asyncio.get_running_loop(), {}).values():
            await asyncio.gather(*(request.shutdown() for request in bot._request))  # noqa: SLF001 - never initialised, so no public end

    def _bot(self, target: Target) -> telegram.Bot:
        token = target.secrets.get("bot_token", "")
        if not token:
            raise BadCredentials("no bot token stored")
        bots = self._bots.setdefault(asyncio.get_running_loop(), {})
        if token not in bots:
            try:
                bots[token] = telegram.Bot(
                    token,
                    base_url=self._endpoint.base_url,
                    request=AiohttpRequest(self._endpoint),
                    get_updates_request=AiohttpRequest(self._endpoint),
                )
            except InvalidToken:
                raise BadCredentials("the bot token has no valid form") from None
        return bots[token]

    async def _send(self, out: Outgoing, target: Target, *, silent: bool = False) -> telegram.Message:
        rows = [[telegram.InlineKeyboardButton(b.label, callback_data=b.data) for b in row] for row in out.buttons]
        bot = self._bot(target)
        return await self._ask(
            lambda: bot.send_message(
                chat_id=target.address,
                text=out.text,
                disable_notification=silent or None,
                reply_markup=telegram.InlineKeyboardMarkup(rows) if rows else None,
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            ),
            private=not target.address.startswith(("@", "-")),
            creating=True,
        )

    async def _ask(self, call: Callable[[], Awaitable[T]], *, private: bool, creating: bool) -> T:
        noted: list[Answer] = []
        mark = answers.set(noted)
        try:
            async with asyncio.timeout(self._endpoint.read_s * DEADLINE_FACTOR):
                return await call()
        except TimeoutError:
            failed: PlatformError = Unconfirmed("no answer in time")
        except TelegramError as error:
            failed = _refusal(noted[-1], private=private) if noted else _network_error(error)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The library stumbles over JSON of another shape than the platform's own.
            failed = _refusal(noted[-1], private=private) if noted else UnexpectedResponse(type(error).__name__)
        finally:
            answers.reset(mark)
        raise failed if creating else of_reading(failed)


def _network_error(error: TelegramError) -> PlatformError:
    """Tell what an error without an answer means."""
    if isinstance(error, InvalidToken):
        return BadCredentials("the bot token has no valid form")
    if isinstance(error, NetworkError) and isinstance(error.__cause__, NeverLeft):
        return Unreachable(str(error.__cause__))
    return Unconfirmed(str(error.__cause__ or type(error).__name__))


def _refusal(answer: Answer, *, private: bool) -> PlatformError:
    """Tell what an answer means that is no message. Source: core.telegram.org/bots/api; tdlib/telegram-bot-api.

    Args:
        answer: as it came.
        private: it is about one person's chat, not about a channel of ours.
    """
    content = answer.json()
    told: dict[str, Any] = content if isinstance(content, dict) else {}
    words = str(told.get("description") or answer.words)
    given = told.get("parameters")
    parameters: dict[str, Any] = given if isinstance(given, dict) else {}
    code = str(answer.status)
    if "migrate_to_chat_id" in parameters:
        return RecipientMoved(str(parameters["migrate_to_chat_id"]))
    match answer.status:
        case 400 if any(gone in words.lower() for gone in _GONE):
            return (RecipientGone if private else AccountRestricted)(words, platform_code=code)
        case 400 | 413:
            return ContentRejected(words, platform_code=code)
        case 401 | 404:
            return BadCredentials(words, platform_code=code)
        case 403:
            return (RecipientGone if private else AccountRestricted)(words, platform_code=code)
        case 409:
            return PlatformConfig(words, platform_code=code)
        case 429:
            wait = parameters.get("retry_after")
            seconds = float(wait) if isinstance(wait, int | float) else _FLOOD_S
            return Throttled(words, scope="app" if private else "recipient", retry_after=seconds, platform_code=code)
        case status if status >= 500 or status < 300:
            return Unconfirmed(words, platform_code=code)
        case _:
            return UnexpectedResponse(words, platform_code=code)
