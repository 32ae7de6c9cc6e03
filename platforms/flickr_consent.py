"""Access to an account on Flickr: OAuth 1.0a in three steps. No call ends it: its owner does, on Flickr."""

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from requests_oauthlib import OAuth1

from platforms.access import Consent, Granted
from platforms.contract import Endpoint, Identity
from platforms.errors import ConsentDeclined, ConsentMismatch, PlatformConfig, UnexpectedResponse
from platforms.http import Answer, GuardedSession, ask, up
from platforms.oauth1 import form, request_token
from platforms.specs.flickr import FLICKR
from platforms.wire import check_endpoint

_HOST = FLICKR.base_url  # flickr.com/services/api/auth.oauth.html
_PERMISSION = "delete"  # it includes "read" and "write"


class FlickrConsent:
    """Asks for access to an account on Flickr."""

    def __init__(self, endpoint: Endpoint) -> None:
        check_endpoint(endpoint)
        self._endpoint = endpoint

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:  # noqa: ARG002 - who signs in decides
        """Get a request token; Flickr knows the browser by it, and so do we."""
        signed = OAuth1(app["api_key"], client_secret=app["api_secret"], callback_uri=callback)
        answer = self._post("oauth/request_token", signed)
        if answer.status in (400, 401, 403):
            # Never its words: they repeat what was signed.
            raise PlatformConfig("no request token is given to this app", platform_code=str(answer.status))
        kept = request_token(answer)
        shown = urlencode({"oauth_token": kept["token"], "perms": _PERMISSION})
        return Consent(f"{self._endpoint.base_url}/services/oauth/authorize?{shown}", kept)

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Change the verifier for the account's token, and ask under which address the account is seen."""
        came = query.get("oauth_token", "")
        if not came or not hmac.compare_digest(came.encode(), kept.get("token", "").encode()):
            raise ConsentMismatch
        if not query.get("oauth_verifier"):
            raise ConsentDeclined
        answer = self._post(
            "oauth/access_token", _signed(app, kept["token"], kept["secret"], verifier=query["oauth_verifier"])
        )
        if answer.status in (400, 401, 403):
            raise ConsentMismatch(platform_code=str(answer.status))
        given = form(answer)
        if not all(given.get(name) for name in ("oauth_token", "oauth_token_secret", "user_nsid")):
            raise UnexpectedResponse(f"{answer.status} without a token")
        number = given["user_nsid"]
        secrets = {"access_token": given["oauth_token"], "access_token_secret": given["oauth_token_secret"]}
        signed = _signed(app, secrets["access_token"], secrets["access_token_secret"])
        return [Granted(Identity(number, self._address(number, signed)), secrets, (_PERMISSION,))]

    def _address(self, number: str, signed: OAuth1) -> str:
        """Return what stands behind /photos/ in the account's address.

        Not the name that comes with the token: anybody may choose any name that is free, an embassy's address among them.
        Source: flickr.com/services/api/flickr.people.getInfo.html
        """
        asked = {"method": "flickr.people.getInfo", "user_id": number, "format": "json", "nojsoncallback": "1"}
        answer = self._post("rest/", signed, data=asked)
        content = answer.json()
        person = content.get("person") if isinstance(content, dict) else None
        if not isinstance(person, dict) or person.get("nsid") != number:
            raise UnexpectedResponse(f"{answer.status} without the account")
        shown = person.get("photosurl")
        path = urlsplit(str(shown.get("_content")) if isinstance(shown, dict) else "").path.strip("/").split("/")
        if path[-2:-1] != ["photos"]:
            raise UnexpectedResponse("an account without an address")
        return path[-1]

    def _post(self, path: str, signed: OAuth1, **more: Any) -> Answer:
        with GuardedSession(host=_HOST, endpoint=self._endpoint) as session:
            return up(ask(session, "POST", f"{_HOST}/services/{path}", auth=signed, **more))


def _signed(app: Mapping[str, str], token: str, secret: str, **more: str) -> OAuth1:
    return OAuth1(
        app["api_key"], client_secret=app["api_secret"], resource_owner_key=token, resource_owner_secret=secret, **more
    )
