"""One JSON request on the caller's event loop, in bounded time and size, for adapters that write to single people by HTTP."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp

from platforms.contract import Endpoint
from platforms.errors import AdapterMisconfigured, PlatformError, Unconfirmed, Unreachable
from platforms.wire import DEADLINE_FACTOR, MAX_ANSWER, Answer, check_endpoint, is_loopback

AT_ONCE = 32  # connections of one loop


class AsyncSession:
    """Connections of each loop to one platform; follows no redirect, reads no environment, keeps no cookie."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Remember where the platform is.

        Raises:
            AdapterMisconfigured: the endpoint may not be used.
        """
        check_endpoint(endpoint)
        self._endpoint = endpoint
        self._tls = ssl.create_default_context()
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    async def post(self, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        """Post JSON.

        Args:
            path: behind the platform's address, with its slash.
            body: what is sent, as JSON.
            headers: of the request; never shown.

        Raises:
            Unreachable: nothing has left.
            Unconfirmed: nobody knows.
        """
        url = self._endpoint.base_url.rstrip("/") + path
        if self._endpoint.loopback_only and not is_loopback(url):
            raise AdapterMisconfigured("not this machine: refused")
        failed: PlatformError
        try:
            async with (
                asyncio.timeout(self._endpoint.connect_s + self._endpoint.read_s * DEADLINE_FACTOR),
                self._session().post(
                    url, json=body, headers=headers, allow_redirects=False, proxy=self._endpoint.proxy or None
                ) as answer,
            ):
                return Answer(answer.status, dict(answer.headers), await _bounded(answer))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            failed = Unreachable(type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failed = Unconfirmed(type(error).__name__)
        raise failed

    async def hang_up(self) -> None:
        """Close the connections that this loop has opened."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if loop not in self._sessions:
            where = self._endpoint
            self._sessions[loop] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=AT_ONCE, ssl=self._tls),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=where.connect_s, sock_read=where.read_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._sessions[loop]


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_chunked(16_384):
        body += piece
        if len(body) > MAX_ANSWER:
            answer.close()
            raise Unconfirmed("the answer is too large")
    return bytes(body)


def told(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON object, or an empty one."""
    content = answer.json()
    return content if isinstance(content, dict) else {}


def seconds(value: str | None, otherwise: float) -> float:
    """Return a Retry-After in seconds, or what holds where there is none that can be read."""
    return float(value) if value is not None and value.strip().isdecimal() else otherwise
