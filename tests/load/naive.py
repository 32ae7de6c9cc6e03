"""One Celery task for each recipient: what the whole pipeline is set beside."""

import asyncio
import os

from celery import Celery

from tests.load.baselines import BUTTONS, TEXT, TOKEN

app = Celery("naive", broker=os.environ.get("REDIS_URL", ""))
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=4, worker_hijack_root_logger=False)
SINK = os.environ.get("LOAD_SINK", "")


@app.task  # type: ignore[untyped-decorator]
def send(chat: int) -> None:
    """Send one message: with the library as its examples show it, or with requests and a session for the process."""
    if os.environ.get("NAIVE_WAY") == "ptb":
        asyncio.run(_by_library(chat))
    else:
        _by_requests(chat)


async def _by_library(chat: int) -> None:
    import telegram

    rows = [[telegram.InlineKeyboardButton(**button) for button in row] for row in BUTTONS]
    async with telegram.Bot(TOKEN, base_url=f"{SINK}/bot") as bot:
        await bot.send_message(chat, TEXT, reply_markup=telegram.InlineKeyboardMarkup(rows))


_sessions: dict[int, object] = {}


def _by_requests(chat: int) -> None:
    import requests

    session = _sessions.setdefault(os.getpid(), requests.Session())
    assert isinstance(session, requests.Session)
    body = {"chat_id": chat, "text": TEXT, "reply_markup": {"inline_keyboard": BUTTONS}}
    session.post(f"{SINK}/bot{TOKEN}/sendMessage", json=body, timeout=10).raise_for_status()
