"""What a Mastodon server's answers refuse, and how its HTML becomes the text again that it was made of."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformDown,
    PlatformError,
    PublicationGone,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.http import Answer
from platforms.markup import closed

_WINDOW_S = 300.0  # mastodon/mastodon, rack_attack.rb: the shortest window of a token
# Words of mastodon/mastodon, config/locales/en.yml (4.5), where a status is shared by several meanings. Servers answer an app
# in English, unless it asks for another language.
_SCOPE = "scope"
_NOT_SIGNED_IN = "requires an authenticated user"
_NOT_READY = "not finished processing"
_NOT_THERE = ("record not found", "does not appear to exist")
_MENTION = re.compile(r"@(\w+)@[\w-]+(?:\.[\w-]+)+")


def refusal(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses, or None. Source: docs.joinmastodon.org, methods/statuses, and mastodon/mastodon (4.5)."""
    if 200 <= answer.status < 300:
        return None
    content, code = answer.json(), str(answer.status)
    own = isinstance(content, dict) and isinstance(content.get("error"), str)
    words = str(content["error"]) if own else answer.words
    # Without Mastodon's own body it may be something on the way that refuses.
    kind: type[PlatformError] = UnexpectedResponse
    match answer.status:
        case 429:
            return Throttled(words, scope="account", platform_code=code, retry_after=_wait(answer))
        case 401:
            kind = BadCredentials
        case 403 if own:
            kind = BadCredentials if _SCOPE in words.lower() else AccountRestricted
        case 404 if own and any(each in words.lower() for each in _NOT_THERE):
            kind = PublicationGone
        case 410 if own:
            kind = PublicationGone
        case 422 if own:
            kind = _unprocessable(words.lower())
        case status if status >= 500:
            kind = Unconfirmed
    return kind(words, platform_code=code)


def _unprocessable(words: str) -> type[PlatformError]:
    if _NOT_READY in words:
        return PlatformDown
    return BadCredentials if _NOT_SIGNED_IN in words else ContentRejected


def _wait(answer: Answer) -> float:
    """Return the seconds until the limit is lifted, by the server's own clock; without usable headers, a whole window."""
    reset = answer.headers.get("X-RateLimit-Reset", "")
    try:
        asked_at = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        # Some servers with the same interface give Unix seconds.
        lifted_at = float(reset) if reset.isdecimal() else datetime.fromisoformat(reset).timestamp()
    except (KeyError, ValueError, OverflowError):
        return _WINDOW_S
    return lifted_at - asked_at if lifted_at > asked_at else _WINDOW_S


class _Text(HTMLParser):
    """Collects the text; what a reader's eye does not see of a link is text too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        if tag in ("br", "p"):
            self.parts.append("\n")


def plain_text(content: str) -> str:
    """Return the text of a status's HTML: paragraphs and breaks are line ends, a link is whole."""
    parser = _Text()
    parser.feed(closed(content))
    parser.close()
    return "".join(parser.parts).strip()


def without_servers(text: str) -> str:
    """Return a text in which nobody's server is named: Mastodon shows "@user@server.example" as "@user"."""
    return _MENTION.sub(r"@\1", text)
