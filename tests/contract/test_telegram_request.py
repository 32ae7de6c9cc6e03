"""The transport of python-telegram-bot: what the adapter's own contract does not show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import telegram
from telegram.error import NetworkError, TimedOut

from platforms.contract import Endpoint
from platforms.telegram_request import AT_ONCE, AiohttpRequest, MayHaveArrived

TOKEN = "123456789:never-to-be-shown-AbCdEfGhIjKlMnOpQr"
SENT = b'{"ok":true,"result":{"message_id":7,"date":1700000000,"chat":{"id":1,"type":"private"}}}'


@asynccontextmanager
async def telegram_with(answer: bytes | None, read_s: float = 5.0) -> AsyncIterator[tuple[telegram.Bot, list[bytes]]]:
    """A Bot before a server with one answer to everything (empty: it hangs up; None: it is silent), and what it was asked."""
    seen: list[bytes] = []
    clients: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(writer)
        while head := await reader.readline():
            length = 0
            while line := (await reader.readline()).strip():
                head += line + b"\n"
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            seen.append(head + b"\n" + await reader.readexactly(length))
            if answer:
                headers = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Type: application/json\r\n"
                writer.write(headers + b"Content-Length: %d\r\n\r\n" % len(answer) + answer)
            elif answer is not None:
                writer.close()
                return

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/bot"
    endpoint = Endpoint(url, "https://t.me", loopback_only=True, connect_s=3.0, read_s=read_s)
    requests = AiohttpRequest(endpoint), AiohttpRequest(endpoint)
    try:
        yield telegram.Bot(TOKEN, base_url=url, request=requests[0], get_updates_request=requests[1]), seen
    finally:
        for request in requests:
            await request.shutdown()
        listening.close()
        for client in clients:
            client.close()
        await asyncio.gather(*(client.wait_closed() for client in clients), return_exceptions=True)


def test_a_text_goes_out_as_json_and_no_cookie_comes_back() -> None:
    async def run() -> list[bytes]:
        async with telegram_with(SENT) as (bot, seen):
            await bot.send_message(1, "Blijf binnen & bel")
            await bot.send_message(1, "again")
        return seen

    first, second = asyncio.run(run())
    assert b'"text": "Blijf binnen & bel"' in first
    assert b"cookie" not in second.lower()


def test_a_file_is_uploaded_whole() -> None:
    async def run() -> list[bytes]:
        async with telegram_with(SENT) as (bot, seen):
            await bot.send_document(1, b"%PDF-1.7 the whole file", filename="plan.pdf", caption="The plan")
        return seen

    (request,) = asyncio.run(run())
    assert b"multipart/form-data" in request
    assert b'filename="plan.pdf"' in request
    assert b"%PDF-1.7 the whole file" in request
    assert b"The plan" in request


@pytest.mark.parametrize(
    ("answer", "raises"), [(b"", NetworkError), (b"x" * 1_000_001, NetworkError), (None, TimedOut)],
    ids=["hangs up", "too large", "silent"],
)  # fmt: skip
def test_what_may_have_arrived_is_said_without_the_token(answer: bytes | None, raises: type[Exception]) -> None:
    async def run() -> None:
        async with telegram_with(answer, read_s=0.3) as (bot, _):
            await bot.send_message(1, "a")

    with pytest.raises(raises) as raised:
        asyncio.run(run())
    assert isinstance(raised.value.__cause__, MayHaveArrived)
    assert TOKEN not in f"{raised.value!r}{raised.value}{raised.value.__cause__!r}"


def test_more_at_once_than_connections_wait_their_turn() -> None:
    async def run() -> int:
        async with telegram_with(SENT) as (bot, seen):
            await asyncio.gather(*(bot.send_message(1, "a") for _ in range(3 * AT_ONCE)))
        return len(seen)

    assert asyncio.run(run()) == 3 * AT_ONCE


def test_its_repr_tells_nothing() -> None:
    assert (
        repr(AiohttpRequest(Endpoint("http://127.0.0.1:1/bot", "https://t.me", loopback_only=True)))
        == "AiohttpRequest()"
    )
