"""The one HTTP session for every SDK that is built on requests: it goes where we say, in bounded time, and keeps the answer."""

import ipaddress
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from platforms.contract import Endpoint
from platforms.deadline import POOLS, within
from platforms.errors import AdapterMisconfigured, PlatformError, Unconfirmed, Unreachable

MAX_ANSWER = 1_000_000  # bytes; the largest honest answer of these platforms is a page of a hundred posts
DEADLINE_FACTOR = 2  # a whole answer may take so many read time-outs; a byte a second would otherwise never end


def is_loopback(url: str) -> bool:
    """Tell whether an address can only be this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_endpoint(endpoint: Endpoint) -> None:
    """Refuse an endpoint that may not be used.

    Raises:
        AdapterMisconfigured: it is not on this machine although only this machine is allowed, or it is not encrypted.
    """
    if endpoint.loopback_only and not is_loopback(endpoint.base_url):
        raise AdapterMisconfigured(
            f"{urlsplit(endpoint.base_url).hostname} is not this machine: a demo talks to loopback platforms only."
        )
    if not is_loopback(endpoint.base_url) and not endpoint.base_url.startswith("https://"):
        raise AdapterMisconfigured("A platform is spoken to over https only.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered, kept because several SDKs throw it away."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def words(self) -> str:
        """Return the beginning of the body for people."""
        return self.body[:300].decode("utf-8", "replace")


class BrokenAnswer(requests.exceptions.RequestException):
    """An answer began, but broke off, or is larger or slower than any honest one."""


@cache
def _tls() -> ssl.SSLContext:
    # One context for all sessions: making one for each costs 30 ms of CPU and dominates a burst of 300 accounts.
    return ssl.create_default_context()


class _Transport(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__(pool_connections=4, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS


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
        with within(self._endpoint.connect_s + self._endpoint.read_s * DEADLINE_FACTOR):
            response = super().send(request, **kwargs)
            body = _bounded(response)
        response._content = bytes(body)  # noqa: SLF001 - requests has no other way to bound a body it has read
        self.last = Answer(response.status_code, response.headers, response.content)
        return response


def _bounded(response: requests.Response) -> bytearray:
    body = bytearray()
    try:
        for piece in response.iter_content(16_384):
            body += piece
            if len(body) > MAX_ANSWER:
                raise BrokenAnswer("the answer is too large", request=response.request)
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
