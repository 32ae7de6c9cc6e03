"""Buttons under messages: c:ROLLCALL:ANSWER, h:now, l:LANGUAGE, p:PLACE, w:COUNTRY:LAT:LON."""

import logging

from telegram import Update

from bot import conversation
from bot.handlers.commands import Context
from bot.handlers.saying import ask, language, ref, say, speaker, toast
from bot.replies import Reply
from bot.speaker import Speaker
from crisis import clock

LONGEST = 64  # bytes: Telegram's own most
log = logging.getLogger(__name__)


async def pressed(update: Update, context: Context) -> None:
    """Take a pressed button; one of an earlier house is answered kindly."""
    query, who = update.callback_query, speaker(update)
    if query is None:
        return
    if who is None:
        log.warning("refused", extra={"update": update.update_id, "why": "a button in a group"})
        await toast(update, await ask(conversation.in_group, language(update)))
        return
    replies = await _answer(who, str(query.data or ""), ref(update))
    if replies:
        await toast(update, replies[0].toast or replies[0].text)
    await say(context.bot, who.chat, replies)


async def _answer(who: Speaker, data: str, number: str) -> list[Reply]:
    now = clock.now()
    match data.split(":"):
        case ["c", rollcall, answer] if rollcall.isdecimal() and len(rollcall) < 19:
            return await ask(conversation.answered, who, int(rollcall), answer, number, now)
        case ["h", "now"]:
            return await ask(conversation.call_for_help, who, number, now)
        case ["l", language]:
            return await ask(conversation.set_language, who, language, now)
        case ["p", place] if place.isdecimal() and len(place) < 19:
            return await ask(conversation.chose_place, who, int(place), now)
        case ["w", country, lat, lon] if len(data) < LONGEST:
            return await ask(conversation.chose_country, who, country, lat, lon, now)
        case _:
            return await ask(conversation.unknown_button, who, now)
