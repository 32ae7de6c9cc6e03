"""The application: the platforms, the control API and the pages, for this machine only."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator import gateway, whatsapp
from simulator.apprise import wire as apprise
from simulator.bluesky import wire as bluesky
from simulator.control import Control
from simulator.flickr import wire as flickr
from simulator.graph import wire as graph
from simulator.instagram import wire as instagram
from simulator.linkedin import wire as linkedin
from simulator.mail import Mail
from simulator.mastodon import wire as mastodon
from simulator.pages.routes import Pages, nowhere
from simulator.telegram.webhook import is_loopback
from simulator.telegram.wire import TelegramWire
from simulator.threads import wire as threads
from simulator.weibo import wire as weibo
from simulator.world import World
from simulator.x import wire as x

# Each platform's addresses for programs. Telegram's come apart: their shape is wider than its own pages'.
INTERFACES = (
    x.routes,
    graph.routes,
    linkedin.routes,
    instagram.routes,
    threads.routes,
    mastodon.routes,
    bluesky.routes,
    weibo.routes,
    flickr.routes,
    apprise.routes,
    gateway.routes,
    whatsapp.routes,
)


def build(data: Path | None = None, mail: socket.socket | None = None) -> Starlette:
    """Return the simulator as an ASGI application.

    Args:
        data: SQLite file in which everything is kept over a restart; None keeps it in memory.
        mail: listening socket of the mail server; None is no mail server.

    Only `simulator.server` can cut connections: under another server the faults that do so fail.
    """
    world = World(data)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(world.run())
        post = Mail(world)
        if mail is not None:
            await post.start(mail)
        yield
        post.stop()
        world.stopping.set()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        world.store.close()

    pages = Pages(world)
    telegram = TelegramWire(world)
    routes = [
        # The platforms first: they are asked a thousand times more often than the pages.
        Route("/telegram/bot{token}/{method}", telegram),
        *(route for routes in INTERFACES for route in routes(world)),
        *Control(world).routes(),
        *pages.routes(),
        Route("/telegram/{path:path}", telegram),
        *pages.last_routes(),
    ]
    application = Starlette(
        routes=routes,
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={404: nowhere},
        lifespan=lifespan,
    )
    application.router.redirect_slashes = False
    application.state.world = world
    return application


class LoopbackOnly:
    """Refuses whoever calls under another name than this machine's: a web page that has its own name point here.

    What writes is also refused when a browser says that it comes from a page of somewhere else.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            foreign_page = (
                origin is not None and scope["method"] not in ("GET", "HEAD") and not _is_here(urlsplit(origin).netloc)
            )
            if foreign_page or not _is_here(headers.get("host", "")):
                refusal = JSONResponse(
                    {"error": "the simulator answers to the loopback names of this machine only"}, 421
                )
                return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)


def _is_here(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
