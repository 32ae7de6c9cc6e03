"""Facebook pages through facebook-sdk; the token travels in a header, and a success needs an id."""

import hashlib
import hmac
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import requests

with warnings.catch_warnings():
    # The SDK of 2018 has strings that newer Pythons warn of on import.
    warnings.simplefilter("ignore")
    import facebook

from platforms.contract import Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
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
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.readback import accepted, of_reading, stands_in
from platforms.specs.facebook import FACEBOOK

_HOST = "https://graph.facebook.com"  # built into the SDK; the endpoint takes its place
API_VERSION = "v25.0"  # the SDK itself accepts nothing newer than 3.1; a version lives about two years
_READ_BACK = 10
_HOUR_S = 3600.0
_LOST = (facebook.GraphAPIError, KeyError, AttributeError, TypeError, ValueError)

# Graph error codes. Source: developers.facebook.com, error handling and rate limiting.
_AMBIGUOUS = {1, 2}
_RATE = {4, 17, 32, 341, 613, 80001}
_APP_WIDE = {4}
_TOKEN = {102, 190}
_BLOCKED_TOKEN = {459, 464}  # subcodes of 190: checkpoint, unconfirmed
_REJECTED = {100, 1609005, 1366046, 1349125, 2061006}
_DUPLICATE, _POLICY, _POLICY_DUPLICATE, _POLICY_FAST = 506, 368, 1404082, 1390008
_VERSION = {3, 2635}


class _GraphSession(GuardedSession):
    """Takes the token out of query and body, where logs and proxies see it, and sends it as a header."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, with the token moved."""
        token = ""
        for part in ("params", "data"):
            fields = kwargs.get(part)
            if isinstance(fields, dict) and "access_token" in fields:
                fields = dict(fields)
                token = fields.pop("access_token")
                kwargs[part] = fields
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "Authorization": f"Bearer {token}"}
        kwargs.pop("proxies", None)
        return super().request(method, url, *args, **kwargs)


class FacebookAdapter:
    """Publishes, reads back and verifies on a page."""

    spec: ClassVar[PlatformSpec] = FACEBOOK

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(_GraphSession, host=_HOST, endpoint=endpoint)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post on the page, with a card for the link."""
        # The form encodes booleans as text.
        fields = {"message": out.text, "published": "true"} | ({"link": out.link} if out.link else {})
        answer = self._ask(
            target, lambda graph, proof: graph.put_object(target.platform_id, "feed", **fields, **proof), creating=True
        )
        content = answer.json()
        if isinstance(content, dict) and isinstance(content.get("id"), str) and content["id"]:
            return self._receipt(content["id"])
        # The SDK takes `500 {}` and the like for success.
        raise Unconfirmed(f"{answer.status} without an id: {answer.words}")

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the page's latest publications for the marker."""
        answer = self._ask(
            target,
            lambda graph, proof: graph.get_connections(
                target.platform_id, "published_posts", fields="id,message,created_time", limit=_READ_BACK, **proof
            ),
            creating=False,
        )
        content = answer.json()
        if not isinstance(content, dict) or not isinstance(content.get("data"), list):
            raise UnexpectedResponse(answer.words)
        for post in content["data"]:
            if stands_in(out, str(post.get("message", ""))) and _created(post) >= since.astimezone(UTC) - timedelta(
                minutes=1
            ):
                return self._receipt(str(post["id"]))
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        answer = self._ask(
            target, lambda graph, proof: graph.get_object("me", fields="id,name,username", **proof), creating=False
        )
        content = answer.json()
        if not isinstance(content, dict) or "id" not in content:
            raise UnexpectedResponse(answer.words)
        return Identity(platform_id=str(content["id"]), address=str(content.get("username") or content.get("name", "")))

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, remote_id: str) -> Receipt:
        return Receipt(remote_id, f"{self._endpoint.web_url}/{remote_id}")

    def _ask(self, target: Target, call: Callable[[Any, dict[str, str]], Any], *, creating: bool) -> Answer:
        token, app_secret = target.secrets.get("page_token", ""), target.secrets.get("app_secret", "")
        if not token:
            raise BadCredentials("no page token stored")
        session = self._sessions.get()
        graph = facebook.GraphAPI(token, session=session)
        graph.version = API_VERSION
        proof = {}
        if app_secret:
            # Proves that the call comes from our app's server; the SDK does not add it.
            digest = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            proof = {"appsecret_proof": digest}
        try:
            call(graph, proof)
        except requests.exceptions.JSONDecodeError:
            pass  # the answer is judged below
        except requests.exceptions.RequestException as error:
            failed = network_error(error)
            raise (failed if creating else of_reading(failed)) from None
        except _LOST as error:
            if session.last is None:
                raise UnexpectedResponse(type(error).__name__) from None
        return accepted(session.last, _refusal, creating=creating)


def _created(post: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(post["created_time"]))
    except (KeyError, ValueError):
        return datetime.max.replace(tzinfo=UTC)  # a publication without a time is not proven absent


def _refusal(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses, or None if it does not; the error's code decides, not the status."""
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
