"""Buttons under messages: c:ROLLCALL:ANSWER, h:now, l:LANGUAGE, p:PLACE, w:COUNTRY:LAT:LON, q:STEP:ANSWER, m:, s:STAY:, e:."""

import logging
from datetime import datetime

from telegram import Update

from bot import about, conversation, erasure, registration, staying
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
        case ["q", step, answer]:
            return await ask(registration.pressed, who, step, answer, now)
        case ["m", *what]:
            return await _about(who, what, now)
        case ["s", stay, answer] if stay.isdecimal() and len(stay) < 19:
            return await ask(staying.answered, who, int(stay), answer, now)
        case ["e", answer]:
            return await ask(erasure.delete, who, answer, now)
        case _:
            return await ask(conversation.unknown_button, who, now)


async def _about(who: Speaker, what: list[str], now: datetime) -> list[Reply]:
    match what:
        case ["place"]:
            return await ask(about.change_place, who, now)
        case ["language"]:
            return await ask(conversation.choose_language, who, now)
        case ["forget", thing]:
            return await ask(about.forget, who, thing, now)
        case ["again", number]:
            return await ask(about.send_again, who, number, now)
        case [step]:
            return await ask(registration.go_on, who, step, now)
        case _:
            return await ask(conversation.unknown_button, who, now)
