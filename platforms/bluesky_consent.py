"""Access to an account of the AT Protocol: OAuth 2.0 with pushed requests, PKCE and DPoP, at whoever gives access to it.

Our app is an address, at which servers read who we are (`describe`); it proves itself with a key, so that an access lasts.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity, Target
from platforms.dpop import assertion, key, send
from platforms.errors import (
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    Throttled,
    UnexpectedResponse,
)
from platforms.homes import Home, authorisation, did_of, home_of
from platforms.http import GuardedSession, PublicSession, network_error
from platforms.oauth2 import answered, challenge, text
from platforms.readback import in_light_of
from platforms.specs.bluesky import BLUESKY
from platforms.wire import check_endpoint

# The least that publishing needs: posts, and their pictures. Source: atproto.com, permissions.
_NEEDED = ("atproto", "repo:app.bsky.feed.post", "blob:image/jpeg")
_WINDOW_S = 300.0
_NAME = "Tocsin"


class BlueskyConsent:
    """Asks for access to an account where it is, makes it longer, and ends it."""

    def __init__(self, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)
        self._endpoint = endpoint
        self._nonces: dict[str, str] = {}

    def describe(self, *, callback: str, app: Mapping[str, str]) -> dict[str, Any]:
        """Return what authorisation servers read at our app's address. Source: atproto.com, OAuth, client metadata."""
        ours = key(app["client_key"])
        return {
            "client_id": app["client_id"],
            "client_name": _NAME,
            "application_type": "web",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "redirect_uris": [callback],
            "scope": " ".join(_NEEDED),
            "dpop_bound_access_tokens": True,
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [{**ours.public, "kid": ours.thumbprint, "alg": "ES256", "use": "sig"}]},
        }

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:
        """Say beforehand what will be asked, and send the editor to the screen of the account's own server."""
        state, verifier, dpop_key = (secrets.token_urlsafe(size) for size in (24, 48, 32))
        asked = {
            "response_type": "code",
            "redirect_uri": callback,
            "scope": " ".join(_NEEDED),
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            "login_hint": account,
        }
        with self._session() as session:
            home = home_of(session, self._endpoint, did_of(session, self._endpoint, account))
            server = authorisation(session, self._endpoint, home.issuer)
            address = server["pushed_authorization_request_endpoint"]
            given = self._post(session, address, asked, app, home.issuer, dpop_key, refused=PlatformConfig)
        query = {"client_id": app["client_id"], "request_uri": text(given, "request_uri")}
        kept = {"state": state, "callback": callback, "verifier": verifier, "dpop_key": dpop_key, "issuer": home.issuer}
        return Consent(f"{server['authorization_endpoint']}?{urlencode(query)}", kept)

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the code for the account's tokens, and make sure that who gave them may speak for the account."""
        brought = answered(query, kept)
        issuer = kept["issuer"]
        code = {
            "grant_type": "authorization_code",
            "code": brought,
            "redirect_uri": kept["callback"],
            "code_verifier": kept["verifier"],
        }
        with self._session() as session:
            server = authorisation(session, self._endpoint, issuer)
            # RFC 9207: an answer that another server gave must not reach this one.
            if query.get("iss") != issuer:
                raise ConsentMismatch
            address = server["token_endpoint"]
            given = self._post(session, address, code, app, issuer, kept["dpop_key"], refused=ConsentMismatch)
            # Whose the tokens are is for the account's own server to say, not for whoever hands them out.
            home = home_of(session, self._endpoint, text(given, "sub"))
        if home.issuer != issuer:
            raise ConsentMismatch("another server gives access to this account")
        return [_granted(given, home, kept["dpop_key"])]

    def renew(self, target: Target) -> Granted:
        """Change the refresh token, which is worthless afterwards, for new tokens."""
        held, dpop_key, issuer = (target.secrets.get(name, "") for name in ("refresh_token", "dpop_key", "issuer"))
        if not held or not dpop_key:
            raise BadCredentials("no access is stored")
        asked = {"grant_type": "refresh_token", "refresh_token": held}
        with self._session() as session:
            address = authorisation(session, self._endpoint, self._issuer(issuer))["token_endpoint"]
            given = self._post(
                session, address, asked, target.secrets, self._issuer(issuer), dpop_key, refused=BadCredentials
            )
        if given.get("sub") != target.platform_id:
            raise BadCredentials("the tokens speak for another account")
        home = Home(target.platform_id, target.address, target.secrets.get("pds", ""), issuer)
        return _granted(given, home, dpop_key)

    def revoke(self, target: Target) -> None:
        """Make the tokens worthless."""
        held, dpop_key, issuer = (target.secrets.get(name, "") for name in ("refresh_token", "dpop_key", "issuer"))
        if not held or not dpop_key:
            raise BadCredentials("no access is stored")
        with self._session() as session:
            server = authorisation(session, self._endpoint, self._issuer(issuer))
            address = server.get("revocation_endpoint", "")
            if not address:
                raise UnexpectedResponse("this server ends no access: the editor must")
            self._post(
                session,
                address,
                {"token": held},
                target.secrets,
                self._issuer(issuer),
                dpop_key,
                refused=BadCredentials,
            )

    def _issuer(self, stored: str) -> str:
        """Return who gives access; in a demo it is the simulator, whatever is stored."""
        return self._endpoint.base_url if self._endpoint.loopback_only else stored

    @contextmanager
    def _session(self) -> Iterator[GuardedSession]:
        with PublicSession(host=BLUESKY.base_url, endpoint=self._endpoint) as session:
            yield session

    def _post(
        self,
        session: GuardedSession,
        url: str,
        fields: Mapping[str, str],
        app: Mapping[str, str],
        issuer: str,
        dpop_key: str,
        *,
        refused: type[PlatformError],
    ) -> dict[str, Any]:
        ours = assertion(app.get("client_key", ""), app.get("client_id", ""), issuer)
        try:
            answer = send(session, self._nonces, "POST", url, dpop_key=dpop_key, data={**fields, **ours})
        except requests.exceptions.RequestException as error:
            raise in_light_of("reading", network_error(error)) from None
        code = str(answer.status)
        if answer.status == 429:
            raise Throttled(scope="app", retry_after=_WINDOW_S, platform_code=code)
        if answer.status >= 500:
            raise PlatformDown(platform_code=code)
        content = answer.json()
        if 200 <= answer.status < 300 and (isinstance(content, dict) or not answer.body):
            return content or {}
        # RFC 6749, 5.2. Words of theirs may repeat what we sent: only the codes of the standard are looked at.
        told = str(content.get("error", "")) if isinstance(content, dict) else ""
        kinds: dict[str, type[PlatformError]] = {
            "invalid_client": PlatformConfig,
            "invalid_client_metadata": PlatformConfig,
            "invalid_redirect_uri": PlatformConfig,
            "invalid_scope": PlatformConfig,
            "unauthorized_client": PlatformConfig,
            "access_denied": ConsentDeclined,
            "invalid_grant": refused,
            "invalid_request": refused,
        }
        raise kinds.get(told, UnexpectedResponse)(platform_code=told or code)


def _granted(given: Mapping[str, Any], home: Home, dpop_key: str) -> Granted:
    scopes = tuple(sorted(text(given, "scope").split()))
    if missing := [name for name in _NEEDED if name not in scopes]:
        raise ConsentDeclined(f"not allowed: {', '.join(missing)}")
    seconds = given.get("expires_in")
    if str(given.get("token_type", "")).lower() != "dpop" or not isinstance(seconds, int):
        raise UnexpectedResponse("an answer without a token of ours")
    held = {"access_token": text(given, "access_token"), "refresh_token": text(given, "refresh_token")}
    ends = datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=seconds)
    where = {"dpop_key": dpop_key, "pds": home.pds, "issuer": home.issuer}
    return Granted(Identity(home.did, home.handle), held | where, scopes, expires_at=ends)
