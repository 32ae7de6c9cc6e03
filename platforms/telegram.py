"""Telegram through python-telegram-bot: channels by `publish`, citizens' private chats by `notify`."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache, partial
from typing import ClassVar, TypeVar
from weakref import WeakKeyDictionary

# Durations as timedelta: what the library warns that it will do by itself.
os.environ.setdefault("PTB_TIMEDELTA", "true")

import telegram
from telegram.error import InvalidToken, TelegramError

from platforms.audience import audience
from platforms.contract import Audience, Button, Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PlatformError,
    PublicationGone,
    Unconfirmed,
    UnexpectedResponse,
    Unsupported,
)
from platforms.loop import EventLoop
from platforms.readback import Doing, in_light_of, stands_in
from platforms.specs.telegram import TELEGRAM
from platforms.telegram_answers import network_error, refusal
from platforms.telegram_readback import Shown, look_through, refused_to_show
from platforms.telegram_request import AiohttpRequest, answers
from platforms.wire import DEADLINE_FACTOR, Answer, check_endpoint

T = TypeVar("T")

# Names of methods may be written in any case (core.telegram.org/bots/api, "Making requests"); the library knows another way for
# the usual spelling, and warns.
_SEND = "sendmessage"
_NO_PREVIEW = json.dumps({"is_disabled": True})
_NOT_MODIFIED, _INVALID = "message is not modified", "message_id_invalid"


class TelegramAdapter:
    """Publishes, amends, withdraws and reads back in channels, and writes to citizens."""

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
        return self._receipt(sent.message_id, target)

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Put another text in the place of a channel's message."""
        number = _number(remote_id)
        edited = self._ask(
            lambda: self._bot(target).edit_message_text(
                out.text,
                chat_id=target.address,
                message_id=number,
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            ),
            private=_is_private(target),
            doing="changing",
        )
        try:
            self._loop.run(edited)
        except ContentRejected as refused:
            words = refused.detail.lower()
            if _INVALID in words:
                raise PublicationGone(refused.detail, platform_code=refused.platform_code) from None
            if _NOT_MODIFIED not in words:
                raise
        return self._receipt(number, target)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a channel's message."""
        with suppress(PublicationGone):
            self._loop.run(self._delete(target, target.address, _number(remote_id)))

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:  # noqa: ARG002 - the number says it
        """Forward what follows the last known message into the operations chat, where each copy stays for as long as a look.

        A channel shows a bot nothing to read back, but it numbers its messages one by one: no clock tells what is older.
        """
        if _is_private(target):
            raise Unsupported("what a person got cannot be read back")
        if not target.operations_chat or target.operations_chat.startswith("@"):
            # What has a name may be public.
            raise Unsupported("there is no private operations chat into which the channel could be shown")
        if not out.after_id.isdecimal():
            raise Unsupported("no earlier message of this channel is known, from which to look on")
        looked = look_through(int(out.after_id), partial(self._show, target), partial(stands_in, out))
        found = self._loop.run(looked)
        return None if found is None else self._receipt(found, target)

    async def _show(self, target: Target, number: int) -> Shown:
        try:
            copy = await self._ask(
                lambda: self._bot(target).forward_message(
                    target.operations_chat, target.address, number, disable_notification=True
                ),
                private=False,
                doing="reading",
            )
        except (ContentRejected, PublicationGone) as refused:
            return refused_to_show(refused)
        with suppress(PlatformError):
            await self._delete(target, target.operations_chat, copy.message_id)
        return Shown(copy.text or "")

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """Write to one person, by the library's way for any method: it builds no objects, and takes half of the CPU."""
        bot = self._bot(target)
        fields: dict[str, object] = {
            "chat_id": target.address,
            "text": out.text,
            "reply_markup": _keyboard(out.buttons),
            "link_preview_options": _NO_PREVIEW,
        }
        told = await self._ask(lambda: bot.do_api_request(_SEND, fields), private=_is_private(target), doing="creating")
        number = told.get("message_id") if isinstance(told, dict) else None
        if not isinstance(number, int):
            raise Unconfirmed("a success without a message")
        return Receipt(str(number))

    def probe(self, out: Outgoing, target: Target) -> None:
        """Write to a chat of ours without a sound, and take it away again: the sending is the proof, the rest is tidiness."""
        sent = self._loop.run(self._send(out, target, silent=True))
        with suppress(PlatformError):
            self._loop.run(self._delete(target, target.address, sent.message_id))

    def verify(self, target: Target) -> Identity:
        """Ask who the bot is."""
        asked = self._ask(lambda: self._bot(target).get_me(), private=False, doing="reading")
        me = self._loop.run(asked)
        return Identity(str(me.id), f"@{me.username}")

    def count(self, target: Target) -> Audience:
        """Ask how many have joined the channel."""
        asked = self._ask(
            lambda: self._bot(target).get_chat_member_count(target.address), private=False, doing="reading"
        )
        return audience({"members": self._loop.run(asked)}, followers="members")

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
                reply_parameters=_reply(out),
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            ),
            private=_is_private(target),
            doing="creating",
        )

    async def _delete(self, target: Target, chat: str, number: int) -> None:
        bot = self._bot(target)
        await self._ask(lambda: bot.delete_message(chat, number), private=False, doing="changing")

    async def _ask(self, call: Callable[[], Awaitable[T]], *, private: bool, doing: Doing) -> T:
        noted: list[Answer] = []
        mark = answers.set(noted)
        try:
            async with asyncio.timeout(self._endpoint.read_s * DEADLINE_FACTOR):
                return await call()
        except TimeoutError:
            failed: PlatformError = Unconfirmed("no answer in time")
        except TelegramError as error:
            failed = refusal(noted[-1], private=private) if noted else network_error(error)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The library stumbles over JSON of another shape than the platform's own.
            failed = refusal(noted[-1], private=private) if noted else UnexpectedResponse(type(error).__name__)
        finally:
            answers.reset(mark)
        raise in_light_of(doing, failed)

    def _receipt(self, number: int, target: Target) -> Receipt:
        return Receipt(str(number), f"{self._endpoint.web_url}/{target.address.removeprefix('@')}/{number}")


@lru_cache(maxsize=64)
def _keyboard(rows: tuple[tuple[Button, ...], ...]) -> str | None:
    """Return the buttons as they go over the wire: the same for everybody who is told in one language."""
    if not rows:
        return None
    return json.dumps({"inline_keyboard": [[{"text": b.label, "callback_data": b.data} for b in row] for row in rows]})


def _is_private(target: Target) -> bool:
    return not target.address.startswith(("@", "-"))


def _number(remote_id: str) -> int:
    if not remote_id.isdecimal():
        raise Unsupported(f"{remote_id!r} is no number of a message")
    return int(remote_id)


def _reply(out: Outgoing) -> telegram.ReplyParameters | None:
    """Return what makes it a reply; where what it answers is gone, it stands alone."""
    if not out.reply_to.isdecimal():
        return None
    return telegram.ReplyParameters(int(out.reply_to), allow_sending_without_reply=True)
