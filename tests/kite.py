"""Kite, the platform of ADDING_A_PLATFORM.md: its example as it stands there, and a server that plays it."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import pytest

from platforms import catalog
from tests.conftest import ROOT

PAGE = (ROOT / "ADDING_A_PLATFORM.md").read_text(encoding="utf-8")


class Kite(ThreadingHTTPServer):
    """The platform: gives the answer that it was told to, and keeps what it was asked."""

    answer: tuple[int, dict[str, str], bytes] = (201, {}, b'{"id": "k1"}')

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Wire)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []


class _Wire(BaseHTTPRequestHandler):
    server: Kite

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        status, headers, words = self.server.answer
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
