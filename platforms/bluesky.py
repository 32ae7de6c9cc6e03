"""Bluesky through atproto, on each account's own server; a publication has one name at every try, so that it stands once."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import requests
from atproto_client import models
from atproto_client.client.raw import ClientRaw
from atproto_client.exceptions import AtProtocolError
from atproto_client.models.utils import get_model_as_json
from atproto_client.utils import TextBuilder

from platforms.bluesky_answers import refusal
from platforms.bluesky_replies import BlueskyReplies
from platforms.bluesky_request import DpopRequest
from platforms.contract import Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PlatformDown,
    PublicationGone,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.homes import server_at
from platforms.http import Answer, PublicSession, Sessions, network_error
from platforms.jpeg import jpeg_size
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in, time_of
from platforms.specs.bluesky import BLUESKY

_POSTS = "app.bsky.feed.post"
_MAX_PICTURE = 2_000_000  # bytes; bluesky-social/atproto, lexicon app.bsky.embed.images
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_TID = re.compile(rf"[{_DIGITS[:16]}][{_DIGITS}]{{12}}")
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?'()\[\]]")
# What the library raises where an answer is not what it expects; the answer itself is then judged.
_SDK_LOSES = (AtProtocolError, AttributeError, KeyError, TypeError, ValueError)


class BlueskyAdapter(BlueskyReplies):
    """Publishes, amends, withdraws, reads back, listens, answers and verifies, on the server on which an account is."""

    spec: ClassVar[PlatformSpec] = BLUESKY

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(PublicSession, host=BLUESKY.base_url, endpoint=endpoint)
        self._nonces: dict[str, str] = {}

    def stage(self, out: Outgoing, target: Target) -> str:
        """Upload the picture, which nothing refers to yet; what nothing refers to is forgotten after some hours."""
        if out.media is None:
            raise Unsupported("there is no picture")
        content = out.media.content
        if len(content) > _MAX_PICTURE:
            raise ContentRejected(f"a picture of {len(content)} bytes: at most {_MAX_PICTURE}")
        # The library gives other content than JSON no type of its own.
        kind = {"Content-Type": "image/jpeg"}
        answer = self._ask(target, lambda com: com.repo.upload_blob(content, headers=kind), doing="changing")
        blob = _object(answer).get("blob")
        ref = blob.get("ref") if isinstance(blob, dict) else None
        if not isinstance(ref, dict) or not isinstance(ref.get("$link"), str) or not ref["$link"]:
            raise Unfinished(f"{answer.status} without a reference: {answer.words}")
        return f"{ref['$link']} {len(content)}"

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Put a record under a name that is the same at every try: the second puts it in the place of the first."""
        return self._stand(out, self._reply(out.reply_to, target) if out.reply_to else None, target)

    def _stand(self, out: Outgoing, reply: dict[str, Any] | None, target: Target) -> Receipt:
        name, record = record_key(out), _record(out) | ({"reply": reply} if reply else {})
        answer = self._put(name, record, target, doing="creating")
        if not _is_receipt(answer, _uri(target, name)):
            raise Unconfirmed(f"{answer.status} without the record: {answer.words}")
        return self._receipt(name, target)

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Put another text, and its picture, in the place of a post's; its time and what it answers stay.

        Only over what was just read there: what is taken away in between does not come back.
        """
        _check(remote_id)
        before = self._get(remote_id, target, doing="changing")
        old = before.get("value")
        if not isinstance(old, dict) or not isinstance(before.get("cid"), str):
            raise Unfinished("an answer without the record")
        kept = {name: old[name] for name in ("createdAt", "reply") if name in old}
        answer = self._put(remote_id, {**_record(out), **kept}, target, doing="changing", over=before["cid"])
        if not _is_receipt(answer, _uri(target, remote_id)):
            raise Unfinished(f"{answer.status} without the record: {answer.words}")
        return self._receipt(remote_id, target)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a post. Where the answer names no deletion, nothing may have stood there: that is looked at."""
        _check(remote_id)
        asked = models.ComAtprotoRepoDeleteRecord.Data(repo=_did(target), collection=_POSTS, rkey=remote_id)
        answer = self._ask(target, lambda com: com.repo.delete_record(asked), doing="changing")
        if isinstance(_object(answer).get("commit"), dict):
            return
        try:
            self._get(remote_id, target, doing="changing")
        except PublicationGone:
            return
        raise Unfinished(f"{answer.status} without a deletion: {answer.words}")

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look under the one name that this publication has: it stands there, or nowhere."""
        name = record_key(out)
        try:
            found = self._get(name, target, doing="reading").get("value")
        except PublicationGone:
            return None
        if not isinstance(found, dict):
            raise UnexpectedResponse("an answer without the record")
        ours = time_of(found.get("createdAt")) >= since.astimezone(UTC) - SLACK and stands_in(
            out, str(found.get("text"))
        )
        return self._receipt(name, target) if ours else None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        answer = self._ask(target, lambda com: com.server.get_session(), doing="reading")
        found = _object(answer)
        if not all(isinstance(found.get(name), str) and found[name] for name in ("did", "handle")):
            raise UnexpectedResponse(answer.words)
        return Identity(platform_id=found["did"], address=found["handle"])

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _reply(self, remote_id: str, target: Target) -> dict[str, Any] | None:
        """Return how a post refers to what it answers, and to where the thread begins; None where that is gone."""
        _check(remote_id)
        try:
            found = self._get(remote_id, target, doing="reading")
        except PublicationGone:
            # It stands alone: a correction must not be lost with what it corrects.
            return None
        except UnexpectedResponse as error:
            # Nothing was sent yet.
            raise PlatformDown(error.detail, platform_code=error.platform_code) from None
        cid, value = found.get("cid"), found.get("value")
        if not isinstance(cid, str) or not isinstance(value, dict):
            # An answer without the record: to refer to nothing would have this very text refused.
            raise PlatformDown("an answer without the record")
        parent = {"uri": _uri(target, remote_id), "cid": cid}
        above = value.get("reply")
        root = above.get("root") if isinstance(above, dict) else None
        return {"root": root or parent, "parent": parent}

    def _put(
        self, name: str, record: dict[str, Any], target: Target, *, doing: Doing, over: str | None = None
    ) -> Answer:
        asked = models.ComAtprotoRepoPutRecord.Data(
            repo=_did(target), collection=_POSTS, rkey=name, record=record, swap_record=over
        )
        return self._ask(target, lambda com: com.repo.put_record(asked), doing=doing)

    def _get(self, name: str, target: Target, *, doing: Doing) -> dict[str, Any]:
        asked = models.ComAtprotoRepoGetRecord.Params(repo=_did(target), collection=_POSTS, rkey=name)
        return _object(self._ask(target, lambda com: com.repo.get_record(asked), doing=doing))

    def _receipt(self, name: str, target: Target) -> Receipt:
        return Receipt(name, f"{self._endpoint.web_url}/profile/{target.address.removeprefix('@')}/post/{name}")

    def _ask(self, target: Target, call: Callable[[Any], Any], *, doing: Doing) -> Answer:
        token, dpop_key = (target.secrets.get(name, "") for name in ("access_token", "dpop_key"))
        if not token or not dpop_key:
            raise BadCredentials("no access is stored")
        where = server_at(self._endpoint, target.secrets.get("pds", ""))
        session = self._sessions.get()
        request = DpopRequest(session, self._nonces, dpop_key=dpop_key, token=token)
        client = ClientRaw(where.base_url, request=request)
        try:
            call(client.com.atproto)
        except requests.exceptions.RequestException as error:
            raise in_light_of(doing, network_error(error)) from None
        except _SDK_LOSES as error:
            if session.last is None:
                raise UnexpectedResponse(type(error).__name__) from None
        return accepted(session.last, refusal, doing=doing)


def record_key(out: Outgoing) -> str:
    """Return the name of a publication's record: the time of its first try, and ten bits of its key.

    Source: atproto.com, TID: 13 digits of base 32; microseconds, then ten bits that tell apart what falls into the same one.
    """
    if out.first_at is None or not out.key:
        raise UnexpectedResponse("a publication without a time and a key cannot be named")
    microseconds = (out.first_at - _EPOCH) // timedelta(microseconds=1)
    clock = int.from_bytes(hashlib.sha256(out.key.encode()).digest()[:2], "big") & 0x3FF
    number = microseconds << 10 | clock
    return "".join(_DIGITS[number >> 5 * place & 31] for place in range(12, -1, -1))


def _record(out: Outgoing) -> dict[str, Any]:
    """Return the record of a post: the same at every try."""
    text, done = TextBuilder(), 0
    for link in _LINK.finditer(out.text):
        text.text(out.text[done : link.start()]).link(link.group(), link.group())
        done = link.end()
    text.text(out.text[done:])
    at = out.first_at.astimezone(UTC).isoformat(timespec="milliseconds") if out.first_at else ""
    made = models.AppBskyFeedPost.Record(
        text=text.build_text(),
        created_at=at.replace("+00:00", "Z"),
        langs=[out.language] if out.language else None,
        facets=text.build_facets() or None,
    )
    record: dict[str, Any] = json.loads(get_model_as_json(made))
    if out.staged:
        ref, _, size = out.staged.partition(" ")
        blob = {"$type": "blob", "ref": {"$link": ref}, "mimeType": "image/jpeg", "size": int(size)}
        shown: dict[str, Any] = {"alt": out.media.alt if out.media else "", "image": blob}
        # Without it readers are shown the middle of the picture only.
        if out.media and (shape := jpeg_size(out.media.content)):
            shown["aspectRatio"] = {"width": shape[0], "height": shape[1]}
        record["embed"] = {"$type": "app.bsky.embed.images", "images": [shown]}
    return record


def _did(target: Target) -> str:
    if not target.platform_id.startswith("did:"):
        raise BadCredentials("no DID is stored")
    return target.platform_id


def _uri(target: Target, name: str) -> str:
    return f"at://{_did(target)}/{_POSTS}/{name}"


def _check(remote_id: str) -> None:
    if not _TID.fullmatch(remote_id):
        raise Unsupported(f"{remote_id!r} is no name of a post")


def _is_receipt(answer: Answer, uri: str) -> bool:
    found = _object(answer)
    return found.get("uri") == uri and isinstance(found.get("cid"), str)


def _object(answer: Answer) -> dict[str, Any]:
    content = answer.json()
    return content if isinstance(content, dict) else {}
