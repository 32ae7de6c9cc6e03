"""LinkedIn pages of organisations through its own client, which raises nothing: each answer is judged by itself."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from linkedin_api.clients.restli.client import RestliClient
from linkedin_api.common.errors import ResponseFormattingError

from platforms.audience import audience
from platforms.contract import Audience, Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    AlreadyPosted,
    BadCredentials,
    PlatformError,
    PublicationGone,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.linkedin_answers import duplicate_of, is_post, refusal
from platforms.measure import little_text, plain_text
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in
from platforms.specs.linkedin import LINKEDIN, LINKEDIN_VERSION
from platforms.wire import is_loopback

_HOST = "https://api.linkedin.com"  # built into the client; the endpoint takes its place
_READ_BACK = 20
_ID = "x-restli-id"
# Roles that may publish for an organisation. Source: learn.microsoft.com, LinkedIn, organization access control.
_PUBLISHES = ("ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN")
# What the client raises where an answer is not what it expects; the answer itself is then judged.
_LOST = (ResponseFormattingError, AttributeError, KeyError, TypeError, ValueError)

Call = Callable[[RestliClient, dict[str, str]], Any]


class LinkedInAdapter:
    """Publishes, amends, withdraws, reads back and verifies on an organisation's page; stages pictures."""

    spec: ClassVar[PlatformSpec] = LINKEDIN

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(GuardedSession, host=_HOST, endpoint=endpoint)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post on the page, with the picture if it was staged."""
        entity: dict[str, Any] = {
            "author": _author(target),
            # A reserved sign that is not escaped cuts the post there, with a 201.
            "commentary": little_text(out.text),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        if out.staged:
            entity["content"] = {"media": {"id": out.staged, "altText": out.media.alt if out.media else ""}}
        try:
            answer = self._ask(
                target,
                lambda client, common: client.create(resource_path="/posts", entity=entity, **common),
                doing="creating",
            )
        except Unconfirmed as unknown:
            urn = duplicate_of(unknown.detail) if unknown.duplicate else ""
            if urn and self._is_ours(urn, out, target):
                raise AlreadyPosted(urn, self._receipt(urn).url) from None
            raise
        if is_post(urn := answer.headers.get(_ID, "")):
            return self._receipt(urn)
        raise Unconfirmed(f"{answer.status} without an id: {answer.words}")

    def _is_ours(self, urn: str, out: Outgoing, target: Target) -> bool:
        """Tell whether a post stands on this page, and is this very one."""
        try:
            answer = self._ask(
                target,
                lambda client, common: client.get(resource_path="/posts/{id}", path_keys={"id": urn}, **common),
                doing="reading",
            )
        except PlatformError:
            return False
        post = answer.json()
        mine = isinstance(post, dict) and post.get("author") == _author(target)
        return mine and stands_in(out, plain_text(str(post.get("commentary", ""))))

    def stage(self, out: Outgoing, target: Target) -> str:
        """Upload the picture; it is seen by nobody until a post shows it."""
        if out.media is None:
            raise Unsupported("there is no picture to upload")
        wanted = {"initializeUploadRequest": {"owner": _author(target)}}
        answer = self._ask(
            target,
            lambda client, common: client.action(
                resource_path="/images", action_name="initializeUpload", action_params=wanted, **common
            ),
            doing="reading",
        )
        content = answer.json()
        value = content.get("value") if isinstance(content, dict) else None
        where, urn = (
            (str(value.get(name, "")) for name in ("uploadUrl", "image")) if isinstance(value, dict) else ("", "")
        )
        if not urn.startswith("urn:li:image:") or not self._may_upload(where):
            raise UnexpectedResponse("no address to upload to")
        session = self._sessions.get()
        headers = {"Authorization": f"Bearer {target.secrets['access_token']}", "Content-Type": "image/jpeg"}
        try:
            session.put(where, data=out.media.content, headers=headers)
        except requests.exceptions.RequestException as error:
            raise in_light_of("reading", network_error(error)) from None
        accepted(session.last, refusal, doing="reading")
        return urn

    def _may_upload(self, where: str) -> bool:
        """Tell whether the token may go to an address that LinkedIn gave us: it must be LinkedIn's own."""
        if is_loopback(self._endpoint.base_url):
            return is_loopback(where)
        host = urlsplit(where).hostname or ""
        return where.startswith("https://") and f".{host}".endswith((".linkedin.com", ".licdn.com"))

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Put another text in the place of a post's; its picture stays."""
        patch = {"commentary": little_text(out.text)}
        self._change(
            remote_id,
            target,
            lambda client, common: client.partial_update(
                resource_path="/posts/{id}", path_keys={"id": remote_id}, patch_set_object=patch, **common
            ),
        )
        return self._receipt(remote_id)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a post."""
        with suppress(PublicationGone):
            self._change(
                remote_id,
                target,
                lambda client, common: client.delete(
                    resource_path="/posts/{id}", path_keys={"id": remote_id}, **common
                ),
            )

    def _change(self, remote_id: str, target: Target, call: Call) -> None:
        if not is_post(remote_id):
            raise Unsupported(f"{remote_id} is no post")
        answer = self._ask(target, call, doing="changing")
        if answer.status != 204:
            raise Unfinished(f"{answer.status} where 204 is said: {answer.words}")

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the page's latest posts for the marker."""
        query = {"author": _author(target), "count": _READ_BACK, "sortBy": "LAST_MODIFIED"}
        for post in self._elements(target, "/posts", "author", query):
            text = plain_text(str(post.get("commentary", "")))
            if (
                stands_in(out, text)
                and _created(post) >= since.astimezone(UTC) - SLACK
                and is_post(str(post.get("id")))
            ):
                return self._receipt(str(post["id"]))
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whether the member whose token it is may still publish for the organisation, which is known by its number."""
        roles = self._elements(target, "/organizationAcls", "roleAssignee", {"state": "APPROVED"})
        if not any(
            _author(target) in (row.get("organization"), row.get("organizationalTarget"))
            and row.get("role") in _PUBLISHES
            and row.get("state") == "APPROVED"
            for row in roles
        ):
            raise BadCredentials("the member has no role any more that may publish for this organisation")
        return Identity(platform_id=target.platform_id, address=target.address)

    def count(self, target: Target) -> Audience:
        """Ask how many follow the organisation. Source: learn.microsoft.com, LinkedIn, retrieve organization follower count."""
        asked: dict[str, Any] = {
            "path_keys": {"organization": _author(target)}, "query_params": {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"},
        }  # fmt: skip
        answer = self._ask(
            target,
            lambda client, common: client.get(resource_path="/networkSizes/{organization}", **asked, **common),
            doing="reading",
        )
        return audience(answer.json(), followers="firstDegreeSize")

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, urn: str) -> Receipt:
        return Receipt(urn, f"{self._endpoint.web_url}/feed/update/{urn}")

    def _elements(self, target: Target, path: str, finder: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self._ask(
            target,
            lambda client, common: client.finder(resource_path=path, finder_name=finder, query_params=query, **common),
            doing="reading",
        )
        content = answer.json()
        rows = content.get("elements") if isinstance(content, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnexpectedResponse(answer.words)
        return rows

    def _ask(self, target: Target, call: Call, *, doing: Doing) -> Answer:
        token = target.secrets.get("access_token", "")
        if not token:
            raise BadCredentials("no access token stored")
        client = RestliClient()
        session = client.session = self._sessions.get()
        try:
            call(client, {"access_token": token, "version_string": LINKEDIN_VERSION})
        except requests.exceptions.JSONDecodeError:
            pass  # the answer is judged below
        except requests.exceptions.RequestException as error:
            raise in_light_of(doing, network_error(error)) from None
        except _LOST as error:
            if session.last is None:
                raise UnexpectedResponse(type(error).__name__) from None
        return accepted(session.last, refusal, doing=doing)


def _author(target: Target) -> str:
    return f"urn:li:organization:{target.platform_id}"


def _created(post: dict[str, Any]) -> datetime:
    moment = post.get("createdAt", post.get("publishedAt"))
    if isinstance(moment, int):
        return datetime.fromtimestamp(moment / 1000, UTC)
    return datetime.max.replace(tzinfo=UTC)  # a post without a time is not proven absent
