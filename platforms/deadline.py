"""A deadline for a whole request: a time-out of a socket begins anew with each byte, so a byte a second would never end."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


def _note(connection: HTTPConnection) -> None:
    used: list[HTTPConnection] | None = getattr(_here, "used", None)
    if used is not None:
        used.append(connection)


class _Connection(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        _note(self)
        super().request(*args, **kwargs)


class TlsConnection(HTTPSConnection):
    """A connection that can be cut."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send, by urllib3's own words."""
        _note(self)
        super().request(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class TlsPool(HTTPSConnectionPool):
    """Connections that can be cut."""

    ConnectionCls = TlsConnection


# For a urllib3 PoolManager: `manager.pool_classes_by_scheme = POOLS`.
POOLS = {"http": _Pool, "https": TlsPool}


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Cut the connections that this thread uses in the block once the time is over; what reads from them then fails.

    Args:
        seconds: for everything in the block together.
    """
    used: list[HTTPConnection] = []

    def cut() -> None:
        for connection in used:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    _here.used = used
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _here.used = None
