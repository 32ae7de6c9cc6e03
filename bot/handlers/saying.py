"""Calling the conversation from the event loop, and saying what it answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.utils import translation
from telegram import Bot, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot import conversation, places
from bot.keyboards import markup
from bot.replies import Reply
from bot.speaker import Speaker
from crisis import clock
from crisis.audience import chats
from crisis.audience.queries import contact_of

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

LAST_ATTEMPT = 2
LARGEST_CHAT = 2**52  # "at most 52 significant bits": https://core.telegram.org/bots/api#chat
LONGEST_WAIT_S = 5.0  # for the platform's leave to answer; what must wait longer is tried again from the inbox


async def ask(action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run something of the domain in the thread that has the database connection."""

    def run() -> T:
        close_old_connections()
        return action(*args, **kwargs)

    return await sync_to_async(run, thread_sensitive=True)()


def speaker(update: Update) -> Speaker | None:
    """Return who speaks, or None where nobody does (a channel, a group, an anonymous administrator)."""
    chat, user = update.effective_chat, update.effective_user
    if chat is None or user is None or chat.type != "private":
        return None
    if chat.id != user.id or not is_chat(chat.id):
        # A private chat has its person's number: whatever else it says, nothing is recorded for anybody.
        log.warning("refused", extra={"update": update.update_id, "why": "a private chat of somebody else"})
        return None
    return Speaker(chat.id, user.full_name, language(update))


def is_chat(chat: object) -> bool:
    """Tell whether something is the number that a private chat can have."""
    return isinstance(chat, int) and not isinstance(chat, bool) and 0 < chat < LARGEST_CHAT


def language(update: Update) -> str:
    """Return what the Telegram of whoever acts speaks; blank where nobody says."""
    user = update.effective_user
    spoken = user.language_code if user else ""
    return spoken if isinstance(spoken, str) else ""


def ref(update: Update | int) -> str:
    """Return the number under which an answer is recorded once, of an update or of its number."""
    return f"telegram:{update if isinstance(update, int) else update.update_id}"


async def say(bot: Bot, chat: int, replies: list[Reply]) -> None:
    """Send replies in order; somebody who blocked the bot meanwhile is noted, not an error.

    Which messages they became is noted too, for whoever wants them taken away.
    """
    await places.give_up()
    contact = await ask(contact_of, str(chat))
    sent: list[tuple[int, str]] = []
    try:
        for reply in replies:
            with translation.override(contact.citizen.language if contact else "en"):
                keyboard = markup(reply)
            calls = [partial(bot.send_message, chat, reply.text, reply_markup=keyboard)]
            if reply.file is not None:
                calls.append(partial(bot.send_document, chat, reply.file.content, filename=reply.file.name))
            for call in calls:
                if (number := await _said(call, chat)) is None:
                    return
                sent.append((number, reply.marker))
    finally:
        if contact is not None and sent:
            await ask(chats.note, contact=contact, sent=sent, now=clock.now())


async def _said(call: Callable[[], Awaitable[Message]], chat: int) -> int | None:
    """Send one message and return its number; None if the person does not want it any more."""
    for attempt in range(LAST_ATTEMPT + 1):
        try:
            return (await call()).message_id
        except RetryAfter as error:
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            if seconds > LONGEST_WAIT_S or attempt == LAST_ATTEMPT:
                raise
            await asyncio.sleep(seconds)
        except Forbidden as error:
            log.info("an answer was not wanted any more", extra={"why": error.message})
            await ask(conversation.left, chat)
            return None
    return None


async def change(update: Update, bot: Bot, reply: Reply) -> bool:
    """Put a reply in the place of the message whose button was pressed; False where that is not possible any more."""
    query = update.callback_query
    if query is None or query.message is None or update.effective_chat is None:
        return False
    chat = update.effective_chat.id
    with translation.override(await ask(_language, chat)):
        keyboard = markup(reply)
    if not isinstance(keyboard, InlineKeyboardMarkup | None):
        return False
    try:
        await bot.edit_message_text(reply.text, chat, query.message.message_id, reply_markup=keyboard)
    except BadRequest as error:
        # The same press twice changes nothing, which Telegram calls a mistake.
        return "not modified" in error.message
    return True


def _language(chat: int) -> str:
    contact = contact_of(str(chat))
    return contact.citizen.language if contact else "en"


async def toast(update: Update, text: str) -> None:
    """Answer a pressed button, which Telegram waits for; whatever becomes of it, the message that follows says it all."""
    if update.callback_query is None:
        return
    await places.give_up()
    try:
        await update.callback_query.answer(text[:200])
    except TelegramError as error:
        log.info("a pressed button could not be answered", extra={"why": error.message})
