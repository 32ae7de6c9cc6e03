"""Reading one page of a website as a polite visitor: robots.txt first, every redirect looked at, bounded in time and in size."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal, Self
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import requests

from platforms.contract import Endpoint
from platforms.errors import AdapterMisconfigured, Unreachable
from platforms.http import NOT_PUBLIC, TOO_LARGE, Answer, WebsiteSession, network_error
from platforms.markup import closed

MOST_HOPS = 5  # redirects; browsers follow twenty, honest websites need two
MOST_LINKS = 5_000
READ_S = 4.0  # for one answer, and twice that for a whole one that drips
LONGEST_S = 20.0  # nothing is begun after it
_HERE, _NOWHERE = "http://127.0.0.1", "https://website.invalid"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

Why = Literal[
    "robots", "unreachable", "slow", "too_large", "not_public", "redirects", "refused", "gone", "not_html", "busy"
]


class NotRead(Exception):
    """A page was not read; nothing is proven of what stands there.

    Attributes:
        why: a stable code.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Page:
    """A page: where it was found in the end, and the addresses that it links to, whole, in its order, each once."""

    url: str
    links: tuple[str, ...]


class Reader:
    """Reads pages for one visit; all of it ends within `LONGEST_S` and one more answer."""

    def __init__(self, *, agent: str, loopback_only: bool, proxy: str = "", permit: Callable[[str], bool]) -> None:
        """Make one.

        Args:
            agent: who we say that we are, with an address where we are explained.
            loopback_only: only this machine may be visited, as in a demo; else only the public internet.
            proxy: see `Endpoint`.
            permit: asked once for each host; False: it is being visited, or was a moment ago.
        """
        where = _HERE if loopback_only else _NOWHERE
        endpoint = Endpoint(where, where, loopback_only=loopback_only, read_s=READ_S, proxy=proxy)
        self._session = WebsiteSession(host="no-host-is-rewritten:", endpoint=endpoint)
        self._session.headers["User-Agent"] = agent
        self._agent, self._permit = agent, permit
        self._permitted: set[str] = set()
        self._until = time.monotonic() + LONGEST_S
        self._robots: dict[str, RobotFileParser] = {}

    def __enter__(self) -> Self:
        """Begin the visit."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._session.close()

    def page(self, url: str) -> Page:
        """Read a page.

        Raises:
            NotRead: it could not be, or may not be.
        """
        found, at = self._followed(url)
        kind = found.headers.get("Content-Type", "text/html").partition(";")[0].strip().lower()
        if kind not in ("text/html", "application/xhtml+xml"):
            raise NotRead("not_html")
        links = _Links(at)
        links.feed(closed(_text(found)))
        return Page(at, tuple(dict.fromkeys(links.found)))

    def is_gone(self, url: str) -> bool:
        """Tell whether a page is no longer there, as its server says (404, 410); whatever else it says proves nothing.

        Raises:
            NotRead: it could not be asked, or may not be.
        """
        try:
            self._followed(url)
        except NotRead as error:
            if error.why == "gone":
                return True
            raise
        return False

    def _followed(self, url: str) -> tuple[Answer, str]:
        seen: set[str] = set()
        for _ in range(MOST_HOPS + 1):
            url = urldefrag(url).url
            if url in seen:
                break
            seen.add(url)
            if not self._robots_of(url).can_fetch(self._agent, url):
                raise NotRead("robots")
            answer = self._asked(url)
            if answer.status not in _REDIRECTS:
                return _good(answer), url
            url = urljoin(url, answer.headers.get("Location", ""))
        raise NotRead("redirects")

    def _robots_of(self, url: str) -> RobotFileParser:
        """Return a host's rules. Source: RFC 9309: without a file all is allowed; while it cannot be had, nothing is."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            rules = RobotFileParser()
            answer = self._asked(f"{origin}/robots.txt")
            if answer.status >= 500:
                raise NotRead("unreachable")
            rules.parse(_text(answer).splitlines() if answer.status == 200 else [])
            self._robots[origin] = rules
        return self._robots[origin]

    def _asked(self, url: str) -> Answer:
        host = _host(url)
        if time.monotonic() > self._until:
            raise NotRead("slow")
        if host not in self._permitted:
            if not self._permit(host):
                raise NotRead("busy")
            self._permitted.add(host)
        try:
            self._session.request("GET", url)
        except AdapterMisconfigured:
            raise NotRead("not_public") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError, ValueError):
            raise NotRead("unreachable") from None
        except requests.exceptions.RequestException as error:
            raise NotRead(_why(error)) from None
        if self._session.last is None:
            raise NotRead("unreachable")
        return self._session.last


def _host(url: str) -> str:
    """Return the host of an address that may be visited."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise NotRead("unreachable") from None
    if parts.scheme not in ("http", "https") or not host:
        raise NotRead("unreachable")
    return host


def _why(error: requests.exceptions.RequestException) -> Why:
    said = str(error)
    if TOO_LARGE in said:
        return "too_large"
    if NOT_PUBLIC in said:
        return "not_public"
    return "unreachable" if isinstance(network_error(error), Unreachable) else "slow"


def _good(answer: Answer) -> Answer:
    if answer.status in (404, 410):
        raise NotRead("gone")
    if answer.status != 200:
        raise NotRead("refused" if answer.status < 500 else "unreachable")
    return answer


def _text(answer: Answer) -> str:
    """Return a body as text: by its mark, else as UTF-8 if it is that, else as it says of itself; addresses are ASCII."""
    body = answer.body
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    told = answer.headers.get("Content-Type", "").lower().partition("charset=")[2].strip(" \"'").partition(";")[0]
    try:
        text = body.decode(told or "latin-1", "replace")
    except LookupError:
        text = ""
    return text if "<" in text else body.decode("latin-1")


class _Links(HTMLParser):
    """Collects where a page's links lead."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = base
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if not target or tag not in ("a", "area", "link", "base") or len(self.found) >= MOST_LINKS:
            return
        try:
            whole = urljoin(self._base, target.strip())
        except ValueError:
            return
        if tag == "base":
            self._base = whole
        elif whole.startswith(("http://", "https://")):
            self.found.append(whole)
