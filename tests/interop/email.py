"""E-mail: our messenger against aiosmtpd, which speaks STARTTLS, signs people in, and writes what it took into a Maildir."""

import mailbox
import os
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from unittest import mock

from platforms.contract import Endpoint, Outgoing, Receipt, Target
from platforms.email import EmailMessenger
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PlatformError,
    RecipientGone,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from platforms.loop import EventLoop
from tests.interop.other import PYTHON, Skipped, need, program
from tests.load import certificate
from tests.servers import free_port

AGAINST = "aiosmtpd"
# Loopback as the system reads it, but no address that our messenger takes for this machine: it insists on TLS, as in live
# operation.
HERE = "127.1"
# What a relay decides, at the hooks that aiosmtpd has for it; the protocol is all aiosmtpd's.
RELAY = r"""
from base64 import b64decode
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult

REFUSED = {"gone": "550 5.1.1 <gone@example.org> no such user", "busy": "450 4.2.1 <busy@example.org> try later"}

class Relay(Mailbox):
    async def auth_PLAIN(self, server, args):
        return AuthResult(success=b64decode(args[1]).split(b"\0")[1:] == [b"relay-user", b"relay-password"], handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if refused := REFUSED.get(address.partition("@")[0]):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        # As it came: the class above would fold its headers anew.
        path = f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n"
        self.mailbox.add(path.encode() + envelope.content)
        if envelope.rcpt_tos == ["lost@example.org"]:
            server.transport.abort()
        return "250 2.0.0 OK"
"""
WORDS = {
    "nl": (
        "OEFENING: Aardbeving – één regio",
        "Blijf buiten & <weg> van gevels.\n.\n..twee punten\nReünie: geïnteresseerd?",
    ),
    "fr": (
        "EXERCICE : Séisme, préfecture de Saitama – restez à l’écart des façades, où que vous soyez",
        "Où êtes-vous ? À l’abri…",
    ),
    "de": ("ÜBUNG: Erdbeben – Straßen räumen", "Größte Vorsicht: Bleiben Sie draußen.\n" + "Gefährdete Straße, " * 200),
    "en": ("EXERCISE: Earthquake", "From the embassy:\nFrom here on, stay outside.\n" + "plain words " * 200),
}
LEAVE = "https://www.alerts.example.org/leave/" + "a1B2-_" * 30
OUT = Outgoing(
    text="EXERCISE\nEarthquake: Tokyo\nAlert TSTC0D/1: https://www.alerts.example.org/a/TSTC0D\nEXERCISE",
    marker="TSTC0D/1",
    language="en",
    subject="EXERCISE: Earthquake",
    key="TSTC0D-1.1",
    first_at=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
    leave_url=LEAVE,
)


@contextmanager
def checks() -> Iterator[list[Callable[[], None]]]:
    """Start the double twice, with TLS and without, and yield what is tried on it."""
    need("aiosmtpd")
    port, clear = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-interop-") as name:
        folder = Path(name)
        (folder / "relay.py").write_text(RELAY, encoding="utf-8")
        pem = certificate.make(folder, HERE)
        serve: list[str | Path] = [PYTHON, "-m", "aiosmtpd", "--nosetuid", "--class", "relay.Relay", "--size", "65536"]
        tls: list[str | Path] = [*serve, "--listen", f"127.0.0.1:{port}", "--tlscert", pem, "--tlskey", pem, "taken"]
        bare: list[str | Path] = [*serve, "--listen", f"127.0.0.1:{clear}", "bare"]
        with program(tls, port, folder / "log"), program(bare, clear, folder / "log-bare"):
            tried = _Tried(folder, port, clear, pem)
            try:
                yield [
                    tried.nothing_leaves_for_a_server_that_it_does_not_trust,
                    tried.nobody_signs_in_where_no_tls_is_offered,
                    tried.a_wrong_password_is_known,
                    tried.a_message_arrives_once_with_its_headers,
                    tried.every_language_arrives_letter_by_letter,
                    tried.a_second_try_bears_the_same_id,
                    tried.a_mailbox_that_is_gone_or_busy_is_told_apart,
                    tried.what_is_too_large_is_refused,
                    tried.a_connection_lost_behind_the_message_leaves_it_unconfirmed,
                    tried.who_follows_is_still_written_to,
                    tried.it_is_signed_in_over_smtps,
                ]
            finally:
                tried.end()


class _Tried:
    """What is tried, one after the other, over one messenger."""

    def __init__(self, folder: Path, port: int, clear: int, pem: Path) -> None:
        self.folder, self.port, self.clear = folder, port, clear
        self.loop = EventLoop("interop")
        with mock.patch.dict(os.environ, {"SSL_CERT_FILE": str(pem)}):
            self.messenger = _messenger(port)
        secrets = {"sender": "alerts@ministry.example", "username": "relay-user", "password": "relay-password"}
        self.target = Target("citizen@example.org", secrets=secrets)

    def nothing_leaves_for_a_server_that_it_does_not_trust(self) -> None:
        assert self.refused(_messenger(self.port), OUT, self.target) is Unreachable
        assert self.taken() == []

    def nobody_signs_in_where_no_tls_is_offered(self) -> None:
        assert self.refused(_messenger(self.clear), OUT, self.target) is BadCredentials

    def a_wrong_password_is_known(self) -> None:
        wrong = replace(self.target, secrets={**self.target.secrets, "password": "wrong"})
        assert self.refused(self.messenger, OUT, wrong) is BadCredentials
        assert self.taken() == []

    def a_message_arrives_once_with_its_headers(self) -> None:
        assert self.send(OUT) == Receipt("TSTC0D-1.1@ministry.example")
        (message,) = self.taken()
        wanted = {
            "From": "alerts@ministry.example",
            "To": "citizen@example.org",
            "Subject": OUT.subject,
            "Message-ID": "<TSTC0D-1.1@ministry.example>",
            "Date": "Wed, 25 Nov 2026 09:30:00 -0000",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": "en",
            "List-Unsubscribe": f"<{LEAVE}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            # These two are the envelope, as the double wrote it down.
            "X-MailFrom": "alerts+TSTC0D-1.1@ministry.example",
            "X-RcptTo": "citizen@example.org",
        }
        found = {name: [str(value).strip() for value in message.get_all(name, [])] for name in wanted}
        assert found == {name: [value] for name, value in wanted.items()}, found
        assert _text(message) == OUT.text

    def every_language_arrives_letter_by_letter(self) -> None:
        for number, (language, (subject, text)) in enumerate(WORDS.items(), 2):
            out = replace(OUT, key=f"TSTC0D-1.{number}", language=language, subject=subject, text=text)
            self.send(out)
            (message,) = self.taken(out.key)
            assert (message["Subject"], message["Content-Language"]) == (subject, language)
            assert _text(message) == text

    def a_second_try_bears_the_same_id(self) -> None:
        out = replace(OUT, key="TSTC0D-1.again")
        assert self.send(out) == self.send(out)
        assert len(self.taken(out.key)) == 2

    def a_mailbox_that_is_gone_or_busy_is_told_apart(self) -> None:
        before = len(self.taken())
        for address, kind in (("gone@example.org", RecipientGone), ("busy@example.org", Throttled)):
            assert self.refused(self.messenger, OUT, replace(self.target, address=address)) is kind
        assert len(self.taken()) == before

    def what_is_too_large_is_refused(self) -> None:
        out = replace(OUT, key="TSTC0D-1.large", text="é" * 60_000)
        assert self.refused(self.messenger, out, self.target) is ContentRejected
        assert self.taken(out.key) == []

    def a_connection_lost_behind_the_message_leaves_it_unconfirmed(self) -> None:
        out = replace(OUT, key="TSTC0D-1.lost")
        assert self.refused(self.messenger, out, replace(self.target, address="lost@example.org")) is Unconfirmed
        assert len(self.taken(out.key)) == 1

    def who_follows_is_still_written_to(self) -> None:
        out = replace(OUT, key="TSTC0D-1.after")
        self.send(out)
        assert len(self.taken(out.key)) == 1

    def it_is_signed_in_over_smtps(self) -> None:
        raise Skipped("aiosmtpd's own program signs people in behind STARTTLS only")

    def send(self, out: Outgoing) -> Receipt:
        return self.loop.run(self.messenger.notify(out, self.target))

    def refused(self, messenger: EmailMessenger, out: Outgoing, target: Target) -> type[PlatformError] | None:
        try:
            self.loop.run(messenger.notify(out, target))
        except PlatformError as error:
            return type(error)
        return None

    def taken(self, key: str = "") -> list[EmailMessage]:
        """Return what the double holds, or of it what bears one id."""
        box = mailbox.Maildir(self.folder / "taken", create=False)
        parser = BytesParser(EmailMessage, policy=policy.default)
        found = [parser.parsebytes(box.get_bytes(name).replace(b"\r\n", b"\n")) for name in box.keys()]  # noqa: SIM118 - it is no dict
        return [each for each in found if not key or each["Message-ID"] == f"<{key}@ministry.example>"]

    def end(self) -> None:
        work: Coroutine[Any, Any, None] = self.messenger.hang_up()
        self.loop.run(work)
        self.loop.stop()


def _messenger(port: int) -> EmailMessenger:
    return EmailMessenger(Endpoint(f"smtp://{HERE}:{port}", "", loopback_only=False))


def _text(message: EmailMessage) -> str:
    # A message ends with a line's end, which is no part of the text.
    content: str = message.get_content()
    return content.removesuffix("\n")
