"""The mail server: SMTP on a port of its own, which takes what a ministry's relay would take, and breaks on request."""

import asyncio
import base64
import binascii
import email
import re
import socket
from contextlib import suppress
from email.policy import default
from typing import TYPE_CHECKING

from simulator.clock import now as present
from simulator.conduct import HTML, Counting
from simulator.faults import Aim, Fault

if TYPE_CHECKING:
    from simulator.world import World

WAY = "email"
HEADERS = (
    "Message-ID", "Date", "Reply-To", "Auto-Submitted", "Content-Language", "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip
TAKEN = "250 2.0.0 Ok: queued"
MOST_BYTES = 10_000_000
IDLE_S = 300  # RFC 5321, 4.5.3.2.7
# Faults that strike when a message begins; all others, when it has come whole.
_AT_MAIL = {
    "unauthorized": "530 5.7.0 Authentication required",
    "suspended": "550 5.7.1 Sender address rejected: this account may not send",
    "quota": "550 5.4.5 Daily sending limit exceeded",
    "rate_limit": "421 4.7.0 Too many messages, slow down",
}
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>.*", re.IGNORECASE)


class _Hangup(Exception):
    """The connection ends here."""


class Mail:
    """The server, for one world; the letters lie there afterwards."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, listener: socket.socket) -> None:
        """Listen on a socket of this machine."""
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=MOST_BYTES)

    def stop(self) -> None:
        """Listen no more, and close what is open."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(_Hangup, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                await _Conversation(self._world, reader, writer).hold()
        finally:
            self._open.discard(writer)
            writer.close()


class _Conversation:
    """One connection: who speaks, and the message that is being handed over."""

    def __init__(self, world: "World", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._world, self._reader, self._writer = world, reader, writer
        self._known = False
        self._forget()

    def _forget(self) -> None:
        self._sender, self._recipients = "", list[str]()
        self._fault: Fault | None = None

    async def hold(self) -> None:
        await self._say("220 simulator ESMTP")
        while True:
            line = await asyncio.wait_for(self._reader.readuntil(b"\n"), IDLE_S)
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            await self._do(verb.upper(), rest)

    async def _do(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                await self._say("250-simulator\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN")
            case "AUTH":
                await self._say(await self._sign_in(rest))
            case "MAIL":
                await self._say(self._begin(rest))
            case "RCPT":
                await self._say(self._take(rest))
            case "DATA":
                await self._data()
            case "RSET" | "NOOP":
                self._forget()
                await self._say("250 2.0.0 Ok")
            case "QUIT":
                await self._say("221 2.0.0 Bye")
                raise _Hangup
            case _:
                await self._say("500 5.5.2 Command not recognized")

    async def _say(self, words: str) -> None:
        self._writer.write(f"{words}\r\n".encode())
        await self._writer.drain()

    async def _sign_in(self, rest: str) -> str:
        how, _, given = rest.partition(" ")
        try:
            if how.upper() == "PLAIN":
                _, user, password = _opened(given or await self._asked("")).split("\0")
            else:
                user = _opened(given or await self._asked("VXNlcm5hbWU6"))
                password = _opened(await self._asked("UGFzc3dvcmQ6"))
        except (ValueError, binascii.Error):
            return "501 5.5.2 Cannot decode"
        wanted = self._world.ways[WAY].secrets
        self._known = bool(wanted) and (user, password) == (wanted.get("username"), wanted.get("password"))
        return "235 2.7.0 Authentication successful" if self._known else "535 5.7.8 Authentication credentials invalid"

    async def _asked(self, prompt: str) -> str:
        await self._say(f"334 {prompt}")
        return (await asyncio.wait_for(self._reader.readuntil(b"\n"), IDLE_S)).decode().strip()

    def _begin(self, rest: str) -> str:
        """Begin a message; what strikes it is known now."""
        path = _PATH.fullmatch(rest)
        if not self._known:
            return "530 5.7.0 Authentication required"
        if path is None:
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        self._forget()
        aim = Aim(WAY, "message", "create")
        self._fault = self._world.faults.strike(aim)
        if self._fault is not None and self._fault.name in _AT_MAIL:
            answer = _AT_MAIL[self._fault.name]
            Counting(self._world.tally, aim)(int(answer[:3]))
            return answer
        self._sender = path[1]
        return "250 2.1.0 Ok"

    def _take(self, rest: str) -> str:
        """Take a recipient: whoever's name begins with "gone" has no mailbox here, with "busy" one that takes nothing now."""
        path = _PATH.fullmatch(rest)
        if not self._sender or path is None:
            return "503 5.5.1 Error: need MAIL FROM:<address>, then RCPT TO:<address>"
        address = path[1]
        if address.startswith("gone") or (self._fault is not None and self._fault.name == "gone"):
            return f"550 5.1.1 <{address}>: no such user here"
        if address.startswith("busy"):
            return f"450 4.2.0 <{address}>: greylisted, try again later"
        self._recipients.append(address)
        return "250 2.1.5 Ok"

    async def _data(self) -> None:
        if not self._recipients:
            await self._say("503 5.5.1 Error: need RCPT command")
            return
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        content = await self._reader.readuntil(b"\r\n.\r\n")
        fault, count = self._fault, Counting(self._world.tally, Aim(WAY, "message", "create"))
        name, seconds = (fault.name, fault.number("seconds", 0)) if fault else ("", 0.0)
        if name == "slow_before":
            await asyncio.sleep(seconds)
            if self._reader.at_eof():
                raise _Hangup
        if name not in ("cut_before", "garbage_2xx"):
            self._keep(content[:-5].replace(b"\r\n..", b"\r\n.") + b"\r\n")
        count("cut" if name.startswith("cut") else 250)
        self._forget()
        await self._end(name, seconds)

    async def _end(self, name: str, seconds: float) -> None:
        """Say what became of a message, or do to the answer what was asked for."""
        match name:
            case "cut_before" | "cut_after":
                raise _Hangup
            case "cut_within":
                self._writer.write(TAKEN[:5].encode())
                raise _Hangup
            case "garbage_2xx" | "created_garbage":
                await self._say(HTML.decode())
            case "slow_after":
                await asyncio.sleep(seconds)
                await self._say(TAKEN)
            case "drip":
                for letter in TAKEN:
                    self._writer.write(letter.encode())
                    await asyncio.sleep(seconds)
                await self._say("")
            case _:
                await self._say(TAKEN)

    def _keep(self, content: bytes) -> None:
        """Put the message into its recipients' boxes."""
        message = email.message_from_bytes(content, policy=default)
        body = {name: str(message[name]).strip() for name in HEADERS if message[name] is not None}
        part = message.get_body(("plain",))
        text = str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
        remote_id = body.get("Message-ID", "").strip("<>")
        for recipient in self._recipients:
            self._world.letters.add(
                WAY, recipient, text.rstrip("\n"), present().timestamp(), remote_id=remote_id,
                reference=remote_id.partition("@")[0], sender=self._sender, subject=str(message["Subject"]), body=body,
            )  # fmt: skip


def _opened(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()
