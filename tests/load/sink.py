"""python -m tests.load.sink PORT [CERTIFICATE]: platforms that take everything and count; nothing but the standard library.

Telegram counts each chat. With a certificate it speaks TLS, and plays X and Facebook too, which take 0.2 to 1 s for an answer.
"""

import asyncio
import json
import random
import ssl
import sys
import time
from urllib.parse import parse_qs


class Counts:
    """What arrived: per chat how often and when last, and how many in each second.

    Attributes:
        delay_s: how long an answer takes.
        shortest_gap_s: between two messages to the same chat.
    """

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.reset()

    def reset(self) -> None:
        """Forget everything but the delay."""
        self.chats: dict[str, int] = {}
        self.earliest: dict[str, float] = {}
        self.latest: dict[str, float] = {}
        self.seconds: dict[int, int] = {}
        self.first_at = self.last_at = self.slowest_s = 0.0
        self.shortest_gap_s = 1e9

    def note(self, chat: str) -> None:
        """Count one message."""
        now = time.time()
        if (before := self.latest.get(chat)) is not None:
            self.shortest_gap_s = min(self.shortest_gap_s, now - before)
        self.earliest.setdefault(chat, now)
        self.latest[chat] = now
        self.chats[chat] = self.chats.get(chat, 0) + 1
        self.seconds[int(now)] = self.seconds.get(int(now), 0) + 1
        self.first_at = self.first_at or now
        self.last_at = now

    def told(self) -> dict[str, object]:
        """Return everything that was counted."""
        return {
            "messages": sum(self.chats.values()),
            "chats": len(self.chats),
            "more_than_once": sum(number > 1 for number in self.chats.values()),
            "more_than_twice": sum(number > 2 for number in self.chats.values()),
            "first_at": self.first_at,
            "last_at": self.last_at,
            "shortest_gap_s": self.shortest_gap_s,
            "slowest_s": self.slowest_s,
            "seconds": self.seconds,
        }


class Sink(asyncio.Protocol):
    """One connection: HTTP/1.1 with keep-alive and pipelining, bodies with a length."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = 0
            lower = head.lower()
            if (at := lower.find(b"content-length:")) >= 0:
                length = int(lower[at + 15 :].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            method, path, _ = head.split(b" ", 2)
            self._answer(method.decode(), path.decode(), body)

    def _answer(self, method: str, path: str, body: bytes) -> None:
        if path.startswith("/_"):
            self._control(path)
            return
        if path.startswith(("/x/", "/graph/")):
            self._publish(method, path)
            return
        if path.endswith("/getMe"):
            self._send(b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"b","username":"b_bot"}}')
            return
        # What goes to no chat (a menu, the sign that a press was seen) is no message.
        if chat := _chat(body):
            self._counts.note(chat)
        number = self._counts.chats.get(chat, 0)
        told = (
            b'{"ok":true,"result":{"message_id":%d,"date":1764000000,"chat":{"id":%b,"type":"private"},'
            b'"from":{"id":1,"is_bot":true,"first_name":"b"},"text":"t"}}'
        ) % (number, chat.encode() or b"0")
        if self._counts.delay_s:
            asyncio.get_running_loop().call_later(self._counts.delay_s, self._send, told)
        else:
            self._send(told)

    def _publish(self, method: str, path: str) -> None:
        """As X and Facebook answer a new post, an edited or a deleted one, after the time that they take."""
        delay = random.uniform(0.2, 1.0)  # noqa: S311 - the same spread for everybody who is measured
        self._counts.slowest_s = max(self._counts.slowest_s, delay)
        self._counts.note(path)
        number = len(self._counts.chats) * 1000 + self._counts.chats[path]
        told = b'{"data":{"id":"%d","text":"t"}}' if path.startswith("/x/") else b'{"id":"1_%d"}'
        status = b"201 Created" if path.startswith("/x/") else b"200 OK"
        if method == "DELETE":
            told, status = b'{"data":{"deleted":true}}', b"200 OK"
        elif "_" in path.rsplit("/", 1)[-1]:
            told = b'{"success":true}'
        else:
            told %= number
        asyncio.get_running_loop().call_later(delay, self._send, told, status)

    def _control(self, path: str) -> None:
        name, _, value = path.removeprefix("/_").partition("=")
        if name == "reset":
            self._counts.reset()
        elif name == "delay":
            self._counts.delay_s = float(value)
        # Per chat: when its first message came, and how many came.
        counts = self._counts
        each = {chat: [at, counts.chats[chat]] for chat, at in counts.earliest.items()} if name == "chats" else None
        self._send(json.dumps(counts.told() if each is None else each).encode())

    def _send(self, body: bytes, status: bytes = b"200 OK") -> None:
        if not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


def _chat(body: bytes) -> str:
    """Return the chat of a form or of a JSON body."""
    if body.startswith(b'{"chat_id": "'):
        return body[13 : body.index(b'"', 13)].decode()
    if body[:1] == b"{":
        return str(json.loads(body).get("chat_id", ""))
    # The fast way for what every library sends; the right way for the rest.
    if (at := body.find(b"chat_id=")) >= 0 and (at == 0 or body[at - 1 : at] == b"&"):
        return body[at + 8 :].split(b"&", 1)[0].decode()
    return parse_qs(body.decode()).get("chat_id", [""])[0]


async def serve(port: int, certificate: str) -> None:
    """Listen until killed."""
    counts, tls = Counts(), None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(
        lambda: Sink(counts), "127.0.0.1", port, backlog=1024, ssl=tls
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), (sys.argv[2:] or [""])[0]))
