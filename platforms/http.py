"""The one HTTP session for every SDK that is built on requests: it goes where we say, in bounded time, and keeps the answer."""

import socket
import ssl
import threading
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import NewConnectionError

from platforms.contract import Endpoint
from platforms.deadline import POOLS, PlainConnection, PlainPool, TlsConnection, TlsPool, within
from platforms.errors import AdapterMisconfigured, PlatformDown, PlatformError, Unconfirmed, Unreachable
from platforms.federation import is_public
from platforms.readback import in_light_of
from platforms.wire import DEADLINE_FACTOR, MAX_ANSWER, Answer, check_endpoint, is_loopback

__all__ = [
    "NOT_PUBLIC", "TOO_LARGE", "Answer", "BrokenAnswer", "GuardedSession", "PublicSession", "Sessions", "WebsiteSession", "ask",
    "network_error", "up",
]  # fmt: skip


TOO_LARGE = "the answer is too large"
TOO_SLOW = "the answer is too slow"
NOT_PUBLIC = "not on the public internet"


class BrokenAnswer(requests.exceptions.RequestException):
    """An answer began, but broke off, or is larger or slower than any honest one."""


@cache
def _tls() -> ssl.SSLContext:
    # One context for all sessions: making one for each costs 30 ms of CPU and dominates a burst of 300 accounts.
    context = ssl.create_default_context()
    context.load_verify_locations(
        DEFAULT_CA_BUNDLE_PATH
    )  # as requests would, where a machine has no certificates of its own
    return context


class _Transport(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__(pool_connections=4, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Let the context verify, which holds the certificates: urllib3 would read the bundle into it at each connection."""
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        if verify is True:
            conn.ca_certs = None


class GuardedSession(requests.Session):
    """A session that rewrites one host, forces time-outs, follows no redirect, reads no environment, and remembers.

    `request` serves tweepy and facebook-sdk; `send` serves SDKs that prepare their own requests.

    Attributes:
        last: the answer to the latest request, or None if there was none.
    """

    def __init__(self, *, host: str, endpoint: Endpoint) -> None:
        """Make a session.

        Args:
            host: the host that the SDK has built in ("https://api.twitter.com"); `endpoint.base_url` takes its place.
            endpoint: where to, and how long to wait.
        """
        super().__init__()
        check_endpoint(endpoint)
        self.trust_env = False  # neither a proxy nor a .netrc of the environment: the latter replaces Authorization
        self.proxies = {"https": endpoint.proxy, "http": endpoint.proxy} if endpoint.proxy else {}
        self.last: Answer | None = None
        self._host = host.rstrip("/")
        self._endpoint = endpoint
        self.mount("https://", _Transport())
        self.mount("http://", _Transport())

    def _rewritten(self, url: str) -> str:
        if url.startswith(self._host + "/"):
            return self._endpoint.base_url.rstrip("/") + url[len(self._host) :]
        return url

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, by the SDK's own words."""
        self.last = None
        text = url.decode() if isinstance(url, bytes) else url
        kwargs["timeout"] = kwargs.get("timeout") or (self._endpoint.connect_s, self._endpoint.read_s)
        kwargs["allow_redirects"] = False
        return super().request(method, self._rewritten(text), *args, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request.

        Raises:
            AdapterMisconfigured: it would leave this machine although it may not.
            BrokenAnswer: the answer broke off, is too large or too slow.
        """
        self.last = None
        request.url = self._rewritten(request.url or "")
        if self._endpoint.loopback_only and not is_loopback(request.url):
            raise AdapterMisconfigured(f"{urlsplit(request.url).hostname} is not this machine: refused.")
        kwargs["timeout"] = kwargs.get("timeout") or (self._endpoint.connect_s, self._endpoint.read_s)
        kwargs |= {"allow_redirects": False, "stream": True}
        longest_s, begun = self._endpoint.connect_s + self._endpoint.read_s * DEADLINE_FACTOR, time.monotonic()
        with within(longest_s):
            response = super().send(request, **kwargs)
            body = _bounded(response)
        # One that does not say how long it is ends where it is cut: it must not be taken for whole.
        if time.monotonic() - begun >= longest_s:
            raise BrokenAnswer(TOO_SLOW, request=request)
        response._content = bytes(body)  # noqa: SLF001 - requests has no other way to bound a body it has read
        self.last = Answer(response.status_code, response.headers, response.content)
        return response


def _proven(connection: TlsConnection | PlainConnection, connected: socket.socket) -> socket.socket:
    """Look where a name has led, before the first byte: what the DNS said a moment ago proves nothing."""
    if not is_public(connected.getpeername()[0]):
        connected.close()
        raise NewConnectionError(connection, f"{connection.host} is {NOT_PUBLIC}")
    return connected


class _PublicConnection(TlsConnection):
    def _new_conn(self) -> socket.socket:
        return _proven(self, super()._new_conn())


class _PublicPlainConnection(PlainConnection):
    def _new_conn(self) -> socket.socket:
        return _proven(self, super()._new_conn())


class _PublicPool(TlsPool):
    ConnectionCls = _PublicConnection


class _PublicPlainPool(PlainPool):
    ConnectionCls = _PublicPlainConnection


class _PublicTransport(_Transport):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool, "http": _PublicPlainPool}


class PublicSession(GuardedSession):
    """For servers whose name came with an account: in live operation it connects to the public internet only, over https only.

    With a proxy it is the proxy that looks a name up, and that must be kept from our network.
    """

    def __init__(self, *, host: str, endpoint: Endpoint) -> None:
        super().__init__(host=host, endpoint=endpoint)
        if not endpoint.loopback_only:
            self.adapters.pop("http://")
            self.mount("https://", _PublicTransport())


class WebsiteSession(PublicSession):
    """For websites, which are also found without encryption: nothing is told to them that is not public."""

    def __init__(self, *, host: str, endpoint: Endpoint) -> None:
        super().__init__(host=host, endpoint=endpoint)
        if not endpoint.loopback_only:
            self.mount("http://", _PublicTransport())


def _bounded(response: requests.Response) -> bytearray:
    body = bytearray()
    try:
        for piece in response.iter_content(16_384):
            body += piece
            if len(body) > MAX_ANSWER:
                raise BrokenAnswer(TOO_LARGE, request=response.request)
    except BrokenAnswer:
        response.close()
        raise
    except requests.exceptions.RequestException as error:
        response.close()
        raise BrokenAnswer(type(error).__name__, request=response.request) from error
    return body


class Sessions:
    """One session for each thread: requests does not promise that a session may be shared."""

    def __init__(self, make: type[GuardedSession], *, host: str, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)
        self._make, self._host, self._endpoint = make, host, endpoint
        self._local = threading.local()

    def get(self) -> GuardedSession:
        """Return this thread's session, with its latest answer forgotten."""
        session: GuardedSession | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._make(host=self._host, endpoint=self._endpoint)
        session.last = None
        return session

    def close(self) -> None:
        """Close this thread's session; another thread's goes with its thread."""
        session: GuardedSession | None = getattr(self._local, "session", None)
        if session is not None:
            session.close()
            del self._local.session


def network_error(error: requests.exceptions.RequestException) -> PlatformError:
    """Tell what an exception of requests means: the request never left, or nobody knows.

    Source: which exception is raised before and which after the first byte was tried for each of them.
    """
    words = type(error).__name__
    never_left = (
        requests.exceptions.ConnectTimeout,
        requests.exceptions.ProxyError,
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
    )
    if isinstance(error, never_left):
        return Unreachable(words)
    if isinstance(error, requests.exceptions.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", None)
        if type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"):
            return Unreachable(type(reason).__name__)
        # Any other failure of TLS may also be the other side hanging up after it has read the request.
        if reason is not None and reason.args and isinstance(reason.args[0], ssl.SSLCertVerificationError):
            return Unreachable("the certificate is not trusted")
    return Unconfirmed(words)


def ask(session: GuardedSession, method: str, url: str, **more: Any) -> Answer | None:
    """Ask something that creates nothing at the platform, and return what it answered, or None if nothing was kept.

    Args:
        session: of the platform.
        method: of HTTP.
        url: whole.
        more: as requests takes it.

    Raises:
        PlatformError: no answer came.
    """
    try:
        session.request(method, url, **more)
    except requests.exceptions.RequestException as error:
        raise in_light_of("reading", network_error(error)) from None
    return session.last


def up(answer: Answer | None) -> Answer:
    """Return an answer of a platform that is able to answer.

    Raises:
        PlatformDown: it is not, or wants quiet, or nothing came.
    """
    if answer is None or answer.status == 429 or answer.status >= 500:
        raise PlatformDown(platform_code=str(answer.status) if answer else "")
    return answer
