"""Access to an account on Weibo: OAuth 2.0. It ends by itself, after what Weibo says with the token, and nothing renews it."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.errors import (
    BadCredentials,
    ConsentMismatch,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    UnexpectedResponse,
)
from platforms.http import Answer, GuardedSession, ask, up
from platforms.oauth2 import answered, answered_at, text
from platforms.wire import check_endpoint

_HOST = "https://api.weibo.com"
# Source: open.weibo.com/wiki/Oauth2/access_token and Error_code. What it says otherwise may repeat what we sent.
_KINDS: dict[str, type[PlatformError]] = {
    "21322": PlatformConfig,  # the address to which editors are sent back
    "21324": PlatformConfig,  # our app, or its secret
    "21325": ConsentMismatch,  # the code is unknown, used or too old
    "21326": PlatformConfig,  # our app may not ask
    "21321": PlatformConfig,  # not reviewed, and used by too many
    "10004": PlatformConfig,  # our server's address is not on the app's list
    "21337": PlatformConfig,  # our app lacks the right
    **dict.fromkeys(("21314", "21315", "21316", "21317", "21319", "21327", "21332"), BadCredentials),
}
_BUSY = ("10001", "10002", "10003", "10009", "10010", "10011", "10022", "10023", "10024", "21331")


class WeiboConsent:
    """Asks for access to an account, and ends it."""

    def __init__(self, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)
        self._endpoint = endpoint

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:  # noqa: ARG002 - see below
        """Send the editor to Weibo's consent screen, to which no account can be suggested; it asks who is there, anew."""
        state = secrets.token_urlsafe(24)
        asked = {
            "response_type": "code",
            "client_id": app["app_key"],
            "redirect_uri": callback,
            "state": state,
            "forcelogin": "true",
        }
        kept = {"state": state, "callback": callback}
        return Consent(f"{self._endpoint.base_url}/oauth2/authorize?{urlencode(asked)}", kept)

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the code for the account's token, and ask whose it is."""
        code = {
            "grant_type": "authorization_code",
            "client_id": app["app_key"],
            "client_secret": app["app_secret"],
            "code": answered(query, kept),
            "redirect_uri": kept["callback"],
        }
        given, answer = self._ask("POST", "oauth2/access_token", data=code)
        token, seconds = text(given, "access_token"), str(given.get("expires_in"))
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 10):
            raise UnexpectedResponse("an answer without an end")
        ends_at = answered_at(answer) + timedelta(seconds=int(seconds))
        return [self._granted(token, ends_at)]

    def revoke(self, target: Target) -> None:
        """Take the access back."""
        token = target.secrets.get("access_token", "")
        if not token:
            raise BadCredentials("no access is stored")
        told, _ = self._ask("POST", "oauth2/revokeoauth2", data={"access_token": token})
        if str(told.get("result")).lower() != "true":
            raise UnexpectedResponse("an answer that does not say that it is ended")

    def _granted(self, token: str, ends_at: datetime) -> Granted:
        bearer = {"Authorization": f"OAuth2 {token}"}
        whose, _ = self._ask("GET", "2/account/get_uid.json", headers=bearer)
        uid = str(whose.get("uid") or "")
        if not uid.isdecimal():
            raise UnexpectedResponse("an answer without an account")
        user, _ = self._ask("GET", "2/users/show.json", params={"uid": uid}, headers=bearer)
        name, page = text(user, "screen_name"), user.get("domain")
        # An account may be registered by its number, or by the short address of its page, too.
        also = (uid, page) if isinstance(page, str) and page else (uid,)
        return Granted(Identity(uid, name), {"access_token": token}, expires_at=ends_at, also=also)

    def _ask(self, method: str, path: str, **more: Any) -> tuple[dict[str, Any], Answer]:
        with GuardedSession(host=_HOST, endpoint=self._endpoint) as session:
            answer = ask(session, method, f"{_HOST}/{path}", **more)
        content = answer.json() if answer else None
        told: dict[str, Any] = content if isinstance(content, dict) else {}
        # Its numbers say more than the status of HTTP, which may be any.
        number = str(told.get("error_code") or "")
        if number in _KINDS:
            raise _KINDS[number](platform_code=number)
        if number in _BUSY:
            raise PlatformDown(platform_code=number)
        answer = up(answer)
        if answer.status != 200 or number or not told:
            raise UnexpectedResponse(platform_code=number or str(answer.status))
        return told, answer
