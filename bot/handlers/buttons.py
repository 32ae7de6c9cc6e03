"""Buttons under messages: what comes back of each.

c:ROLLCALL:ANSWER, s:ROLLCALL:WHO, o:ROLLCALL:OTHERS, h:now, l:LANGUAGE, p:PLACE, w:COUNTRY:LAT:LON, q:STEP:ANSWER, m:WHAT,
t:STAY:ANSWER, e:ANSWER, r:ROUND:QUESTION:NUMBER.
"""

import logging
from datetime import datetime

from telegram import Update

from bot import about, conversation, erasure, partly, registration, staying
from bot.handlers.commands import Context
from bot.handlers.saying import ask, change, language, ref, say, speaker, toast
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
        if replies[0].in_place and await change(update, context.bot, replies[0]):
            replies = replies[1:]
    await say(context.bot, who.chat, replies)


async def _answer(who: Speaker, data: str, number: str) -> list[Reply]:
    now = clock.now()
    match data.split(":"):
        case ["c" | "s" | "o" | "r" as which, asked, *rest] if is_key(asked) and rest:
            return await _check_in(who, which, int(asked), rest, number)
        case ["h", "now"]:
            return await ask(conversation.call_for_help, who, number, now)
        case ["l", language]:
            return await ask(conversation.set_language, who, language, now)
        case ["p", place] if is_key(place):
            return await ask(conversation.chose_place, who, int(place), now)
        case ["w", country, lat, lon] if len(data) < LONGEST:
            return await ask(conversation.chose_country, who, country, lat, lon, now)
        case ["q", step, answer]:
            return await ask(registration.pressed, who, step, answer, now)
        case ["m", *what]:
            return await _about(who, what, now)
        case ["t", stay, answer] if stay.isdecimal() and len(stay) < 19:
            return await ask(staying.answered, who, int(stay), answer, now)
        case ["e", answer]:
            return await ask(erasure.delete, who, answer, now)
        case _:
            return await ask(conversation.unknown_button, who, now)


async def _check_in(who: Speaker, which: str, rollcall: int, rest: list[str], number: str) -> list[Reply]:
    """Take an answer to an alert's question, whole or step by step, or to a further one of its round, whose number it then is."""
    now = clock.now()
    match which, rest:
        case "r", [question, value] if is_key(value):
            return await ask(conversation.answered_further, who, rollcall, question, int(value), now)
        case "c", [answer]:
            return await ask(conversation.answered, who, rollcall, answer, number, now)
        case "o", [are]:
            return await ask(partly.told_of_others, who, rollcall, are, number, now)
        case "s", _:
            return await _some(who, rollcall, rest, number)
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


async def _some(who: Speaker, rollcall: int, rest: list[str], number: str) -> list[Reply]:
    """Take a button of the question who of a household is safe."""
    now = clock.now()
    match rest:
        case ["+" | "-" as sign, member] if is_key(member):
            return await ask(partly.ticked, who, rollcall, int(member), number, now, safe=sign == "+")
        case ["done"]:
            return await ask(partly.done, who, rollcall, number, now)
        case ["n", safe] if is_key(safe):
            return await ask(partly.counted, who, rollcall, int(safe), number, now)
        case ["r", low, high] if is_key(low) and is_key(high):
            return await ask(partly.chose_range, who, rollcall, int(low), int(high), number, now)
        case _:
            return await ask(conversation.unknown_button, who, now)


def is_key(text: str) -> bool:
    """Tell whether a part of what came back is a number that a database key can be."""
    return text.isascii() and text.isdecimal() and len(text) < 19
