"""Programs of others, on loopback: started from an environment of their own, which may be missing."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

PYTHON = ROOT / ".venv-interop" / "bin" / "python"
START_S = 30


class Skipped(Exception):
    """It cannot be tried on this machine; the message says why."""


def need(package: str) -> None:
    """Return if the environment holds a package.

    Raises:
        Skipped: it does not.
    """
    found = PYTHON.exists() and subprocess.run([PYTHON, "-c", f"import {package}"], capture_output=True, check=False)
    if not found or found.returncode:
        raise Skipped(f"{package} is not installed in .venv-interop: `make interop` installs it, from a package index")


@contextmanager
def program(command: Sequence[str | Path], port: int, log: Path) -> Iterator[None]:
    """Run a program until the end of the block, and wait until it listens on its loopback port.

    Raises:
        Skipped: it does not start; its last line is said.
    """
    with log.open("wb") as written:
        running = subprocess.Popen(command, cwd=log.parent, stdout=written, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if running.poll() is not None or time.monotonic() > until:
                    last = (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
                    raise Skipped(f"{Path(command[0]).name} does not start: {last}") from None
                time.sleep(0.1)
        yield
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
