"""Messages that are no command: a location, a text, a picture; and people who block or unblock the bot."""

import logging

from telegram import ChatMember, Update

from bot import conversation, freetext
from bot.handlers.commands import Context
from bot.handlers.saying import ask, language, ref, say, speaker
from crisis import clock

log = logging.getLogger(__name__)


async def location(update: Update, context: Context) -> None:
    """A shared location."""
    who, message = speaker(update), update.effective_message
    if who is not None and message is not None and message.location is not None:
        at = message.location
        replies = await ask(conversation.shared_location, who, at.latitude, at.longitude, clock.now())
        await say(context.bot, who.chat, replies)


async def text(update: Update, context: Context) -> None:
    """A text; a command that we do not have is a text too."""
    who, message = speaker(update), update.effective_message
    if who is not None and message is not None:
        replies = await ask(freetext.wrote, who, message.text or "", ref(update), clock.now())
        await say(context.bot, who.chat, replies)


async def other(update: Update, context: Context) -> None:
    """A picture, a voice message, a sticker, a contact, ..."""
    who, message = speaker(update), update.effective_message
    if who is not None and message is not None:
        kinds = (
            "photo",
            "voice",
            "video",
            "video_note",
            "audio",
            "document",
            "sticker",
            "contact",
            "poll",
            "venue",
            "dice",
        )
        kind = next((name for name in kinds if getattr(message, name, None)), "message")
        replies = await ask(freetext.sent_something, who, kind, message.caption or "", ref(update), clock.now())
        await say(context.bot, who.chat, replies)


async def edited(update: Update, context: Context) -> None:
    """A text that was changed after it was sent; a live location changes by itself, and needs no answer."""
    if (who := speaker(update)) is not None:
        await say(context.bot, who.chat, await ask(freetext.edited, who, clock.now()))


async def group(update: Update, context: Context) -> None:
    """A command in a group: what people tell us is not for one."""
    if update.effective_chat is not None:
        log.warning("refused", extra={"update": update.update_id, "why": "a command in a group"})
        words = await ask(conversation.in_group, language(update))
        await context.bot.send_message(update.effective_chat.id, words)


async def membership(update: Update, _: Context) -> None:
    """Somebody blocked the bot, or let it in again."""
    change = update.my_chat_member
    who = speaker(update)
    if change is None or who is None:
        return
    if change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT):
        await ask(conversation.left, who.chat)


async def unknown(update: object, _: Context) -> None:
    """Anything else: it stands in the inbox, and is only logged."""
    number = update.update_id if isinstance(update, Update) else None
    log.info("an update needed no answer", extra={"update": number})
