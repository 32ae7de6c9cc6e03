"""Commands: /start, /language, /safe, /help, /status, /verify, /stop; about oneself /me, /mydata, /clear, /delete."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update
from telegram.error import BadRequest, Forbidden
from telegram.ext import ContextTypes

from bot import about, conversation, erasure, verifying
from bot.clearing import clear as clearing_of
from bot.clearing import cleared
from bot.handlers.saying import ask, ref, say, speaker
from bot.replies import Reply
from crisis import clock

log = logging.getLogger(__name__)

AT_ONCE = 100  # messages: https://core.telegram.org/bots/api#deletemessages
Context = ContextTypes.DEFAULT_TYPE
Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]


async def start(update: Update, context: Context) -> None:
    """/start, with the link of an alert or without."""
    if (who := speaker(update)) is not None:
        payload = context.args[0] if context.args else ""
        await say(context.bot, who.chat, await ask(conversation.start, who, payload, clock.now()))


async def verify(update: Update, context: Context) -> None:
    """/verify, with a code or the name of an account."""
    if (who := speaker(update)) is not None:
        asked = " ".join(context.args or [])
        await say(context.bot, who.chat, await ask(verifying.verify, who, asked, clock.now()))


async def clear(update: Update, context: Context) -> None:
    """/clear: what Telegram no longer takes away is passed over, and does not keep the rest from going."""
    if (who := speaker(update)) is None:
        return
    clearing = await ask(clearing_of, who, clock.now())
    for start in range(0, len(clearing.numbers), AT_ONCE):
        numbers = clearing.numbers[start : start + AT_ONCE]
        try:
            await context.bot.delete_messages(who.chat, numbers)
        except (BadRequest, Forbidden) as error:
            log.warning("messages could not be taken away", extra={"update": update.update_id, "why": error.message})
            continue
        await ask(cleared, who, numbers, clock.now())
    await say(context.bot, who.chat, clearing.replies)


def _plain(action: Callable[..., list[Reply]], *, with_ref: bool = False) -> Handler:
    async def handler(update: Update, context: Context) -> None:
        if (who := speaker(update)) is not None:
            arguments: list[Any] = [who, *([ref(update)] if with_ref else []), clock.now()]
            await say(context.bot, who.chat, await ask(action, *arguments))

    return handler


HANDLERS: dict[str, Handler] = {
    "start": start,
    "language": _plain(conversation.choose_language),
    "safe": _plain(conversation.i_am_safe, with_ref=True),
    "help": _plain(conversation.help_me),
    "status": _plain(conversation.status),
    "verify": verify,
    "stop": _plain(conversation.stop),
    "me": _plain(about.show),
    "mydata": _plain(erasure.my_data),
    "clear": clear,
    "delete": _plain(erasure.ask_to_delete),
}
