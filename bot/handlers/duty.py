"""Staff in the bot: /duty CODE links a chat, /progress shows, /stop_alert stops; to anybody else these are words like others."""

import logging
from collections.abc import Callable
from datetime import datetime

from telegram import Update

from bot import duty
from bot.handlers import messages
from bot.handlers.buttons import is_key
from bot.handlers.commands import Context, Handler
from bot.handlers.saying import ask, say, speaker, toast
from bot.replies import Reply
from crisis import clock
from crisis.staff.models import Officer
from crisis.staff.rostering import LINK_PREFIX, officer_of

log = logging.getLogger(__name__)


async def link(update: Update, context: Context) -> None:
    """/duty CODE, or the link of the console: never taken for a citizen's first word."""
    if (who := speaker(update)) is not None:
        code = (context.args[0] if context.args else "").removeprefix(LINK_PREFIX)
        await say(context.bot, who.chat, await ask(duty.link, who, code, clock.now()))


def _for_staff(action: Callable[[Officer, str, datetime], list[Reply]]) -> Handler:
    async def handler(update: Update, context: Context) -> None:
        who = speaker(update)
        officer = await ask(officer_of, who.chat) if who is not None else None
        if who is None or officer is None:
            await messages.text(update, context)
            return
        code = context.args[0] if context.args else ""
        await say(context.bot, who.chat, await ask(action, officer, code, clock.now()))

    return handler


async def pressed(update: Update, context: Context) -> None:
    """Take a pressed button of ours; whoever is no longer linked stops nothing."""
    who, query = speaker(update), update.callback_query
    officer = await ask(officer_of, who.chat) if who is not None else None
    if who is None or query is None or officer is None:
        log.warning(
            "refused", extra={"update": update.update_id, "why": "a button of the staff's, and a chat of nobody's"}
        )
        await toast(update, await ask(duty.nobodys, who))
        return
    match str(query.data or "").split(":"):
        case [duty.BUTTON, "stop", alert, minute] if is_key(alert) and is_key(minute):
            replies = await ask(duty.stop, officer, int(alert), int(minute), clock.now())
        case _:
            replies = await ask(duty.unknown, officer)
    await toast(update, replies[0].text)
    await say(context.bot, who.chat, replies)


HANDLERS: dict[str, Handler] = {
    "duty": link,
    "progress": _for_staff(duty.how_it_goes),
    "stop_alert": _for_staff(duty.ask_to_stop),
}
