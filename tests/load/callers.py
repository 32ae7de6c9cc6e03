"""python -m tests.load.callers < PLAN: everybody who calls a web process, from a process of their own, as JSON.

A stream with a rate calls at its moments, whether or not the ones before were answered, and counts each answer's time from the
moment at which the call was due: a server that stalls hides nothing. One without a rate calls as fast as it is answered. What is
not taken is sent again, as Telegram, a gateway and people do; what is not taken in the end is told.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

TRIES = 5
AGAIN_S = 0.5  # between two tries of the same
_SLIP = re.compile(rb'name="slip" value="([^"]+)"')


@dataclass
class Answer:
    """What came back: its status, where it leads, its body, and how many bytes it took on the wire."""

    status: int
    location: str
    body: bytes
    wire: int


class Line:
    """One connection, kept open; it is opened anew when the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request and read its answer.

        Raises:
            OSError: there was none.
        """
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        try:
            async with asyncio.timeout(20):
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
                self._writer.write(raw)
                return await self._read()
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self._close()
            raise OSError(type(error).__name__) from error

    async def _read(self) -> Answer:
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if (at := lower.find(b"content-length:")) >= 0:
            body = await self._reader.readexactly(int(lower[at + 15 :].split(b"\r\n", 1)[0]))
            wire = len(head) + len(body)
        else:
            body, wire = b"", len(head)
            while size := int(line := await self._reader.readline(), 16):
                chunk = await self._reader.readexactly(size + 2)
                body, wire = body + chunk[:-2], wire + len(line) + len(chunk)
            await self._reader.readline()
        if b"connection: close" in lower:
            self._close()
        where = re.search(rb"\r\nlocation: ([^\r]+)", head, re.IGNORECASE)
        return Answer(int(head[9:12]), where.group(1).decode() if where else "", body, wire)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None


@dataclass
class Stream:
    """One kind of caller.

    Attributes:
        kind: see `CALLS`.
        first: the number of the first call; they are counted up from there.
        rate: calls a second; 0 is as fast as they are answered.
        number, seconds: how many calls, or for how long; 0 is no limit of this kind, and one of the two must be given.
        at_once: connections.
        values: what the kind needs.
    """

    kind: str
    first: int = 0
    rate: float = 0.0
    number: int = 0
    seconds: float = 0.0
    at_once: int = 32
    values: dict[str, Any] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    sent_at: dict[int, float] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    lost: list[int] = field(default_factory=list)
    largest: int = 0
    took_s: float = 0.0

    async def run(self, host: str, port: int) -> None:
        """Call until it is over."""
        self._begun = time.perf_counter()
        numbers = itertools.count() if not self.number else iter(range(self.number))
        await asyncio.gather(*(self._caller(Line(host, port), numbers) for _ in range(self.at_once)))
        self.took_s = time.perf_counter() - self._begun

    async def _caller(self, line: Line, numbers: Iterator[int]) -> None:
        for n in numbers:
            now = time.perf_counter()
            due = self._begun + n / self.rate if self.rate else now
            if self.seconds and due - self._begun >= self.seconds:
                return
            if due > now:
                await asyncio.sleep(due - now)
            self.sent_at[self.first + n] = time.time() - max(0.0, time.perf_counter() - due)
            await self._call(line, self.first + n, due)

    async def _call(self, line: Line, n: int, due: float) -> None:
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(AGAIN_S)
            try:
                answer = await CALLS[self.kind](line, n, self.values)
            except OSError as error:
                self.refused[str(error)] += 1
                continue
            if answer.status in (200, 303):
                self.waits.append(time.perf_counter() - due)
                self.largest = max(self.largest, answer.wire)
                return
            self.refused[str(answer.status)] += 1
        self.lost.append(n)

    def told(self) -> dict[str, Any]:
        """Return what became of it; times in seconds."""
        waits = sorted(self.waits) or [0.0]
        return {
            "called": len(self.sent_at), "taken": len(self.waits), "not_taken": self.lost, "refused": dict(self.refused),
            "rate": len(self.waits) / self.took_s, "took_s": self.took_s, "largest": self.largest,
            **{f"p{share}": waits[min(len(waits) - 1, len(waits) * share // 100)] for share in (50, 95, 99)},
            "slowest_s": waits[-1], "sent_at": self.sent_at if self.values.get("tell") else {},
        }  # fmt: skip


def update(n: int, chat: int, data: str) -> bytes:
    """Return a pressed button as Telegram tells it."""
    who = {"id": chat, "is_bot": False, "first_name": "Emma", "last_name": "Peeters", "language_code": "fr"}
    message = {
        "message_id": 3, "date": 1_764_000_000, "chat": {"id": chat, "type": "private", "first_name": "Emma"},
        "from": {"id": 1, "is_bot": True, "first_name": "b", "username": "b_bot"}, "text": "EXERCICE. Comment allez-vous ?",
    }  # fmt: skip
    query = {"id": str(n), "from": who, "message": message, "chat_instance": str(chat), "data": data}
    return json.dumps({"update_id": n, "callback_query": query}).encode()


async def _press(line: Line, n: int, values: dict[str, Any]) -> Answer:
    body = update(n, values["chat"] + n - values["since"], values["data"])
    return await line.ask(
        "POST",
        values["path"],
        body,
        Content_Type="application/json",
        X_Telegram_Bot_Api_Secret_Token=values["secret"],
    )


async def _text(line: Line, n: int, values: dict[str, Any]) -> Answer:
    at = int(time.time())
    number = values["phone"] + n - values["since"]
    body = json.dumps({"id": f"in-{n}", "from": f"+{number}", "text": "1", "at": at}).encode()
    proof = hmac.new(values["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return await line.ask(
        "POST",
        "/receipts/sms/messages",
        body,
        Content_Type="application/json",
        Tocsin_Timestamp=str(at),
        Tocsin_Signature=f"sha256={proof}",
    )


async def _visit(line: Line, n: int, values: dict[str, Any]) -> Answer:
    """Open the page, send its form, read what is said afterwards: each visitor from an address of its own."""
    place = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    page = await line.ask("GET", values["path"], X_Forwarded_For=place)
    slip = _SLIP.search(page.body)
    if page.status != 200 or slip is None:
        return Answer(page.status if page.status != 200 else 599, "", b"", 0)
    typed = b"said=safe&people=2&where=Lyon&text=visitor-%d&slip=%b" % (n, slip.group(1).replace(b":", b"%3A"))
    form = "application/x-www-form-urlencoded"
    sent = await line.ask("POST", values["path"], typed, Content_Type=form, X_Forwarded_For=place)
    return await line.ask("GET", sent.location, X_Forwarded_For=place) if sent.status == 303 else sent


async def _get(line: Line, _: int, values: dict[str, Any]) -> Answer:
    return await line.ask("GET", values["path"])


async def _look(line: Line, n: int, values: dict[str, Any]) -> Answer:
    """Ask as one of many who are signed in."""
    cookies = values["cookies"]
    return await line.ask("GET", values["path"], Cookie=cookies[n % len(cookies)], HX_Request="true")


CALLS: dict[str, Callable[[Line, int, dict[str, Any]], Awaitable[Answer]]] = {
    "press": _press, "text": _text, "visit": _visit, "get": _get, "look": _look,
}  # fmt: skip


async def main(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Run all streams of a plan side by side."""
    streams = [Stream(**each) for each in plan["streams"]]
    await asyncio.gather(*(stream.run("127.0.0.1", plan["port"]) for stream in streams))
    return [stream.told() for stream in streams]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.load(sys.stdin)))) + "\n")
