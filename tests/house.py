"""The whole house as `make run` starts it, in a folder and on ports of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from tests.servers import free_port

START_S = 400.0  # how long a start with its first drill may take on a machine that does much else
REAL_TOKEN = "123456789:AAAA-somebodys-real-token-0123456789"


@dataclass
class House:
    """A house that runs: what it printed, and how to speak to it."""

    var: Path
    port: int
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None
    more: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        return (
            kept | {"TOCSIN_VAR": str(self.var), "PYTHONUNBUFFERED": "1", "TELEGRAM_BOT_TOKEN": REAL_TOKEN} | self.more
        )

    def manage(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment(), capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip

    def drill(self, *words: str) -> dict[str, Any]:
        done = self.manage("drill", "--json", *words)
        assert done.returncode == 0, done.stderr + done.stdout
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def get(self, url: str) -> str:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            page: bytes = answer.read()
        return page.decode()

    def control(self, path: str) -> Any:
        return json.loads(self.get(f"{self.simulator}/_control/{path}"))

    def wait_for(self, words: str, seconds: float = START_S) -> None:
        until = time.monotonic() + seconds
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)

    def pids(self, name: str) -> list[int]:
        """The processes of this house whose command holds a word."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes()
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                except OSError:
                    continue
                # The broker writes its title over its environment; its port tells whose it is.
                ours = f"TOCSIN_VAR={self.var}".encode() in environment or f":{self.port + 2}".encode() in command
                if ours and name.encode() in command:
                    found.append(int(entry.name))
        return found

    def left(self, name: str) -> list[int]:
        """Such processes that are there still, once those that were ending have had time to end."""
        until = time.monotonic() + 15
        while (found := self.pids(name)) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    def heard(self) -> None:
        """Wait until all is read that a house which has ended said."""
        assert self.reader is not None
        self.reader.join(15)

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it: on a machine that is not busy, within seconds."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(60)


@contextmanager
def running(factory: pytest.TempPathFactory, **more: str) -> Iterator[House]:
    """A house after its first drill, for tests that only use it; what a platform allows in an hour is soon used up."""
    house = start(factory.mktemp("house"), more=more)
    house.wait_for("Another drill")
    yield house
    house.stop()


def start(var: Path, port: int | None = None, more: dict[str, str] | None = None) -> House:
    """Start a house, with more in its environment; its words are read as they come."""
    chosen = port or free_port(row=5)  # web, loopback platforms, Redis, nobody, mail
    house = House(var, chosen, None, more=more or {})  # type: ignore[arg-type]
    house.process = subprocess.Popen(
        [sys.executable, "manage.py", "run", "--port", str(chosen)], cwd=ROOT, env=house.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip

    def read() -> None:
        assert house.process.stdout is not None
        for line in house.process.stdout:
            house.lines.append(line)
        house.process.stdout.close()

    house.reader = threading.Thread(target=read, daemon=True)
    house.reader.start()
    return house
