"""Channels: an editor posts a code there, and the channel is connected. The bot says nothing in it."""

import logging
from contextlib import suppress

from telegram import Bot, ChatMemberAdministrator, Update
from telegram.error import BadRequest, Forbidden

from bot.handlers.commands import Context
from bot.handlers.saying import ask
from crisis import clock
from crisis.registry import claims
from crisis.registry.claims import Claimed

log = logging.getLogger(__name__)


async def posted(update: Update, context: Context) -> None:
    """A post of a channel in which the bot is an administrator; of all of them, only those with a code matter."""
    post, chat = update.channel_post, update.effective_chat
    if post is None or chat is None or not (code := claims.code_in(post.text or "")):
        return
    outcome = await ask(
        claims.claim,
        code=code,
        channel=chat.username or "",
        platform_id=str(chat.id),
        may_post=await _may_post(context.bot, chat.id),
        now=clock.now(),
    )
    log.info("a code was posted in a channel", extra={"update": update.update_id, "outcome": outcome.value})
    if outcome == Claimed.CONNECTED:
        # Without the right to delete, the editor does it, or leaves it: the code is of no use any more.
        with suppress(BadRequest, Forbidden):
            await context.bot.delete_message(chat.id, post.message_id)


async def _may_post(bot: Bot, chat: int) -> bool:
    try:
        member = await bot.get_chat_member(chat, bot.id)
    except (BadRequest, Forbidden):
        return False
    return isinstance(member, ChatMemberAdministrator) and bool(member.can_post_messages)
