"""What LinkedIn's answers refuse: its client library raises nothing, so that each is judged here."""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    PublicationGone,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.http import Answer

_DUPLICATE = "DUPLICATE_POST"
_URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_WAIT_S = 60.0  # a 429 without a day's limit and without a time is the infrastructure's, and short
_MINUTES = timedelta(minutes=5)


def is_post(urn: str) -> bool:
    """Tell whether this is what LinkedIn calls a post."""
    return bool(_URN.fullmatch(urn))


def duplicate_of(words: str) -> str:
    """Return which post LinkedIn says that this repeats; blank if it names none."""
    named = _URN.search(words)
    return named[0] if named else ""


def refusal(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses, or None. Source: learn.microsoft.com, LinkedIn, error handling, and the Posts API's own."""
    if 200 <= answer.status < 300:
        return None
    content = answer.json()
    if answer.status >= 500:
        return Unconfirmed(answer.words, platform_code=str(answer.status))
    # What is not LinkedIn's own body may come from anywhere on the way.
    if answer.status == 429:
        return _too_much(answer, content if isinstance(content, dict) else {})
    if not isinstance(content, dict) or content.get("status") != answer.status:
        kind = BadCredentials if answer.status == 401 else UnexpectedResponse
        return kind(answer.words, platform_code=str(answer.status))
    return _meaning(answer.status, content)


def _meaning(status: int, content: dict[str, Any]) -> PlatformError:
    words, word = _words(content), str(content.get("code", ""))
    code = str(content.get("serviceErrorCode") or word or status)
    if "RESTRICTED" in word:
        return AccountRestricted(words, platform_code=code)
    if word.startswith(("NONEXISTENT_VERSION", "VERSION_MISSING")) or status == 426:
        return PlatformConfig(words, platform_code=code)
    if status == 422 and _is_duplicate(content):
        return Unconfirmed(words, duplicate=True, platform_code=_DUPLICATE)
    kinds: dict[int, type[PlatformError]] = {
        400: ContentRejected,
        401: BadCredentials,
        403: BadCredentials,
        413: ContentRejected,
        422: ContentRejected,
    }
    if status == 404 and word == "NOT_FOUND":
        return PublicationGone(words, platform_code=code)
    return kinds.get(status, UnexpectedResponse)(words, platform_code=code)


def _is_duplicate(content: dict[str, Any]) -> bool:
    details = content.get("errorDetails")
    rows = details.get("inputErrors") if isinstance(details, dict) else None
    named = [row.get("code") for row in rows or [] if isinstance(row, dict)] if isinstance(rows, list) else []
    return _DUPLICATE in named or "is a duplicate of" in _words(content)


def _words(content: dict[str, Any]) -> str:
    return str(content.get("message") or "")


def _too_much(answer: Answer, content: dict[str, Any]) -> PlatformError:
    words = _words(content) or answer.words
    if " DAY " in f" {words} ":
        return QuotaUsed(words, until=_midnight(answer), platform_code=str(content.get("serviceErrorCode") or 429))
    wait = answer.headers.get("Retry-After", "")
    return Throttled(
        words, scope="account", retry_after=float(wait) if wait.isdecimal() else _WAIT_S, platform_code="429"
    )


def answered_at(answer: Answer) -> datetime | None:
    """Return when LinkedIn says that it answered, in UTC; an adapter has no clock of its own."""
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None


def _midnight(answer: Answer) -> datetime | None:
    """Return when the day ends in which everything is used up: at midnight UTC, and a little later for clocks that differ."""
    now = answered_at(answer)
    day = timedelta(days=1)
    return now and (now + day).replace(hour=0, minute=0, second=0, microsecond=0) + _MINUTES
