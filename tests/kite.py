"""Kite, the platform of ADDING_A_PLATFORM.md: its example as it stands there, and a server that plays it."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from platforms import catalog
from platforms.contract import Media, Outgoing, Receipt, Target
from platforms.http import network_error
from tests.conftest import ROOT

PAGE = (ROOT / "ADDING_A_PLATFORM.md").read_text(encoding="utf-8")


class Kite(ThreadingHTTPServer):
    """The platform: gives the answer that it was told to, for a path or else for all, and keeps what it was asked."""

    answer: tuple[int, dict[str, str], bytes] = (201, {}, b'{"id": "k1"}')

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Wire)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [path for path, _, _ in self.asked]


class _Wire(BaseHTTPRequestHandler):
    server: Kite

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        status, headers, words = self.server.answers.get(self.path, self.server.answer)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(words))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[Kite]:
    """Run the platform for the length of a with block."""
    with Kite() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def add(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Make the page's example a module, and put it into the catalogue by the line that it gives."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    module = ModuleType("platforms.kite")
    exec(compile(code, "ADDING_A_PLATFORM.md", "exec"), module.__dict__)  # noqa: S102 - our own page
    monkeypatch.setitem(sys.modules, "platforms.kite", module)
    monkeypatch.setitem(catalog._PLATFORMS, "kite", catalog._Entry(*module.LINE))
    return module


def show_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it show nothing without a picture, and take that beforehand; its adapter keeps what it was given."""
    module = add(monkeypatch)

    class Showing(module.KiteAdapter):  # type: ignore[name-defined,misc]
        spec = replace(module.KITE, picture="must", text_limit=6_000)
        meanwhile: Callable[[], object] | None = None
        given: list[Media | None] = []

        def stage(self, out: Outgoing, _: Target) -> str:
            import requests

            assert out.media is not None
            if Showing.meanwhile:
                Showing.meanwhile()
            session: Any = self._sessions.get()
            try:
                session.post(f"{self.spec.base_url}/media", data=out.media.content)
            except requests.exceptions.RequestException as error:
                raise network_error(error) from None
            if refusal := module._refusal(session.last):
                raise refusal
            return str(session.last.json()["id"])

        def publish(self, out: Outgoing, target: Target) -> Receipt:
            Showing.given.append(out.media)
            receipt: Receipt = super().publish(replace(out, text=json.dumps([out.text, out.staged])), target)
            return receipt

    monkeypatch.setattr(module, "KiteAdapter", Showing)
    entry = catalog._Entry(Showing.spec, "platforms.kite:KiteAdapter", "platforms.kite_consent:KiteConsent")
    monkeypatch.setitem(catalog._PLATFORMS, "kite", entry)
