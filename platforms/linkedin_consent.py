"""Access to organisations' pages on LinkedIn: OAuth 2.0. One consent speaks for every page that the member administers."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.errors import (
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    PlatformConfig,
    PlatformError,
    UnexpectedResponse,
)
from platforms.http import Answer, GuardedSession, ask, up
from platforms.oauth2 import answered, answered_at
from platforms.specs.linkedin import LINKEDIN_VERSION

_HOST = "https://api.linkedin.com"
_WEB = "https://www.linkedin.com"
# To publish for an organisation, to read that back, and to see for which ones: learn.microsoft.com, LinkedIn, Posts API and
# organization access control.
_NEEDED = ("w_organization_social", "r_organization_social", "rw_organization_admin")
_PUBLISHES = ("ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN")
_MOST = 100  # organisations of one member


class LinkedInConsent:
    """Asks for access to organisations' pages, makes it longer, and ends it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        # Consent and tokens are the web's matter there, not the interface's.
        self._web = replace(endpoint, base_url=endpoint.web_url)

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:  # noqa: ARG002 - see below
        """Send the editor to LinkedIn's consent screen, to which no page can be suggested."""
        state = secrets.token_urlsafe(24)
        asked = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": callback,
            "state": state,
            "scope": " ".join(_NEEDED),
        }
        address = f"{self._endpoint.web_url}/oauth/v2/authorization?{urlencode(asked)}"
        return Consent(address, {"state": state, "callback": callback})

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the code for the member's token, and ask for which organisations it may publish."""
        code = {"grant_type": "authorization_code", "code": answered(query, kept), "redirect_uri": kept["callback"]}
        answer = self._post("accessToken", code, app, refused=ConsentMismatch)
        given, scopes, ends_at = _read(answer)
        if missing := [name for name in _NEEDED if name not in scopes]:
            raise ConsentDeclined(f"not allowed: {', '.join(missing)}")
        return self._granted(given, scopes, ends_at)

    def renew(self, target: Target) -> Granted:
        """Change the refresh token for a new access token; only apps that LinkedIn approved for it have one."""
        held = target.secrets.get("refresh_token", "")
        if not held:
            raise BadCredentials("LinkedIn gave no refresh token: our app is not approved for them")
        asked = {"grant_type": "refresh_token", "refresh_token": held}
        given, scopes, ends_at = _read(self._post("accessToken", asked, target.secrets, refused=BadCredentials))
        return Granted(
            Identity(target.platform_id, target.address), {"refresh_token": held} | given, scopes, expires_at=ends_at
        )

    def revoke(self, target: Target) -> None:
        """Take the token back, and with it all that the member allowed us."""
        held = target.secrets.get("access_token", "")
        self._post("revoke", {"token": held}, target.secrets, refused=BadCredentials)

    def _granted(self, given: dict[str, str], scopes: tuple[str, ...], ends_at: datetime) -> list[Granted]:
        token = given["access_token"]
        asked = {"q": "roleAssignee", "state": "APPROVED", "count": str(_MOST)}
        rows = self._get("organizationAcls", urlencode(asked), token).get("elements")
        if not isinstance(rows, list):
            raise UnexpectedResponse("an answer without roles")
        members: dict[str, str] = {}
        for row in rows:
            if isinstance(row, dict) and row.get("role") in _PUBLISHES and row.get("state") == "APPROVED":
                urn = str(row.get("organization") or row.get("organizationalTarget") or "")
                members[urn.rpartition(":")[2]] = str(row.get("roleAssignee", ""))
        if not members:
            return []
        found = self._get("organizations", f"ids=List({','.join(members)})", token).get("results")
        if not isinstance(found, dict):
            raise UnexpectedResponse("an answer without organisations")
        return [
            Granted(
                Identity(number, str(found.get(number, {}).get("vanityName") or number)),
                given,
                scopes,
                expires_at=ends_at,
                also=(number,),
                grantor=member,
            )
            for number, member in members.items()
        ]

    def _get(self, path: str, query: str, token: str) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {token}",
            "LinkedIn-Version": LINKEDIN_VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
            "X-RestLi-Method": "FINDER" if query.startswith("q=") else "BATCH_GET",
        }
        answer = _asked(self._endpoint, _HOST, "GET", f"rest/{path}?{query}", headers=headers)
        if answer.status == 401:
            raise BadCredentials(platform_code="401")
        if answer.status == 426:
            raise PlatformConfig(platform_code="426")
        content = answer.json()
        if answer.status != 200 or not isinstance(content, dict):
            raise UnexpectedResponse(platform_code=str(answer.status))
        return content

    def _post(
        self, path: str, fields: Mapping[str, str], app: Mapping[str, str], *, refused: type[PlatformError]
    ) -> Answer:
        ours = {name: app.get(name, "") for name in ("client_id", "client_secret")}
        # In the body: an address is written down by whatever stands between.
        answer = _asked(self._web, _WEB, "POST", f"oauth/v2/{path}", data={**fields, **ours})
        if 200 <= answer.status < 300:
            return answer
        content = answer.json()
        word = str(content.get("error", "")) if isinstance(content, dict) else ""
        if word == "invalid_client" or "redirect" in word:
            raise PlatformConfig("LinkedIn does not know our app, its secret or its address", platform_code=word)
        if word in ("invalid_grant", "invalid_request", "invalid_token"):
            raise refused(platform_code=word)
        raise UnexpectedResponse(platform_code=word or str(answer.status))


def _asked(endpoint: Endpoint, host: str, method: str, path: str, **more: Any) -> Answer:
    with GuardedSession(host=host, endpoint=endpoint) as session:
        return up(ask(session, method, f"{host}/{path}", **more))


def _read(answer: Answer) -> tuple[dict[str, str], tuple[str, ...], datetime]:
    """Return the tokens, what they allow, and when the access ends, by LinkedIn's own clock."""
    content = answer.json()
    told: dict[str, Any] = content if isinstance(content, dict) else {}
    given = {name: value for name in ("access_token", "refresh_token") if isinstance(value := told.get(name), str)}
    seconds = told.get("expires_in")
    if not given.get("access_token") or not isinstance(seconds, int):
        raise UnexpectedResponse("an answer without a token")
    scopes = tuple(sorted(str(told.get("scope", "")).replace(",", " ").split()))
    return given, scopes, answered_at(answer) + timedelta(seconds=seconds)
