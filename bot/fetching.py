"""Fetching what people have sent, beside the inbox and slower than it: no answer waits for a file."""

import asyncio
import logging

from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.application import App
from bot.handlers.saying import ask, say
from bot.media import not_opened
from crisis import clock
from crisis.checkins import attachments
from crisis.checkins.attachments import MAX_BYTES, Waiting
from crisis.checkins.enclosures import Attachment
from crisis.registry.endpoints import endpoint
from platforms.telegram_request import AiohttpRequest

log = logging.getLogger(__name__)

IDLE_S = 1.0
LONGEST_S = 40.0  # for one file, however slowly it drips; less than its lease


async def fetch(bot: Bot, files: AiohttpRequest) -> int:
    """Fetch what is due, a few at a time.

    Returns:
        How many were taken.
    """
    taken = await ask(attachments.claim, now=clock.now())
    await asyncio.gather(*(_one(bot, files, waiting) for waiting in taken))
    return len(taken)


async def work(application: App) -> None:
    """Fetch until cancelled; whatever goes wrong with one file never stops the next."""
    files = request()
    try:
        while True:
            try:
                while await fetch(application.bot, files):
                    pass
            except Exception as error:  # noqa: BLE001 - the database may be away for a while
                log.error("files could not be fetched", extra={"error": type(error).__name__})  # noqa: TRY400
            await asyncio.sleep(IDLE_S)
    finally:
        await files.shutdown()


def request() -> AiohttpRequest:
    """Return the connections for files: apart, so that none of them holds an answer up."""
    return AiohttpRequest(endpoint("telegram"), most=MAX_BYTES)


async def _one(bot: Bot, files: AiohttpRequest, waiting: Waiting) -> None:
    for_good = False
    try:
        async with asyncio.timeout(LONGEST_S):
            file = await bot.get_file(waiting.remote_id)
            # Only from where files are: whatever else an answer may name, a path of this machine included, is not opened.
            where = file.file_path or ""
            for_good = not where.startswith(f"{bot.base_file_url}/") or (file.file_size or 0) > MAX_BYTES
            content = b"" if for_good else await files.retrieve(where)
    except BadRequest:
        # There is no such file, or it is larger than a bot may fetch.
        for_good, content = True, b""
    except (TelegramError, TimeoutError) as error:
        log.warning("a file could not be fetched", extra={"attachment": waiting.id, "error": type(error).__name__})
        content = b""
    kept = bool(content) and await ask(attachments.keep, waiting=waiting, content=content, now=clock.now())
    if kept:
        return
    given_up = bool(content)
    if not given_up:
        given_up = await ask(attachments.failed, waiting=waiting, for_good=for_good, now=clock.now())
    if given_up:
        await _own_up(bot, waiting)


async def _own_up(bot: Bot, waiting: Waiting) -> None:
    """Tell who sent it: they believe that we can see it."""
    try:
        chat = await ask(_chat, waiting.id)
        if chat:
            await say(bot, chat, await ask(not_opened, chat, clock.now()))
    except TelegramError as error:
        log.warning("nor could its sender be told", extra={"attachment": waiting.id, "error": type(error).__name__})


def _chat(attachment_id: int) -> int:
    found = Attachment.objects.filter(pk=attachment_id).values_list("checkin__contact__address", flat=True).first()
    return int(found) if found and found.isdecimal() else 0
