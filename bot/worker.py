"""Handling what the inbox holds: in order within a chat, side by side between chats, again after a crash."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from telegram import Update
from telegram.error import NetworkError, RetryAfter
from telegram.ext import ContextTypes

from bot import conversation
from bot.application import App
from bot.handlers.saying import ask, say, speaker
from bot.places import holding
from bot.presses import Ahead
from crisis import clock
from crisis.audience import chats
from crisis.checkins import inbox
from crisis.checkins.inbox import Received
from platforms.telegram_request import NeverLeft

log = logging.getLogger(__name__)

AT_ONCE = 16  # updates that are being recorded
IN_HAND = 200  # updates altogether: what is answered within ten seconds at Telegram's rate, a third of a claim's lease
# For so long a claim is held while its answer is under way: several messages, a slow platform and the wait for leave take longer
# than a lease, and what is taken a second time meanwhile is answered twice. What takes longer hangs.
LONGEST = timedelta(minutes=5)
LOOK_S = 0.1  # how often the inbox is looked at while answers are on their way
UNREACHABLE = timedelta(seconds=10)
TIDY_EVERY = timedelta(hours=1)  # between two looks for what has stood long enough
IDLE_S = 0.2  # how often the inbox is looked at when nobody rings: the webhook's updates arrive in another process

_failure: ContextVar[list[BaseException]] = ContextVar("failure")


async def note_failure(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Keep a handler's error for whoever handles the update; the library itself would only log it."""
    if context.error is not None:
        _failure.get().append(context.error)


async def handle(application: App, received: Received) -> None:
    """Handle one update; whatever goes wrong is noted in the inbox, and never stops the next one."""
    failures: list[BaseException] = []
    mark = _failure.set(failures)
    try:
        update = Update.de_json(received.payload, application.bot)
        await application.process_update(update)
    except Exception as error:  # noqa: BLE001 - a hostile update may break the library in any way
        failures.append(error)
    finally:
        _failure.reset(mark)
    if not failures:
        await ask(inbox.done, received=received, now=clock.now())
        return
    problem = type(failures[0]).__name__
    if (wait := _wait(failures[0])) is not None:
        until = clock.now() + wait
        log.warning("an answer waits for the platform", extra={"update": received.ref, "error": problem})
        await ask(inbox.put_off, received=received, until=until, problem=problem)
        return
    log.error("an update could not be handled", extra={"update": received.ref, "error": problem}, exc_info=failures[0])
    if await ask(inbox.failed, received=received, problem=problem, now=clock.now()):
        await _own_up(application, received)


async def _own_up(application: App, received: Received) -> None:
    """Tell whoever sent what we gave up: silence would be taken for "they know"."""
    try:
        update = Update.de_json(received.payload, application.bot)
        if (who := speaker(update)) is not None:
            await say(application.bot, who.chat, await ask(conversation.gave_up, who, clock.now()))
    except Exception as error:  # noqa: BLE001 - what broke the handler may break this too
        log.error("nor could its sender be told", extra={"update": received.ref, "error": type(error).__name__})  # noqa: TRY400


def _wait(error: BaseException) -> timedelta | None:
    """Return for how long an update must wait because the platform did not take our answer; None if that is not why it failed."""
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
    return UNREACHABLE if isinstance(error, NetworkError) and isinstance(error.__cause__, NeverLeft) else None


async def drain(application: App) -> int:
    """Handle what is open, and what opens meanwhile, of each chat only the oldest; told to stop, hand back what is not handled.

    Plain answers are recorded first. Only so many updates are being recorded at once, and whoever is being answered holds none
    of these places: what people tell us never waits for what others are told.

    Returns:
        How many updates were taken.
    """
    places, ahead = asyncio.Semaphore(AT_ONCE), Ahead()
    busy: dict[asyncio.Task[None], tuple[Received, datetime]] = {}  # with when it was taken
    taken, kept_at = 0, clock.now()
    try:
        while True:
            if (now := clock.now()) - kept_at > inbox.LEASE / 3:
                held = [received for received, since in busy.values() if now - since < LONGEST]
                await ask(inbox.keep, received=held, now=now)
                kept_at = now
            await ask(ahead.record, now=clock.now())
            for received in await _claimed(IN_HAND - len(busy)):
                busy[asyncio.create_task(_one(application, received, places))] = received, clock.now()
                taken += 1
            if not busy:
                return taken
            done, _ = await asyncio.wait(busy, timeout=LOOK_S)
            for task in done:
                del busy[task]
                task.result()
    finally:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        await _hand_back(received for task, (received, _) in busy.items() if task.cancelled())


async def _claimed(limit: int) -> list[Received]:
    """Claim up to so many updates; told to stop meanwhile, hand them back."""
    if limit <= 0:
        return []
    claiming = asyncio.ensure_future(ask(inbox.claim, now=clock.now(), limit=limit))
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:
        await _hand_back(await claiming)
        raise


async def _one(application: App, received: Received, places: asyncio.Semaphore) -> None:
    async with holding(places):
        await handle(application, received)
    beat()


async def _hand_back(received: Iterable[Received]) -> None:
    for one in list(received):
        await ask(inbox.hand_back, received=one)


def beat() -> None:
    """Leave a pulse where the container's health check looks for one: the bot gets on with its inbox."""
    if settings.BOT_PULSE:
        # A full disk makes us look dead; it must not make us so.
        with contextlib.suppress(OSError):
            Path(settings.BOT_PULSE).touch()


async def work(application: App, stored: asyncio.Event) -> None:
    """Handle the inbox until cancelled."""
    tidied = None
    while True:
        stored.clear()
        while await drain(application):
            beat()
        beat()
        if tidied is None or clock.now() - tidied > TIDY_EVERY:
            tidied = clock.now()
            await ask(inbox.forget_failed, now=tidied)
            await ask(chats.forget_old, now=tidied)
        try:
            await asyncio.wait_for(stored.wait(), IDLE_S)
        except TimeoutError:
            continue
