"""Commands: /start, /language, /safe, /help, /status, /verify, /stop."""

from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update
from telegram.ext import ContextTypes

from bot import conversation, verifying
from bot.handlers.saying import ask, ref, say, speaker
from bot.replies import Reply
from crisis import clock

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
}
