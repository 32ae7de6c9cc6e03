"""OAuth 1.0a, the receiving side: is this request really signed with the secrets of the account? (RFC 5849)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote

from simulator.accounts import Account

# A timestamp is refused that is further away than this from its own clock.
MAX_CLOCK_DIFFERENCE_SECONDS = 300
PARAMETER = re.compile(r'(\w+)="([^"]*)"')


def read_authorization(header: str) -> dict[str, str]:
    """Return the parameters of an `Authorization: OAuth ...` header, decoded; empty when it is something else."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    return {name: unquote(value) for name, value in PARAMETER.findall(rest)}


def signature(
    method: str, url: str, parameters: Iterable[tuple[str, str]], consumer_secret: str, token_secret: str
) -> str:
    """Return the HMAC-SHA1 signature of a request.

    Args:
        method: GET, POST or DELETE.
        url: scheme, host and path as the client addressed them, without the query.
        parameters: query, form and OAuth parameters, decoded, without the signature itself; a JSON body is not signed.
        consumer_secret: of the application.
        token_secret: of the user's token.
    """
    pairs = sorted((_escape(name), _escape(value)) for name, value in parameters)
    base = "&".join((method.upper(), _escape(url), _escape("&".join(f"{name}={value}" for name, value in pairs))))
    key = f"{_escape(consumer_secret)}&{_escape(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def is_signed(account: Account, method: str, url: str, query: str, oauth: dict[str, str], now: float) -> bool:
    """Tell whether a request carries a good signature of `account`.

    Args:
        account: the holder of the access token.
        method: of the request.
        url: as received, without the query.
        query: the raw query string.
        oauth: what `read_authorization` found.
        now: Unix seconds.
    """
    secrets = account.secrets
    if oauth.get("oauth_consumer_key") != secrets.get("consumer_key"):
        return False
    return fits(
        method,
        url,
        query,
        oauth,
        (secrets.get("consumer_secret", ""), secrets.get("access_token_secret", "")),
        now,
    )


def fits(method: str, url: str, query: str, oauth: dict[str, str], secrets: tuple[str, str], now: float) -> bool:
    """Tell whether a signature is made with the secrets of an app and of a token, and now.

    Args:
        method: of the request.
        url: as received, without the query.
        query: the raw query string.
        oauth: what `read_authorization` found.
        secrets: of the app, and of the token (empty while there is none).
        now: Unix seconds.
    """
    if oauth.get("oauth_signature_method") != "HMAC-SHA1" or not oauth.get("oauth_nonce"):
        return False
    stamp = oauth.get("oauth_timestamp", "")
    if not stamp.isdecimal() or abs(now - int(stamp)) > MAX_CLOCK_DIFFERENCE_SECONDS:
        return False
    signed = [(name, value) for name, value in oauth.items() if name not in ("oauth_signature", "realm")]
    expected = signature(method, url, signed + parse_qsl(query, keep_blank_values=True), *secrets)
    return hmac.compare_digest(expected, oauth.get("oauth_signature", ""))


def _escape(text: str) -> str:
    return quote(text, safe="~")
