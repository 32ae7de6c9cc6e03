"""What Apprise's services are given in the place of `requests`: one guarded session, which remembers every answer.

Apprise tells success from failure and nothing else, follows redirects, sleeps, and bounds neither an answer's size nor its
whole time. Each of its services calls `requests.post` and the like by its module's own name `requests`; that name is what is
replaced, once, in the module of each service that is used. Outside a call of ours it refuses.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from platforms.contract import Endpoint
from platforms.errors import PlatformConfig, PlatformError
from platforms.federation import is_public
from platforms.http import Answer, GuardedSession, network_error

# What a service may say of a request; the rest (time-outs, redirects, certificates, proxies) is ours to decide.
_KEPT = frozenset({"data", "json", "params", "headers", "auth", "files", "cookies"})
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


class _Refused(requests.exceptions.RequestException):
    """The guard let nothing leave."""


class ServiceSession(GuardedSession):
    """A session for services anywhere; in a demo every one of them is the endpoint's machine, whatever its address says."""

    def _rewritten(self, url: str) -> str:
        if not self._endpoint.loopback_only:
            return url
        here = urlsplit(self._endpoint.base_url)
        return urlunsplit(urlsplit(url)._replace(scheme=here.scheme, netloc=here.netloc))


@dataclass(slots=True)
class Call:
    """One publication's requests, and what came of them.

    Attributes:
        answers: in order.
        failed: why the first request that failed did; after it, or after a refusal, nothing more leaves.
    """

    session: GuardedSession
    endpoint: Endpoint
    answers: list[Answer] = field(default_factory=list)
    failed: PlatformError | None = None

    @property
    def ended(self) -> bool:
        """Whether something went wrong: what follows would be a second try, or half of a publication."""
        return self.failed is not None or any(not 200 <= each.status < 300 for each in self.answers)

    def ask(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send one request of a service."""
        if self.ended:
            raise _Refused("an earlier request of this publication failed")
        if not self.endpoint.loopback_only and (why := _forbidden(url, resolve=not self.endpoint.proxy)):
            self.failed = PlatformConfig(why)
            raise _Refused(why)
        kept = {name: value for name, value in kwargs.items() if name in _KEPT}
        try:
            response = self.session.request(method, url, **kept)
        except requests.exceptions.RequestException as error:
            self.failed = network_error(error)
            raise
        if self.session.last is not None:
            self.answers.append(self.session.last)
        return response


def _forbidden(url: str, *, resolve: bool) -> str:
    """Return why an address may not be spoken to in live operation; blank as a rule.

    Between this look and the connection a name may change where it leads: whoever holds the name could use that moment. The
    address of a service is an administrator's, not a stranger's.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host:
        return "a service is spoken to over https only"
    try:
        found = [str(ipaddress.ip_address(host))]
    except ValueError:
        found = _addresses(host, parts.port or 443) if resolve else []
    if not all(map(is_public, found)):
        return f"{host} is a private address"
    return ""


def _addresses(host: str, port: int) -> list[str]:
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        return []  # the request itself will say so


_CALL: ContextVar[Call | None] = ContextVar("call", default=None)


class _Requests:
    """Stands for the module `requests` in a service's module."""

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS:
            return lambda url, *_, **kwargs: self.request(name.upper(), url, **kwargs)
        if name in ("Session", "session"):
            raise AttributeError(f"requests.{name} is not given to services")
        return getattr(requests, name)

    @staticmethod
    def request(method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send, if a publication is under way."""
        call = _CALL.get()
        if call is None:
            raise _Refused("no publication is under way")
        return call.ask(method, url, **kwargs)


_REQUESTS = _Requests()


def guard(service: Any) -> bool:
    """Let a service speak through the guard from now on.

    Returns:
        False where it cannot be guarded: its modules do not speak through `requests`, and must not be used.
    """
    guarded = False
    for kind in type(service).__mro__:
        module = sys.modules.get(kind.__module__)
        if kind.__module__.startswith("apprise.plugins.") and getattr(module, "requests", None) is not None:
            module.requests = _REQUESTS  # type: ignore[union-attr] # it has it
            guarded |= kind.__module__ != "apprise.plugins.base"
    service.throttle = lambda *_, **__: None  # it sleeps; the throttle of all workers has waited already
    service.retry, service.wait = 0, 0.0
    return guarded


@contextmanager
def during(call: Call) -> Iterator[None]:
    """Let the services of this thread speak, as part of one publication."""
    token = _CALL.set(call)
    try:
        yield
    finally:
        _CALL.reset(token)
