"""What a server of the AT Protocol refuses, in its own words."""

from email.utils import parsedate_to_datetime

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformError,
    PublicationGone,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.wire import Answer

_WINDOW_S = 300.0  # docs.bsky.app, rate limits: the shortest window
# Names of errors: bluesky-social/atproto, lexicons com.atproto.repo and com.atproto.server; packages/pds, auth-verifier.
_KINDS: dict[str, type[PlatformError]] = {
    "AccountTakedown": AccountRestricted,
    "AccountDeactivated": AccountRestricted,
    "AccountSuspended": AccountRestricted,
    "RepoTakendown": AccountRestricted,
    "RepoSuspended": AccountRestricted,
    "RepoDeactivated": AccountRestricted,
    "AuthenticationRequired": BadCredentials,
    "AuthMissing": BadCredentials,
    "ExpiredToken": BadCredentials,
    "InvalidToken": BadCredentials,
    "invalid_token": BadCredentials,
    "ScopeMissingError": BadCredentials,
    "insufficient_scope": BadCredentials,
    "RecordNotFound": PublicationGone,
    "BlobNotFound": ContentRejected,
    "BlobTooLarge": ContentRejected,
    "InvalidMimeType": ContentRejected,
    # Somebody changed it in the moment between: what stands there now must be looked at anew.
    "InvalidSwap": Unconfirmed,
}


def refusal(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses, or None. Source: atproto.com, XRPC; the names above."""
    if 200 <= answer.status < 300:
        return None
    content = answer.json()
    # Without the protocol's own body it may be something on the way that refuses.
    own = isinstance(content, dict) and isinstance(content.get("error"), str)
    name = str(content["error"]) if own else ""
    words = str(content.get("message") or name) if own else answer.words
    code = name or str(answer.status)
    if answer.status == 429:
        return Throttled(words, scope="account", platform_code=code, retry_after=_wait(answer))
    if answer.status >= 500:
        return Unconfirmed(words, platform_code=code)
    kind = _KINDS.get(name)
    if kind is None:
        kind = _unnamed(answer.status, words, own=own)
    return kind(words, platform_code=code)


def _unnamed(status: int, words: str, *, own: bool) -> type[PlatformError]:
    match status:
        case 401:
            return BadCredentials
        case 413:
            return ContentRejected
        case 403 if own:
            return BadCredentials
        case 409 if own:
            return Unconfirmed
        case 400 if own and "$.record" in words:
            return ContentRejected
    return UnexpectedResponse


def _wait(answer: Answer) -> float:
    """Return the seconds until the limit is lifted, by the server's own clock; without usable headers, a whole window."""
    after = answer.headers.get("Retry-After", "")
    if after.isdecimal():
        return float(after)
    try:
        asked_at = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        lifted_at = float(answer.headers["RateLimit-Reset"])
    except (KeyError, ValueError, OverflowError):
        return _WINDOW_S
    return lifted_at - asked_at if lifted_at > asked_at else _WINDOW_S
