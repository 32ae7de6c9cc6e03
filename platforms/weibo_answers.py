"""What Weibo's answers refuse: by the number in the body, because the status of HTTP tells little there."""

from datetime import UTC, datetime

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    PublicationGone,
    Scope,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unsupported,
)
from platforms.http import Answer

# Source of every number: open.weibo.com/wiki/Error_code. Broken or busy inside: it may have been done.
_BROKEN = frozenset({"10001", "10002", "10003", "10009", "10010", "10011"})
# It stands there, Weibo says, and does not say under which id: said before, alike, or published but not to be seen for a minute.
_STANDS = frozenset({"20017", "20019", "20111", "20032"})
# How long to wait, which it does not say: an address's and an account's hours, then how fast an account publishes.
_WAITS = {"10022": 300.0, "10023": 300.0, "10024": 300.0, "20016": 60.0}
_OF_THE_ADDRESS = "10022"
_DOMAIN = "10017"  # for any value that is wrong; of a missing or unknown domain it speaks in its words
_KINDS: dict[type[PlatformError], tuple[str, ...]] = {
    # Tokens: failed, used, expired, revoked, rejected, taken back, too old, unknown.
    BadCredentials: ("21301", "21314", "21315", "21316", "21317", "21319", "21327", "21332", "20033"),
    # A user that is none, is suspected, or must read letters off a picture.
    AccountRestricted: ("10013", "20003", "20015", "20031"),
    # The server's address, the app's rights, its key, its reviews.
    PlatformConfig: ("10004", "10005", "10006", "10014", "20022", "21321"),
    # The picture, no text, too long, a site, an advertisement or a word that is not taken.
    ContentRejected: (
        *("10018", "20005", "20006", "20007", "20008", "20012", "20013"),
        *("20018", "20020", "20021", "21602"),
    ),
    PublicationGone: ("20101",),
    Unsupported: ("20102",),  # somebody else's
}
_KIND_OF = {code: kind for kind, codes in _KINDS.items() for code in codes}


def refusal(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses, or None."""
    content = answer.json()
    told = content if isinstance(content, dict) else {}
    code, words = str(told.get("error_code") or ""), str(told.get("error") or answer.words)
    if not code:
        return _without_a_number(answer)
    if code in _STANDS:
        return Unconfirmed(words, duplicate=True, platform_code=code)
    if code in _BROKEN or answer.status >= 500:
        return Unconfirmed(words, platform_code=code)
    if code in _WAITS:
        scope: Scope = "app" if code == _OF_THE_ADDRESS else "account"
        return Throttled(words, scope=scope, retry_after=_WAITS[code], platform_code=code)
    kind = _KIND_OF.get(code, UnexpectedResponse)
    if code == _DOMAIN:
        kind = PlatformConfig if "domain" in words else ContentRejected
    return kind(words, platform_code=code)


def _without_a_number(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses that may come from anywhere on the way."""
    if 200 <= answer.status < 300:
        return None
    code = str(answer.status)
    if answer.status >= 500:
        return Unconfirmed(answer.words, platform_code=code)
    if answer.status == 429:
        return Throttled(answer.words, scope="account", retry_after=_WAITS["20016"], platform_code=code)
    kind = BadCredentials if answer.status == 401 else UnexpectedResponse
    return kind(answer.words, platform_code=code)


def created(status: dict[str, object]) -> datetime:
    """Return when a post was published, "Wed Oct 24 23:49:17 +0800 2012"; one without a time is not proven absent."""
    try:
        return datetime.strptime(str(status.get("created_at")), "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def number(content: object) -> str:
    """Return the id of a post or a user; blank if there is none."""
    if not isinstance(content, dict):
        return ""
    found = str(content.get("idstr") or content.get("id") or "")
    return found if found.isascii() and found.isdecimal() else ""
