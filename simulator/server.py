"""The HTTP server under the simulator: uvicorn, taught to hand out its connections and to stop at once."""

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol


class Protocol(H11Protocol):
    """HTTP/1.1 that puts its connection into `scope["state"]`, so that a fault can close it. ASGI knows no way to."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own signature
        """Take the connection, and hand it to every request that comes over it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server(uvicorn.Server):
    """uvicorn's server, which tells the application that it stops before it waits for the requests to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wake every long poll and slow answer, then stop."""
        application: Any = self.config.app
        application.state.world.stopping.set()
        await super().shutdown(sockets)


def make_server(application: Starlette) -> Server:
    """Return a server for `application`, quiet, that gives requests one second to end when it stops."""
    config = uvicorn.Config(
        application,
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        log_config=None,
        timeout_graceful_shutdown=1,
        # PTB, requests and aiohttp keep connections; one that the server closes while a request is on its way looks
        # like a fault that nobody asked for.
        timeout_keep_alive=300,
        # Gigantic addresses are a client's mistake, not an attack, on loopback.
        h11_max_incomplete_event_size=64 * 1024,
    )
    return Server(config)


MAIL_PORT = 3  # the mail server listens so many ports above the web server
_TRIES = 20


def listen_twice(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Return two listening sockets on a loopback address: for the web, and for mail; see `listen`."""
    for tried in range(1, _TRIES + 1):
        web = listen(host, port)
        try:
            return web, listen(host, web.getsockname()[1] + MAIL_PORT)
        except (OSError, OverflowError) as error:
            web.close()
            if port or tried == _TRIES:
                raise OSError(f"its mail server's port {port + MAIL_PORT}: {error}") from error
    raise OSError("no two free ports")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket on a loopback address.

    Args:
        host: loopback address or name.
        port: port to take; 0 for any free one.

    Raises:
        OSError: the port is taken, or the address is not ours.
        OverflowError: no port has such a number.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it each answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError):
        listener.close()
        raise
    listener.settimeout(0)
    return listener
