"""The bot's process: takes updates in (by polling; in production the webhook does), handles them, stops at once when told."""

import asyncio
import contextlib
import logging
import signal

from django.conf import settings
from django.utils import translation
from telegram import Bot, BotCommand
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ApplicationBuilder

from bot import fetching, own_texts, texts
from bot.application import App
from bot.handlers import register
from bot.intake import ALLOWED, POLL_S, poll
from bot.limiter import Rate, SharedRate
from bot.worker import note_failure, work
from crisis.registry.endpoints import endpoint
from crisis.registry.queries import home_ministry
from platforms.telegram_request import AiohttpRequest

log = logging.getLogger(__name__)

RETRY_S = 1.0


def build(rate: Rate) -> App:
    """Make the application, with its handlers, without the library's own intake."""
    where = endpoint("telegram")
    builder = ApplicationBuilder().token(settings.TELEGRAM_BOT_TOKEN).base_url(where.base_url)
    builder = builder.base_file_url(f"{where.base_url.removesuffix('bot')}file/bot")
    builder = builder.request(AiohttpRequest(where)).get_updates_request(AiohttpRequest(where)).updater(None)
    builder = builder.rate_limiter(SharedRate(rate))
    application: App = builder.build()
    register(application)
    application.add_error_handler(note_failure)
    return application


def _described() -> dict[str, str]:
    return texts.command_descriptions() | own_texts.other_descriptions()


async def introduce(bot: Bot, languages: list[str]) -> None:
    """Tell Telegram our commands in each language; without success the bot works all the same."""
    for language in (*languages, ""):
        with translation.override(language or "en"):
            commands = [BotCommand(name, words) for name, words in _described().items()]
        try:
            await bot.set_my_commands(commands, language_code=language or None)
        except TelegramError as error:
            log.warning("the menu of commands could not be set", extra={"error": type(error).__name__})
            return


async def opened(stop: asyncio.Event, rate: Rate) -> App | None:
    """Return the application, ready to use, once Telegram knows us; None if we are told to stop before."""
    while not stop.is_set():
        application = build(rate)
        try:
            await application.initialize()
        except InvalidToken:
            # The library's own words hold the token.
            log.error("Telegram does not know our token; trying again")  # noqa: TRY400
        except TelegramError as error:
            log.warning("Telegram does not answer; trying again", extra={"error": type(error).__name__})
        else:
            return application
        await application.shutdown()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RETRY_S)
    return None


async def run(languages: list[str], rate: Rate) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stored = asyncio.Event()
    application = await opened(stop, rate)
    if application is None:
        return
    try:
        await introduce(application.bot, languages)
        jobs = [asyncio.create_task(work(application, stored)), asyncio.create_task(fetching.work(application))]
        if settings.TELEGRAM_MODE == "polling":
            jobs.append(asyncio.create_task(poll(application.bot, stored, timeout_s=POLL_S)))
        else:
            await application.bot.set_webhook(
                f"{settings.PUBLIC_URL}/telegram/webhook",
                secret_token=settings.TELEGRAM_WEBHOOK_SECRET,
                allowed_updates=ALLOWED,
            )
        log.info("the bot is ready", extra={"mode": settings.TELEGRAM_MODE})
        waiting = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([waiting, *jobs], return_when=asyncio.FIRST_COMPLETED)
        for job in (waiting, *jobs):
            job.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job
        for job in done - {waiting}:
            job.result()
    finally:
        await application.shutdown()


def main(rate: Rate) -> None:
    """Run the bot.

    Args:
        rate: what it shares with the workers.
    """
    asyncio.run(run(home_ministry().languages, rate))
