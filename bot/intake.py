"""Taking updates in by polling: each is stored under its number before the platform hears that we have it."""

import asyncio
import logging
from typing import Any

from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.handlers.saying import ask
from crisis import clock
from crisis.checkins import inbox

log = logging.getLogger(__name__)

POLL_S = 25
BATCH = 100  # Telegram's own most
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]
_RETRY_S = 2.0
_CONFLICT_S = 10.0


async def poll(bot: Bot, stored: asyncio.Event, *, timeout_s: int = POLL_S) -> None:
    """Poll until cancelled.

    Args:
        bot: with a read time-out above `timeout_s`.
        stored: set after each update that was stored.
        timeout_s: how long the platform holds an empty answer back.

    Raises:
        InvalidToken: the token is not valid; polling on would be of no use.
    """
    offset = 0
    while True:
        fields: dict[str, Any] = {"timeout": timeout_s, "limit": BATCH, "allowed_updates": ALLOWED}
        try:
            # The raw form is stored: what our library does not know, or stumbles over, is not lost. The platform takes method
            # names in any case; in the library's own, it would ask us to use its parser.
            updates = await bot.do_api_request("getupdates", {**fields, "offset": offset}, read_timeout=timeout_s + 10)
        except InvalidToken:
            raise
        except Conflict:
            log.error("another process polls with the same token; waiting")  # noqa: TRY400 - the trace says no more
            await asyncio.sleep(_CONFLICT_S)
            continue
        except TelegramError as error:
            log.warning("polling failed; trying again", extra={"error": type(error).__name__})
            await asyncio.sleep(_RETRY_S)
            continue
        if not isinstance(updates, list) or not updates:
            continue
        await ask(inbox.store_telegram, updates, now=clock.now())
        offset = max(update["update_id"] for update in updates) + 1
        stored.set()
