"""python-telegram-bot's transport on aiohttp: three to five times the rate of the library's own, at a third of its CPU.

The library documents `BaseRequest` as the place for another transport. Its own, on httpx, walks all waiting requests for each
one that ends, and slows down the more there are at once.
"""

from contextvars import ContextVar

import aiohttp
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from platforms.contract import Endpoint
from platforms.wire import MAX_ANSWER, Answer, check_endpoint

AT_ONCE = 128  # connections: what a killed worker may leave unknown, and past the point where more are faster
IDLE_S = 15.0  # a connection is not used again once the other side may be about to close it

# Raised before the first byte of a request has left; after anything else it may have arrived.
_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)

# The answers to the current task's requests: the library keeps neither the status nor a body that it cannot read.
answers: ContextVar[list[Answer]] = ContextVar("answers")


class NeverLeft(Exception):
    """No byte of the request has left. Like the next, it names what happened without the address, which holds the token."""


class MayHaveArrived(Exception):
    """The request may have arrived; no readable answer came."""


class _TooLarge(aiohttp.ClientError):
    """An answer is larger than any honest one."""


class AiohttpRequest(BaseRequest):
    """One pool of connections on one event loop: bounded in time and size, following no redirect, blind to the environment."""

    def __init__(self, endpoint: Endpoint, *, most: int = MAX_ANSWER) -> None:
        """Make it; connections are opened on the loop that first uses it.

        Args:
            endpoint: how long to wait for a connection and for an answer, and through which proxy.
            most: bytes of an answer; what is larger is not read on.

        Raises:
            AdapterMisconfigured: the endpoint may not be used.
        """
        check_endpoint(endpoint)
        self._endpoint, self._most = endpoint, most
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "AiohttpRequest()"

    @property
    def read_timeout(self) -> float:
        """Seconds for which an answer is waited for."""
        return self._endpoint.read_s

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=IDLE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=False,
            )
        return self._session

    async def initialize(self) -> None:
        """Nothing to do: the session opens by itself."""

    async def shutdown(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - aiohttp bounds the whole instead
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request.

        Args:
            url: holds the token: it never stands in an error.
            method: of HTTP.
            request_data: fields, and files.
            read_timeout, connect_timeout, pool_timeout: in seconds; the endpoint's where not given.
            write_timeout: not used.

        Returns:
            The status and the body.

        Raises:
            TimedOut, NetworkError: no answer came; the cause tells whether the request has left.
        """
        connect = _given(connect_timeout, self._endpoint.connect_s)
        read = _given(read_timeout, self._endpoint.read_s)
        timeout = aiohttp.ClientTimeout(
            connect=connect + _given(pool_timeout, self._endpoint.read_s), sock_connect=connect, sock_read=read
        )
        body, headers = _body(request_data)
        try:
            async with self._opened().request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                proxy=self._endpoint.proxy or None,
            ) as response:
                answer = await _bounded(response, self._most)
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from _nameless(error)
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from _nameless(error)
        if (noted := answers.get(None)) is not None:
            noted.append(Answer(response.status, response.headers, answer))
        return response.status, answer


def _given(timeout: ODVInput[float], otherwise: float) -> float:
    value = timeout.value if isinstance(timeout, DefaultValue) else timeout
    return otherwise if value is None else float(value)


def _body(request_data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    """Return the body and its headers: JSON, which costs a third of a form, unless there are files."""
    if request_data is None:
        return None, {}
    if not request_data.contains_files:
        return request_data.json_payload, {"Content-Type": "application/json"}
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, kind) in (request_data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form, {}


async def _bounded(response: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        body += piece
        if len(body) > most:
            raise _TooLarge("the answer is too large")
    return bytes(body)


def _nameless(error: BaseException) -> NeverLeft | MayHaveArrived:
    return (NeverLeft if isinstance(error, _NEVER_LEFT) else MayHaveArrived)(type(error).__name__)
