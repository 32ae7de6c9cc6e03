"""python -m tests.load.baselines WAY URL NUMBER AT_ONCE: send so many messages one way, and print seconds and CPU as JSON.

Each way is what somebody would write: the wire itself, a bare client, the libraries as they come. Run by tests.load, each in a
process of its own.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("PTB_TIMEDELTA", "true")

TOKEN = "123456789:benchmark-token-AbCdEfGhIjKlMnOpQrStUv"
TEXT = "EXERCISE\nEarthquake: Tokyo, Japan\nStay outside, away from buildings. Tell us how you are.\nAlert BENCH2/1\nEXERCISE"
BUTTONS: list[list[dict[str, Any]]] = [
    [{"text": "I am safe", "callback_data": "c:1:safe"}],
    [{"text": "I need help", "callback_data": "c:1:help"}],
]


async def _spread(send: Callable[[int], Awaitable[Any]], number: int, at_once: int) -> None:
    """Send to `number` chats, so many at once."""
    chats = iter(range(1, number + 1))

    async def one() -> None:
        for chat in chats:
            await send(chat)

    await asyncio.gather(*(one() for _ in range(at_once)))


async def wire(url: str, number: int, at_once: int) -> None:
    """A socket and no library: what the machine itself can do."""
    where = urlsplit(url)
    chats = iter(range(1, number + 1))

    async def one() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for chat in chats:
            body = b'{"chat_id":%d,"text":"%b"}' % (chat, b"x" * len(TEXT))
            writer.write(
                b"POST /bot%b/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
                % (TOKEN.encode(), len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        writer.close()

    await asyncio.gather(*(one() for _ in range(at_once)))


async def aiohttp_bare(url: str, number: int, at_once: int) -> None:
    """aiohttp and nothing above it: the practical limit."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

        async def send(chat: int) -> None:
            body = {"chat_id": chat, "text": TEXT, "reply_markup": {"inline_keyboard": BUTTONS}}
            async with session.post(f"{url}/bot{TOKEN}/sendMessage", json=body) as answer:
                await answer.json()

        await _spread(send, number, at_once)


async def ptb_default(url: str, number: int, at_once: int) -> None:
    """python-telegram-bot as it comes."""
    import telegram
    from telegram.request import HTTPXRequest

    bot = telegram.Bot(
        TOKEN, base_url=f"{url}/bot", request=HTTPXRequest(connection_pool_size=at_once, pool_timeout=60)
    )
    await _ptb(bot, number, at_once)
    await bot.shutdown()


async def ptb_aiohttp(url: str, number: int, at_once: int) -> None:
    """python-telegram-bot on our transport, without queue or ledger: the bare loop that the whole pipeline is measured by."""
    bot, close = _ours(url)
    await _ptb(bot, number, at_once)
    await close()


async def ptb_raw(url: str, number: int, at_once: int) -> None:
    """The same through `do_api_request`, which builds no objects."""
    bot, close = _ours(url)
    markup = json.dumps({"inline_keyboard": BUTTONS})

    async def send(chat: int) -> None:
        await bot.do_api_request("sendmessage", {"chat_id": chat, "text": TEXT, "reply_markup": markup})

    await _spread(send, number, at_once)
    await close()


def _ours(url: str) -> "tuple[Any, Callable[[], Awaitable[None]]]":
    import telegram

    from platforms.contract import Endpoint
    from platforms.telegram_request import AiohttpRequest

    endpoint = Endpoint(f"{url}/bot", "https://t.me", loopback_only=True)
    requests = AiohttpRequest(endpoint), AiohttpRequest(endpoint)

    async def close() -> None:
        for request in requests:
            await request.shutdown()

    bot = telegram.Bot(TOKEN, base_url=f"{url}/bot", request=requests[0], get_updates_request=requests[1])
    return bot, close


async def _ptb(bot: Any, number: int, at_once: int) -> None:
    import telegram

    async def send(chat: int) -> None:
        rows = [[telegram.InlineKeyboardButton(**button) for button in row] for row in BUTTONS]
        await bot.send_message(chat, TEXT, reply_markup=telegram.InlineKeyboardMarkup(rows))

    await _spread(send, number, at_once)


async def aiogram(url: str, number: int, at_once: int) -> None:
    """aiogram as it comes, pointed at our server."""
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    session = AiohttpSession(api=TelegramAPIServer.from_base(url), limit=at_once)
    bot = Bot(TOKEN, session=session)

    async def send(chat: int) -> None:
        rows = [[InlineKeyboardButton(**button) for button in row] for row in BUTTONS]
        await bot.send_message(chat, TEXT, reply_markup=InlineKeyboardMarkup(inline_keyboard=rows))

    await _spread(send, number, at_once)
    await session.close()


async def apprise(url: str, number: int, at_once: int) -> None:
    """apprise, in as many threads: it has no keyboards and sends one by one."""
    import apprise as library
    from apprise.plugins.telegram import NotifyTelegram

    NotifyTelegram.notify_url = f"{url}/bot"
    # It never sends faster than a plugin's own rate: switched off, to measure the library.
    NotifyTelegram.request_rate_per_sec = 0
    logging_off()

    def send(chat: int) -> None:
        one = library.Apprise()
        one.add(f"tgram://{TOKEN}/{chat}/?detect=no&image=no")
        one.notify(body=TEXT)

    loop = asyncio.get_running_loop()
    await _spread(lambda chat: loop.run_in_executor(None, send, chat), number, min(at_once, 8))


def logging_off() -> None:
    """Writing a line for each message would be measured too."""
    import logging

    logging.disable(logging.CRITICAL)


WAYS = {
    "wire": wire, "aiohttp": aiohttp_bare, "ptb": ptb_default, "ptb_aiohttp": ptb_aiohttp, "ptb_raw": ptb_raw,
    "aiogram": aiogram, "apprise": apprise,
}  # fmt: skip


def main(way: str, url: str, number: int, at_once: int) -> dict[str, float]:
    """Send, and measure; the first messages, with which libraries load and connect, are not counted."""
    run = WAYS[way]

    async def measured() -> dict[str, float]:
        await run(url, min(100, number), at_once)
        cpu, begun = _cpu(), time.perf_counter()
        await run(url, number, at_once)
        return {"number": number, "seconds": time.perf_counter() - begun, "cpu_s": _cpu() - cpu}

    return asyncio.run(measured())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
