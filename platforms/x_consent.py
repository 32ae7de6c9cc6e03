"""Access to an account on X: OAuth 1.0a in three steps. Its tokens do not expire; they end when somebody ends them."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from requests_oauthlib import OAuth1

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.errors import (
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    PlatformConfig,
    UnexpectedResponse,
)
from platforms.http import Answer, GuardedSession, ask, up
from platforms.oauth1 import form, request_token

_HOST = "https://api.x.com"  # docs.x.com, authentication: OAuth 1.0a
# x_auth_access_type: whatever more our app may do, an account is asked for this only.
_ACCESS = "write"
_SCOPES = ("read", "write")  # what "write" includes


class XConsent:
    """Asks for access to an account on X, and ends it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:
        """Get a request token; X knows the browser by it, and so do we."""
        signed = OAuth1(app["consumer_key"], client_secret=app["consumer_secret"], callback_uri=callback)
        answer = self._post(f"oauth/request_token?{urlencode({'x_auth_access_type': _ACCESS})}", signed)
        if answer.status in (401, 403):
            # A key of ours that X does not know, or a callback address that is not registered with our app.
            raise PlatformConfig(answer.words, platform_code=str(answer.status))
        kept = request_token(answer)
        # X fills its sign-in form in with it. Source: docs.x.com, GET oauth/authorize
        shown = {"oauth_token": kept["token"]} | ({"screen_name": account} if account else {})
        return Consent(f"{self._endpoint.base_url}/oauth/authorize?{urlencode(shown)}", kept)

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the verifier for the account's token."""
        came = query.get("denied") or query.get("oauth_token", "")
        if not hmac.compare_digest(came.encode(), kept.get("token", "").encode()) or not came:
            raise ConsentMismatch
        if "denied" in query:
            raise ConsentDeclined
        signed = OAuth1(
            app["consumer_key"],
            client_secret=app["consumer_secret"],
            resource_owner_key=kept["token"],
            resource_owner_secret=kept["secret"],
            verifier=query.get("oauth_verifier", ""),
        )
        answer = self._post("oauth/access_token", signed)
        if answer.status in (400, 401, 403):
            raise ConsentMismatch(platform_code=str(answer.status))
        told = form(answer)
        if not all(told.get(name) for name in ("oauth_token", "oauth_token_secret", "user_id", "screen_name")):
            raise UnexpectedResponse(f"{answer.status} without a token")
        secrets = {"access_token": told["oauth_token"], "access_token_secret": told["oauth_token_secret"]}
        return [Granted(Identity(told["user_id"], told["screen_name"]), secrets, _SCOPES)]

    def revoke(self, target: Target) -> None:
        """Invalidate the account's token."""
        secrets = target.secrets
        signed = OAuth1(
            secrets.get("consumer_key", ""),
            client_secret=secrets.get("consumer_secret", ""),
            resource_owner_key=secrets.get("access_token", ""),
            resource_owner_secret=secrets.get("access_token_secret", ""),
        )
        answer = self._post("1.1/oauth/invalidate_token", signed)
        if answer.status == 401:
            raise BadCredentials("the token was worthless already", platform_code="401")
        if not 200 <= answer.status < 300:
            raise UnexpectedResponse(f"{answer.status}", platform_code=str(answer.status))

    def _post(self, path: str, signed: OAuth1) -> Answer:
        # A session for one call: editors connect rarely, and nothing of one stays for the next.
        with GuardedSession(host=_HOST, endpoint=self._endpoint) as session:
            return up(ask(session, "POST", f"{_HOST}/{path}", auth=signed))
