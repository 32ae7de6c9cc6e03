"""Facebook pages through facebook-sdk; the token travels in a header, and a success needs an id."""

import hashlib
import hmac
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

import requests

with warnings.catch_warnings():
    # The SDK of 2018 has strings that newer Pythons warn of on import.
    warnings.simplefilter("ignore")
    import facebook

from platforms.audience import audience
from platforms.contract import Audience, Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PublicationGone,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.facebook_comments import FacebookComments
from platforms.graph_answers import NOT_THERE, created, refusal
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in
from platforms.specs.facebook import FACEBOOK

_HOST = "https://graph.facebook.com"  # built into the SDK; the endpoint takes its place
API_VERSION = "v25.0"  # the SDK itself accepts nothing newer than 3.1; a version lives about two years
_READ_BACK = 10
_LOST = (facebook.GraphAPIError, KeyError, AttributeError, TypeError, ValueError)


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


class FacebookAdapter(FacebookComments):
    """Publishes, amends, withdraws, reads back and verifies on a page; hears and answers who writes to it."""

    spec: ClassVar[PlatformSpec] = FACEBOOK

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(_GraphSession, host=_HOST, endpoint=endpoint)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post on the page, with a card for the link."""
        # The form encodes booleans as text.
        fields = {"message": out.text, "published": "true"} | ({"link": out.link} if out.link else {})
        answer = self._ask(
            target,
            lambda graph, proof: graph.put_object(target.platform_id, "feed", **fields, **proof),
            doing="creating",
        )
        content = answer.json()
        if isinstance(content, dict) and isinstance(content.get("id"), str) and content["id"]:
            return self._receipt(content["id"])
        # The SDK takes `500 {}` and the like for success.
        raise Unconfirmed(f"{answer.status} without an id: {answer.words}")

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Put another text in the place of a publication's; its card stays. Facebook lets only the app do it that posted."""
        self._change(
            remote_id,
            target,
            lambda graph, proof: graph.request(
                f"{graph.version}/{remote_id}", post_args={"message": out.text, **proof}, method="POST"
            ),
        )
        return self._receipt(remote_id)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a publication."""
        # Not the SDK's delete_object, which cannot carry the proof.
        with suppress(PublicationGone):
            self._change(
                remote_id,
                target,
                lambda graph, proof: graph.request(f"{graph.version}/{remote_id}", args=dict(proof), method="DELETE"),
            )

    def _change(self, remote_id: str, target: Target, call: Callable[[Any, dict[str, str]], Any]) -> None:
        if not remote_id.startswith(f"{target.platform_id}_"):
            raise Unsupported(f"{remote_id} is not a publication of this page")
        try:
            answer = self._ask(target, call, doing="changing")
        except ContentRejected as refused:
            if refused.platform_code != NOT_THERE:
                raise
            kind = PublicationGone if self._is_gone(remote_id, target) else Unsupported
            raise kind(refused.detail, platform_code=NOT_THERE) from None
        content = answer.json()
        if not isinstance(content, dict) or content.get("success") is not True:
            raise Unfinished(f"{answer.status} without a success: {answer.words}")

    def _is_gone(self, remote_id: str, target: Target) -> bool:
        """Tell what is gone from what we may not touch: the page's own token sees whatever stands on the page."""

        def seen(name: str) -> str:
            answer = self._ask(
                target, lambda graph, proof: graph.get_object(name, fields="id", **proof), doing="changing"
            )
            content = answer.json()
            if not isinstance(content, dict) or "id" not in content:
                raise Unfinished(answer.words)
            return str(content["id"])

        try:
            return seen(remote_id) != remote_id
        except ContentRejected as refused:
            if refused.platform_code != NOT_THERE:
                raise
        return seen("me") == target.platform_id

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the page's latest publications for the marker."""
        answer = self._ask(
            target,
            lambda graph, proof: graph.get_connections(
                target.platform_id, "published_posts", fields="id,message,created_time", limit=_READ_BACK, **proof
            ),
            doing="reading",
        )
        content = answer.json()
        if not isinstance(content, dict) or not isinstance(content.get("data"), list):
            raise UnexpectedResponse(answer.words)
        for post in content["data"]:
            if (
                stands_in(out, str(post.get("message", "")))
                and created(post, "created_time") >= since.astimezone(UTC) - SLACK
            ):
                return self._receipt(str(post["id"]))
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        answer = self._ask(
            target, lambda graph, proof: graph.get_object("me", fields="id,name,username", **proof), doing="reading"
        )
        content = answer.json()
        if not isinstance(content, dict) or "id" not in content:
            raise UnexpectedResponse(answer.words)
        return Identity(platform_id=str(content["id"]), address=str(content.get("username") or content.get("name", "")))

    def count(self, target: Target) -> Audience:
        """Ask how many follow the page. Source: developers.facebook.com, Page, followers_count."""
        answer = self._ask(
            target, lambda graph, proof: graph.get_object("me", fields="id,followers_count", **proof), doing="reading"
        )
        return audience(answer.json(), followers="followers_count")

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, remote_id: str) -> Receipt:
        return Receipt(remote_id, f"{self._endpoint.web_url}/{remote_id}")

    def _ask(self, target: Target, call: Callable[[Any, dict[str, str]], Any], *, doing: Doing) -> Answer:
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
            raise in_light_of(doing, network_error(error)) from None
        except _LOST as error:
            if session.last is None:
                raise UnexpectedResponse(type(error).__name__) from None
        return accepted(session.last, refusal, doing=doing)
