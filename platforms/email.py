"""E-mail through aiosmtplib: one person a message, on the event loop of the caller, over connections that are kept."""

import asyncio
import re
import ssl
from collections import deque
from email.header import Header
from email.mime.text import MIMEText
from email.utils import formatdate
from typing import ClassVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiosmtplib

from platforms.contract import Endpoint, Outgoing, PlatformSpec, Receipt, Target
from platforms.email_answers import refusal
from platforms.errors import (
    AdapterMisconfigured,
    BadCredentials,
    PlatformError,
    RecipientGone,
    Unconfirmed,
    Unreachable,
)
from platforms.specs.email import EMAIL
from platforms.wire import DEADLINE_FACTOR, is_loopback

_PORTS = {"smtps": 465, "smtp": 587}
_ADDRESS = re.compile(r"[^\s<>,;:\"@]+@[A-Za-z0-9.\-]+")
LONGEST_LINE = 900  # RFC 5322, 2.1.1: 998; longer ones, and whatever is not ASCII, go as base64
AT_ONCE = 8  # connections of one loop: relays count those of each client, and twenty are many
IDLE_S = 20.0  # a kept connection that rested longer may be closed on the other side: RFC 5321 asks for five minutes


class _Connections:
    """Those of one loop: how many may be open, and which rest, since when."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(AT_ONCE)
        self.idle: deque[tuple[float, aiosmtplib.SMTP]] = deque()


class EmailMessenger:
    """Writes e-mails to citizens."""

    spec: ClassVar[PlatformSpec] = EMAIL

    def __init__(self, endpoint: Endpoint) -> None:
        where = urlsplit(endpoint.base_url)
        here = is_loopback(endpoint.base_url)
        if endpoint.loopback_only and not here:
            raise AdapterMisconfigured(
                f"{where.hostname} is not this machine: a demo talks to loopback platforms only."
            )
        if where.scheme not in _PORTS or not where.hostname:
            raise AdapterMisconfigured(
                "A mail server is named smtps://HOST or smtp://HOST (STARTTLS), not by http or https."
            )
        self._endpoint = endpoint
        self._host, self._port = where.hostname, where.port or _PORTS[where.scheme]
        self._tls = where.scheme == "smtps"
        # In clear on this machine only: elsewhere nothing is said before STARTTLS.
        self._start_tls = not self._tls and not here
        self._context = ssl.create_default_context()
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connections] = WeakKeyDictionary()

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """Write to one person; the receipt is the message's own id, which every try of it shares."""
        if missing := [name for name in EMAIL.secrets if not target.secrets.get(name)]:
            raise BadCredentials(f"no {', '.join(missing)} stored")
        if not (target.address.isascii() and _ADDRESS.fullmatch(target.address)):
            raise RecipientGone("no address that a message can carry")
        message = _message(out, target)
        loop = asyncio.get_running_loop()
        connections = self._loops.setdefault(loop, _Connections())
        try:
            async with asyncio.timeout(self._endpoint.read_s * DEADLINE_FACTOR), connections.free:
                client = await self._connected(connections, target)
                try:
                    await self._envelope(client, _bounces_to(target.secrets["sender"], out.key), target.address)
                    await self._hand_over(client, message.as_bytes())
                except BaseException:
                    client.close()
                    raise
                connections.idle.append((loop.time(), client))
        except TimeoutError:
            # While the message itself is on its way it has an outcome of its own; this is before.
            raise Unreachable("no answer in time, before the message") from None
        return Receipt(str(message["Message-ID"]).strip("<>"))

    async def hang_up(self) -> None:
        """Close the connections that this loop has opened."""
        connections = self._loops.pop(asyncio.get_running_loop(), None)
        for _, client in connections.idle if connections else ():
            client.close()

    async def _connected(self, connections: _Connections, target: Target) -> aiosmtplib.SMTP:
        while connections.idle:
            since, client = connections.idle.pop()
            if client.is_connected and asyncio.get_running_loop().time() - since < IDLE_S:
                return client
            client.close()
        client = aiosmtplib.SMTP(
            hostname=self._host, port=self._port, use_tls=self._tls, start_tls=False, tls_context=self._context,
            timeout=self._endpoint.read_s, local_hostname="localhost" if is_loopback(self._endpoint.base_url) else None,
        )  # fmt: skip
        try:
            await client.connect(timeout=self._endpoint.connect_s)
            if self._start_tls:
                await client.starttls(tls_context=self._context)
            await client.login(target.secrets["username"], target.secrets["password"])
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise _before(error) from None
        return client

    async def _envelope(self, client: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
        try:
            await client.mail(sender)
            await client.rcpt(recipient)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _before(error) from None

    async def _hand_over(self, client: aiosmtplib.SMTP, message: bytes) -> None:
        """Send the message itself: from here on only a refusal proves that it was not taken."""
        try:
            await client.data(message)
        except aiosmtplib.SMTPResponseException as error:
            raise refusal(error) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unconfirmed(type(error).__name__) from None
        except asyncio.CancelledError:
            raise Unconfirmed("no answer in time") from None


def _before(error: Exception) -> PlatformError:
    """Tell what it means before the message was begun: nothing has left, unless a code says more."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 400:
        return refusal(error)
    # Where a server offers no STARTTLS or no way to sign in the library raises the class of which all others are.
    if isinstance(error, aiosmtplib.SMTPNotSupported) or type(error) is aiosmtplib.SMTPException:
        return BadCredentials("the server offers no way to sign in, or no TLS")
    return Unreachable(type(error).__name__)


def _bounces_to(sender: str, key: str) -> str:
    """Return the envelope's sender, which names the one message: what comes back tells of whom (VERP)."""
    local, _, domain = sender.rpartition("@")
    return f"{local}+{key}@{domain}" if key else sender


def _answers_to(sender: str, token: str) -> str:
    """Return the address to which an answer goes: the sender's mailbox, with what names the person."""
    local, _, domain = sender.rpartition("@")
    return f"{local}+{token}@{domain}"


def _message(out: Outgoing, target: Target) -> MIMEText:
    """Return the message. The older API of the library: the newer one doubles a space where it folds a subject."""
    sender = target.secrets["sender"]
    plain = out.text.isascii() and max(map(len, out.text.splitlines()), default=0) < LONGEST_LINE
    message = MIMEText(out.text, "plain", "us-ascii" if plain else "utf-8")
    message["From"] = sender
    message["To"] = target.address
    if out.reply_token:
        message["Reply-To"] = _answers_to(sender, out.reply_token)
    subject = " ".join((out.subject or out.marker).split())
    message["Subject"] = Header(subject, "utf-8", header_name="Subject").encode()
    message["Message-ID"] = f"<{out.key or out.marker.replace('/', '-')}@{sender.rpartition('@')[2]}>"
    message["Date"] = formatdate(out.first_at.timestamp() if out.first_at else None)
    # RFC 3834, 5: both keep other machines from answering.
    message["Auto-Submitted"] = "auto-replied" if out.answers else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if out.language:
        message["Content-Language"] = out.language
    if out.leave_url:
        message["List-Unsubscribe"] = f"<{out.leave_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message
