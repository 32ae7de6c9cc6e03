"""Facebook Login, then the token of each page, which speaks for its Instagram account too. It does not expire by itself.

It is made from a long-lived token of the person, which is used for that alone and never kept.
"""

import hashlib
import hmac
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.errors import (
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    PlatformConfig,
    PlatformDown,
    UnexpectedResponse,
)
from platforms.http import GuardedSession, ask
from platforms.oauth2 import answered, text

_HOST = "https://graph.facebook.com"
_VERSION = "v25.0"  # as the adapters'
_PUBLISHES = "CREATE_CONTENT"  # a page's task. Source: developers.facebook.com, Pages API, tasks
_MOST_PAGES = 10  # answers of a hundred pages each; nobody edits more
_USED_UP = {36007, 36008, 36009}  # subcodes of 100: the code is too old, of another address, or was used


class GraphLogin(ABC):
    """Asks for access to what a person manages, and ends it.

    Attributes:
        needed: the permissions, without all of which nothing is connected.
        fields: what is asked of each page beside its token and its tasks.
    """

    needed: ClassVar[tuple[str, ...]]
    fields: ClassVar[str]

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def _dialogue(self) -> str:
        """Return where Facebook asks people."""
        return self._endpoint.web_url

    @abstractmethod
    def _account(self, page: Mapping[str, Any]) -> Identity | None:
        """Return the account for which a page's token speaks, or None."""

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:  # noqa: ARG002 - see below
        """Send the editor to Facebook's dialogue, to which no account can be suggested."""
        state = secrets.token_urlsafe(24)
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": callback,
            "state": state,
            "response_type": "code",
            "scope": ",".join(self.needed),
            # Whoever declined once is asked again.
            "auth_type": "rerequest",
        }
        address = f"{self._dialogue()}/{_VERSION}/dialog/oauth?{urlencode(asked)}"
        return Consent(address, {"state": state, "callback": callback})

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the code for the tokens of the pages that the editor chose."""
        brought = answered(query, kept)
        ours = {"client_id": app["app_id"], "client_secret": app["app_secret"]}
        # In the body: an address is written down by whatever stands between.
        code = {"redirect_uri": kept["callback"], "code": brought}
        short = text(self._ask("POST", "oauth/access_token", data=ours | code), "access_token")
        longer = {"grant_type": "fb_exchange_token", "fb_exchange_token": short}
        person = text(self._ask("POST", "oauth/access_token", data=ours | longer), "access_token")
        proof = {"appsecret_proof": _proof(app["app_secret"], person)}
        who = text(self._ask("GET", "me", token=person, params=proof | {"fields": "id"}), "id")
        listed = self._list(self._ask("GET", "me/permissions", token=person, params=proof))
        allowed = tuple(sorted(str(row.get("permission")) for row in listed if row.get("status") == "granted"))
        if missing := [name for name in self.needed if name not in allowed]:
            raise ConsentDeclined(f"not allowed: {', '.join(missing)}")
        return [
            Granted(
                account,
                {"page_token": str(page["access_token"]), "user_id": who},
                allowed,
                also=(account.platform_id,),
                grantor=who,
            )
            for page in self._pages(person, proof)
            if (account := self._account(page)) is not None
        ]

    def revoke(self, target: Target) -> None:
        """Take all that this person allowed us away; Facebook knows no smaller step."""
        app = f"{target.secrets.get('app_id', '')}|{target.secrets.get('app_secret', '')}"
        who = target.secrets.get("user_id", "")
        if not who:
            raise BadCredentials("who allowed it is not known")
        self._ask("DELETE", f"{who}/permissions", token=app)

    def _pages(self, person: str, proof: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        for _ in range(_MOST_PAGES):
            asked = (
                proof
                | {"fields": f"{self.fields},access_token,tasks", "limit": "100"}
                | ({"after": after} if after else {})
            )
            answer = self._ask("GET", "me/accounts", token=person, params=asked)
            found += [page for page in self._list(answer) if _PUBLISHES in (page.get("tasks") or [_PUBLISHES])]
            paging = answer.get("paging") or {}
            after = str((paging.get("cursors") or {}).get("after") or "") if paging.get("next") else ""
            if not after:
                break
        return [page for page in found if page.get("id") and page.get("access_token")]

    @staticmethod
    def _list(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows = answer.get("data")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnexpectedResponse("an answer without a list")
        return rows

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
            answer = ask(session, method, f"{_HOST}/{_VERSION}/{path}", params=params, data=data, headers=headers)
        content = answer.json() if answer else None
        if answer is None or not isinstance(content, dict):
            raise UnexpectedResponse("no answer that could be read")
        told = content.get("error")
        if not isinstance(told, dict):
            if answer.status >= 400:
                raise PlatformDown(platform_code=str(answer.status))
            return content
        code, subcode = str(told.get("code")), told.get("error_subcode")
        if subcode in _USED_UP:
            raise ConsentMismatch(platform_code=f"{code}/{subcode}")
        if code in ("1", "101") and path == "oauth/access_token":
            raise PlatformConfig("Facebook does not know our app, or its secret", platform_code=code)
        if code in ("102", "190"):
            raise BadCredentials(platform_code=code)
        raise UnexpectedResponse(platform_code=code)


def _proof(app_secret: str, token: str) -> str:
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
