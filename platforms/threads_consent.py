"""Access to a Threads account: OAuth 2.0, then a token for 60 days, which can be renewed before they are over.

Threads has no call that ends it: its owner does so in the account's settings.
"""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.errors import (
    BadCredentials,
    ConsentMismatch,
    PlatformConfig,
    PlatformError,
    UnexpectedResponse,
)
from platforms.graph_answers import refusal
from platforms.http import Answer, GuardedSession, ask, up
from platforms.oauth2 import answered
from platforms.readback import in_light_of

_HOST = "https://graph.threads.net"
_NEEDED = ("threads_basic", "threads_content_publish", "threads_delete", "threads_manage_replies")


class ThreadsConsent:
    """Asks for access to an account, and makes it longer."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:  # noqa: ARG002 - none can be suggested
        """Send the editor to Threads' consent screen."""
        state = secrets.token_urlsafe(24)
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": callback,
            "scope": ",".join(_NEEDED),
            "response_type": "code",
            "state": state,
        }
        address = f"{self._endpoint.web_url}/oauth/authorize?{urlencode(asked)}"
        return Consent(address, {"state": state, "callback": callback})

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the code for a token of an hour, and that for one of 60 days."""
        # Threads writes a mark behind it.
        brought = answered(query, kept).removesuffix("#_")
        code = {
            "client_id": app["app_id"],
            "client_secret": app["app_secret"],
            "grant_type": "authorization_code",
            "redirect_uri": kept["callback"],
            "code": brought,
        }
        short = _text(self._ask("POST", "oauth/access_token", data=code), "access_token")
        # In the address, because Threads takes these two calls in no other way.
        longer = {"grant_type": "th_exchange_token", "client_secret": app["app_secret"], "access_token": short}
        return [self._granted(self._ask("GET", "access_token", params=longer))]

    def renew(self, target: Target) -> Granted:
        """Get a token for another 60 days; one that is younger than a day is refused."""
        held = target.secrets.get("access_token", "")
        if not held:
            raise BadCredentials("no access_token stored")
        asked = {"grant_type": "th_refresh_token", "access_token": held}
        return self._granted(self._ask("GET", "refresh_access_token", params=asked))

    def _granted(self, told: Mapping[str, Any]) -> Granted:
        token, seconds = _text(told, "access_token"), told.get("expires_in")
        if not isinstance(seconds, int) or seconds <= 0:
            raise UnexpectedResponse("an answer without an end")
        who = self._ask("GET", "v1.0/me", params={"fields": "id,username"}, token=token)
        identity = Identity(_text(who, "id"), _text(who, "username"))
        ends = datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=seconds)
        return Granted(identity, {"access_token": token}, _NEEDED, ends)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with GuardedSession(host=_HOST, endpoint=self._endpoint) as session:
            answer = up(ask(session, method, f"{_HOST}/{path}", params=params, data=data, headers=headers))
        if (refused := _refusal(answer)) is not None:
            raise in_light_of("reading", refused)
        if not isinstance(content := answer.json(), dict):
            raise UnexpectedResponse("an answer that cannot be read")
        return content


def _refusal(answer: Answer) -> PlatformError | None:
    """Tell what an answer refuses, or None; where a code becomes a token, Threads words it in another way."""
    content = answer.json()
    if not isinstance(content, dict) or "error_message" not in content:
        return refusal(answer)
    words = str(content["error_message"])
    ours = any(name in words.lower() for name in ("secret", "client_id", "application"))
    return (PlatformConfig if ours else ConsentMismatch)(words, platform_code=str(content.get("code", "")))


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(f"an answer without {name}")
    return value
