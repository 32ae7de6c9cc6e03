"""Messages that are no command: a location, a text, a picture; and people who block or unblock the bot."""

import logging

from telegram import ChatMember, Update

from bot import conversation, freetext, media
from bot.handlers.commands import Context
from bot.handlers.contents import point_in, sent_in
from bot.handlers.saying import ask, language, ref, say, speaker
from crisis import clock

log = logging.getLogger(__name__)


async def location(update: Update, context: Context) -> None:
    """A shared place; a live location counts once, as it is when it begins."""
    who, message = speaker(update), update.effective_message
    if who is None or message is None:
        return
    point = point_in(message)
    if point is None:
        await other(update, context)
        return
    replies = await ask(media.located, who, point, ref(update), clock.now())
    await say(context.bot, who.chat, replies)


async def text(update: Update, context: Context) -> None:
    """A text; a command that we do not have is a text too."""
    who, message = speaker(update), update.effective_message
    if who is not None and message is not None:
        written = message.text if isinstance(message.text, str) else ""
        replies = await ask(freetext.wrote, who, written, ref(update), clock.now())
        await say(context.bot, who.chat, replies)


async def other(update: Update, context: Context) -> None:
    """A picture, a voice message, a sticker, a contact, ..."""
    who, message = speaker(update), update.effective_message
    if who is not None and message is not None:
        sent, words = sent_in(message)
        replies = await ask(media.sent, who, sent, words, ref(update), clock.now())
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
