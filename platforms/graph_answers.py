"""What the Graph API's answers refuse, the same for Facebook, Instagram and Threads: the error's code decides, not the status."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.wire import Answer

NOT_THERE = "100/33"  # there is no such object, or this token may not touch it: one code for both
_HOUR_S = 3600.0

# Graph error codes. Source: developers.facebook.com, error handling and rate limiting.
_AMBIGUOUS = {1, 2}
_RATE = {4, 17, 32, 341, 613, 80001, 80002}
_APP_WIDE = {4}
_TOKEN = {102, 190}
_BLOCKED_TOKEN = {459, 464}  # subcodes of 190: checkpoint, unconfirmed
_REJECTED = {100, 1609005, 1366046, 1349125, 2061006}
_DUPLICATE, _POLICY, _POLICY_DUPLICATE, _POLICY_FAST = 506, 368, 1404082, 1390008
_VERSION = {3, 2635}


def refusal(answer: Answer, own: Mapping[int, type[PlatformError]] | None = None) -> PlatformError | None:
    """Tell what an answer refuses, or None if it does not; the error's code decides, not the status.

    Args:
        answer: of the platform.
        own: what a platform's own subcodes mean; they are asked first.
    """
    content = answer.json()
    error = content.get("error") if isinstance(content, dict) else None
    if not isinstance(error, dict):
        if answer.status >= 500:
            return Unconfirmed(answer.words, platform_code=str(answer.status))
        if answer.status >= 300:
            return UnexpectedResponse(answer.words, platform_code=str(answer.status))
        return None
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    words = str(error.get("error_user_msg") or error.get("message") or "")
    shown = f"{code}/{subcode}" if subcode else str(code)
    if own and subcode in own:
        return own[subcode](words, platform_code=shown)
    return _meaning(answer, code, subcode, words, shown, transient=error.get("is_transient") is True)


def _number(value: object) -> int:
    return value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdecimal() else 0


def _meaning(answer: Answer, code: int, subcode: int, words: str, shown: str, *, transient: bool) -> PlatformError:
    if code in _VERSION or ("unsupported" in words.lower() and "version" in words.lower()):
        return PlatformConfig(words, platform_code=shown)
    if code in _TOKEN:
        kind = AccountRestricted if subcode in _BLOCKED_TOKEN else BadCredentials
        return kind(words, platform_code=shown)
    if code in _RATE:
        scope = "app" if code in _APP_WIDE else "account"
        return Throttled(
            words, scope="app" if scope == "app" else "account", retry_after=_wait(answer), platform_code=shown
        )
    if code == _DUPLICATE or (code == _POLICY and subcode == _POLICY_DUPLICATE):
        return Unconfirmed(words, duplicate=True, platform_code=shown)
    if code == _POLICY and subcode == _POLICY_FAST:
        return Throttled(words, scope="account", retry_after=24 * _HOUR_S, platform_code=shown)
    if code == _POLICY:
        return AccountRestricted(words, platform_code=shown)
    if code == 10 or 200 <= code <= 299:
        return BadCredentials(words, platform_code=shown)
    if code in _REJECTED:
        return ContentRejected(words, platform_code=shown)
    if transient or code in _AMBIGUOUS or answer.status >= 500:
        return Unconfirmed(words, platform_code=shown)
    return UnexpectedResponse(words, platform_code=shown)


def _wait(answer: Answer) -> float:
    """Return the seconds to wait: the header speaks of minutes; without it, an hour."""
    usage = answer.headers.get("X-Business-Use-Case-Usage", "")
    try:
        pages = Answer(0, {}, usage.encode()).json().values()
        minutes = max(int(row.get("estimated_time_to_regain_access", 0)) for rows in pages for row in rows)
    except (AttributeError, TypeError, ValueError):
        return _HOUR_S
    return minutes * 60.0 if minutes > 0 else _HOUR_S


def created(row: Mapping[str, Any], name: str) -> datetime:
    """Return when something in a list was created; one without a time is not proven absent.

    Args:
        row: what the list says of it.
        name: of the field with the time, in ISO 8601.
    """
    try:
        return datetime.fromisoformat(str(row[name]))
    except (KeyError, ValueError):
        return datetime.max.replace(tzinfo=UTC)
