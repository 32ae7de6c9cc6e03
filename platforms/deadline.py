"""A deadline for a whole request: a time-out of a socket begins anew with each byte, so a byte a second would never end."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


def _note(connection: "PlainConnection | TlsConnection") -> None:
    used: list[PlainConnection | TlsConnection] | None = getattr(_here, "used", None)
    if used is not None:
        used.append(connection)


class PlainConnection(HTTPConnection):
    """A connection without encryption that can be cut."""

    held: socket.socket | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send, by urllib3's own words."""
        _note(self)
        super().request(*args, **kwargs)
        # A connection that ends with its answer lets go of its socket while the answer is still being read.
        self.held = self.sock


class TlsConnection(HTTPSConnection):
    """A connection that can be cut."""

    held: socket.socket | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send, by urllib3's own words."""
        _note(self)
        super().request(*args, **kwargs)
        # A connection that ends with its answer lets go of its socket while the answer is still being read.
        self.held = self.sock


class PlainPool(HTTPConnectionPool):
    """Connections without encryption that can be cut."""

    ConnectionCls = PlainConnection


class TlsPool(HTTPSConnectionPool):
    """Connections that can be cut."""

    ConnectionCls = TlsConnection


# For a urllib3 PoolManager: `manager.pool_classes_by_scheme = POOLS`.
POOLS = {"http": PlainPool, "https": TlsPool}


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Cut the connections that this thread uses in the block once the time is over; what reads from them then fails.

    Args:
        seconds: for everything in the block together.
    """
    used: list[PlainConnection | TlsConnection] = []

    def cut() -> None:
        for connection in used:
            reading = connection.sock or connection.held
            if reading is not None:
                with contextlib.suppress(OSError):
                    reading.shutdown(socket.SHUT_RDWR)

    _here.used = used
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _here.used = None
