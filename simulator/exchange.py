"""One request and its answer on the wire, whole, late, in pieces or cut off."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from simulator.forms import Form, read_form

Result = TypeVar("Result")
# A photo of 10 MB (Telegram's limit) as base64 in JSON is 13.4 MB; nothing that is meant seriously is larger than this.
MAX_BODY_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `media_type` None sends no content type at all."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str | None = "application/json"

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers as they go out."""
        headers = [(b"content-length", str(len(self.body)).encode())]
        if self.media_type is not None:
            headers.append((b"content-type", self.media_type.encode()))
        return headers + [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers]


def json_answer(
    status: int, value: object, headers: tuple[tuple[str, str], ...] = (), media_type: str = "application/json"
) -> Answer:
    """Return `value` as an answer in JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), headers, media_type)


class TooLarge(Exception):
    """The body is longer than MAX_BODY_BYTES."""


class Exchange:
    """One HTTP exchange. The server (simulator.server) puts the connection into the scope, so that it can be cut."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, stopping: asyncio.Event) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._stopping = stopping
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.raw_query: str = scope["query_string"].decode("latin-1")
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query, decoded."""
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @property
    def base_url(self) -> str:
        """Scheme and host under which the client called, without a slash at the end."""
        return f"{self.scope.get('scheme', 'http')}://{self.headers.get('host', 'localhost')}"

    async def body(self) -> bytes:
        """Read the body.

        Raises:
            TooLarge: it is longer than MAX_BODY_BYTES.
        """
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY_BYTES:
                raise TooLarge
            if not message.get("more_body"):
                return b"".join(parts)

    async def form(self) -> Form:
        """Read query and body as one form (see `simulator.forms`)."""
        return read_form(self.raw_query, self.headers.get("content-type", ""), await self.body())

    async def reply(self, answer: Answer) -> None:
        """Send the whole answer."""
        await self._begin(answer)
        await self._send({"type": "http.response.body", "body": answer.body})

    async def reply_part(self, answer: Answer) -> None:
        """Send half of the answer, under a length that promises all of it, and close the connection."""
        if not answer.body:
            # Its end is the end of its headers: they are what breaks off.
            return await self.hang_up()
        await self._begin(answer)
        await self._send(
            {"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True}
        )
        return await self.hang_up()

    async def reply_dripping(self, answer: Answer, seconds: float) -> None:
        """Send the answer byte by byte, one every `seconds`, for as long as the client listens."""
        if not answer.body:
            # Nothing but headers, which go out at once: they come as late as all of them would.
            left = await self.left_within(seconds * sum(len(name) + len(value) for name, value in answer.raw_headers()))
            return await (self.hang_up() if left else self.reply(answer))
        await self._begin(answer)
        for at in range(len(answer.body)):
            await self._send({"type": "http.response.body", "body": answer.body[at : at + 1], "more_body": True})
            if await self.left_within(seconds):
                return await self.hang_up()
        return await self._send({"type": "http.response.body", "body": b""})

    async def hang_up(self) -> None:
        """Close the connection, whatever has or has not been answered.

        Raises:
            RuntimeError: another server than simulator.server runs the application: it cannot reach the connection.
        """
        transport = self.scope.get("state", {}).get("transport")
        if transport is None:
            raise RuntimeError(
                "only the simulator's own server (python -m simulator, simulator.testing) can cut a connection"
            )
        transport.close()
        await self._disconnected()

    async def left_within(self, seconds: float) -> bool:
        """Wait for `seconds`; True as soon as the client has left or the simulator stops."""
        waits = [asyncio.ensure_future(self._disconnected()), asyncio.ensure_future(self._stopping.wait())]
        try:
            done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return bool(done)
        finally:
            await _cancel(*waits)

    async def unless_left(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Do `work`, but give it up, and return None, as soon as the client has left or the simulator stops."""
        task = asyncio.ensure_future(work)
        waits = [asyncio.ensure_future(self._disconnected()), asyncio.ensure_future(self._stopping.wait())]
        try:
            await asyncio.wait([task, *waits], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancel(task, *waits)

    async def _begin(self, answer: Answer) -> None:
        await self._send({"type": "http.response.start", "status": answer.status, "headers": answer.raw_headers()})

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _cancel(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
