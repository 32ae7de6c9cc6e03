"""Weibo over its plain interface: no library for it is kept up. A post is `statuses/share`, which must link to our own domain."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import requests

from platforms.audience import audience
from platforms.contract import Audience, Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import BadCredentials, PublicationGone, Unconfirmed, UnexpectedResponse, Unfinished, Unsupported
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.measure import weibo_text
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in
from platforms.specs.weibo import WEIBO
from platforms.weibo_answers import created, number, refusal

_READ_BACK = 20
_REACH = timedelta(minutes=5)  # how far Weibo's clock and ours may differ, at most


class WeiboAdapter:
    """Publishes, withdraws, reads back and verifies on Weibo."""

    spec: ClassVar[PlatformSpec] = WEIBO

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(GuardedSession, host=WEIBO.base_url, endpoint=endpoint)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post, with the picture if there is one."""
        fields = {"status": weibo_text(out.text), "rip": target.secrets.get("public_ip", "")}
        files = {"pic": ("card.jpg", out.media.content, "image/jpeg")} if out.media else None
        answer = self._post("statuses/share", fields, target, doing="creating", files=files)
        if not (remote_id := number(answer.json())):
            raise Unconfirmed(f"{answer.status} without an id: {answer.words}")
        return self._receipt(remote_id)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a post."""
        if not remote_id.isdecimal():
            raise Unsupported(f"{remote_id} is no post")
        with suppress(PublicationGone):
            answer = self._post("statuses/destroy", {"id": remote_id}, target, doing="changing")
            # It answers with what it has deleted.
            if number(answer.json()) != remote_id:
                raise Unfinished(f"{answer.status} without the post: {answer.words}")

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the account's latest posts for the marker."""
        asked = {"uid": target.platform_id, "count": str(_READ_BACK), "trim_user": "1"}
        rows = self._get("statuses/user_timeline", asked, target).get("statuses")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnexpectedResponse("an answer without posts")
        sent = replace(out, text=weibo_text(out.text))
        for row in rows:
            same = stands_in(sent, str(row.get("text", ""))) and created(row) >= since.astimezone(UTC) - SLACK
            if same and (remote_id := number(row)):
                return self._receipt(remote_id)
        if len(rows) >= _READ_BACK and min(map(created, rows)) > since.astimezone(UTC) - _REACH:
            raise UnexpectedResponse(f"{len(rows)} posts, all of them younger than the try: its absence is not proven")
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whom the token speaks for."""
        uid = str(self._get("account/get_uid", {}, target).get("uid") or "")
        if not uid.isdecimal():
            raise UnexpectedResponse("an answer without an account")
        user = self._get("users/show", {"uid": uid}, target)
        if number(user) != uid or not isinstance(name := user.get("screen_name"), str) or not name:
            raise UnexpectedResponse("an answer without a name")
        return Identity(platform_id=uid, address=name)

    def count(self, target: Target) -> Audience:
        """Ask for the account's figures. Source: open.weibo.com/wiki/2/users/show."""
        user = self._get("users/show", {"uid": target.platform_id}, target)
        return audience(user, followers="followers_count", publications="statuses_count")

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, remote_id: str) -> Receipt:
        return Receipt(remote_id, f"{self._endpoint.web_url}/detail/{remote_id}")

    def _post(self, path: str, fields: Mapping[str, str], target: Target, *, doing: Doing, files: Any = None) -> Answer:
        # The documents of these calls have the token among the fields.
        return self._ask("POST", path, target, doing, data={"access_token": _token(target), **fields}, files=files)

    def _get(self, path: str, asked: Mapping[str, str], target: Target) -> dict[str, Any]:
        # In a header, which its documents allow as well: an address is written down by whatever stands between.
        headers = {"Authorization": f"OAuth2 {_token(target)}"}
        answer = self._ask("GET", path, target, "reading", params=asked, headers=headers)
        content = answer.json()
        if not isinstance(content, dict):
            raise UnexpectedResponse(answer.words)
        return content

    def _ask(self, method: str, path: str, target: Target, doing: Doing, **more: Any) -> Answer:
        if missing := [name for name in WEIBO.secrets if not target.secrets.get(name)]:
            raise BadCredentials(f"no {', '.join(missing)} stored")
        session = self._sessions.get()
        try:
            session.request(method, f"{WEIBO.base_url}/2/{path}.json", **more)
        except requests.exceptions.RequestException as error:
            raise in_light_of(doing, network_error(error)) from None
        return accepted(session.last, refusal, doing=doing)


def _token(target: Target) -> str:
    return target.secrets.get("access_token", "")
