"""Access to an account on Mastodon: our app registers itself on the account's own server, then OAuth 2.0 with PKCE.

The tokens do not expire; they end when somebody ends them.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.errors import (
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    PlatformConfig,
    PlatformDown,
    Throttled,
    UnexpectedResponse,
)
from platforms.federation import endpoint_for, own_server
from platforms.http import PublicSession, ask
from platforms.oauth2 import answered, challenge, text
from platforms.wire import check_endpoint

# Source: docs.joinmastodon.org, api/oauth-scopes. The least that publishing, reading back and knowing who it is need.
_NEEDED = ("read:accounts", "read:statuses", "write:media", "write:statuses")
_NAME = "Tocsin"  # shown to the editor, and under each status, as what it was published with
_WINDOW_S = 300.0  # mastodon/mastodon, rack_attack.rb: the window of an address


class MastodonConsent:
    """Asks for access to an account on its own server, and ends it."""

    def __init__(self, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)
        self._endpoint = endpoint

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:  # noqa: ARG002 - it has none
        """Register our app where the account is, and send the editor there."""
        server = own_server(account)
        asked = {"client_name": _NAME, "redirect_uris": callback, "scopes": " ".join(_NEEDED)}
        made = self._ask("POST", server, "api/v1/apps", data=asked)
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        kept = {
            "state": state,
            "callback": callback,
            "server": server,
            "verifier": verifier,
            "client_id": text(made, "client_id"),
            "client_secret": text(made, "client_secret"),
        }
        query = {
            "response_type": "code",
            "client_id": kept["client_id"],
            "redirect_uri": callback,
            "scope": " ".join(_NEEDED),
            "state": state,
            # Servers before 4.3 do not know these, and ignore them.
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            # OpenID Connect's word for whom we mean; Mastodon ignores it.
            "login_hint": account,
        }
        where = endpoint_for(self._endpoint, server).web_url
        return Consent(f"{where}/oauth/authorize?{urlencode(query)}", kept)

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:  # noqa: ARG002
        """Change the code for the account's token, and ask whose it is."""
        brought = answered(query, kept)
        server = own_server(kept["server"])
        ours = {"client_id": kept["client_id"], "client_secret": kept["client_secret"]}
        code = {
            "grant_type": "authorization_code",
            "code": brought,
            "redirect_uri": kept["callback"],
            "code_verifier": kept["verifier"],
        }
        given = self._ask("POST", server, "oauth/token", data=ours | code)
        token, allowed = text(given, "access_token"), tuple(sorted(text(given, "scope").split()))
        if missing := [name for name in _NEEDED if name not in allowed]:
            raise ConsentDeclined(f"not allowed: {', '.join(missing)}")
        who = self._ask("GET", server, "api/v1/accounts/verify_credentials", token=token)
        identity = Identity(text(who, "id"), f"@{text(who, 'username')}@{server}")
        return [Granted(identity, {"access_token": token, **ours}, allowed)]

    def revoke(self, target: Target) -> None:
        """Make the token worthless; our app stays registered there, and can do nothing without one."""
        names = ("client_id", "client_secret")
        token = target.secrets.get("access_token", "")
        if not token or not all(target.secrets.get(name) for name in names):
            raise BadCredentials("no access is stored")
        ours = {name: target.secrets[name] for name in names}
        self._ask("POST", own_server(target.address), "oauth/revoke", data=ours | {"token": token})

    def _ask(
        self, method: str, server: str, path: str, *, token: str = "", data: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        where = endpoint_for(self._endpoint, server)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with PublicSession(host=where.base_url, endpoint=where) as session:
            answer = ask(session, method, f"{where.base_url}/{path}", data=data, headers=headers)
        content = answer.json() if answer else None
        if answer is None or not isinstance(content, dict):
            raise UnexpectedResponse("no answer that could be read")
        code = str(answer.status)
        if 200 <= answer.status < 300:
            return content
        if answer.status == 429:
            raise Throttled(scope="app", retry_after=_WINDOW_S, platform_code=code)
        if answer.status >= 500:
            raise PlatformDown(platform_code=code)
        # RFC 6749, 5.2. Words of theirs may repeat what we sent: only the codes of the standard are looked at.
        told = str(content.get("error", ""))
        kinds = {
            "invalid_grant": ConsentMismatch,
            "invalid_client": PlatformConfig,
            "unauthorized_client": BadCredentials,
        }
        if answer.status in (401, 403):
            kinds.setdefault(told, BadCredentials)
        raise kinds.get(told, UnexpectedResponse)(platform_code=code)
