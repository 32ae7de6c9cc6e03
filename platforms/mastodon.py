"""Mastodon through Mastodon.py, on each account's own server; what became of a publication is read from the answer itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import mastodon
import requests

from platforms.audience import audience
from platforms.contract import Audience, Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    AdapterMisconfigured,
    BadCredentials,
    PublicationGone,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.federation import endpoint_for, own_server
from platforms.http import Answer, PublicSession, Sessions, network_error
from platforms.mastodon_answers import plain_text, refusal, without_servers
from platforms.mastodon_replies import MastodonReplies
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in
from platforms.specs.mastodon import MASTODON

_READ_BACK = 20  # statuses; an account that publishes more in the seconds between does not exist
_AGENT = "Tocsin"  # some servers refuse an SDK's own name
# What the SDK raises where an answer is not what it expects, a status that stands there with a rate header that it cannot read
# among it; the answer itself is then judged.
_SDK_LOSES = (mastodon.MastodonError, AttributeError, KeyError, TypeError, ValueError)


class MastodonAdapter(MastodonReplies):
    """Publishes, amends, withdraws, reads back, listens, answers and verifies, on the server that an account's address names."""

    spec: ClassVar[PlatformSpec] = MASTODON

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(PublicSession, host=MASTODON.base_url, endpoint=endpoint)

    def stage(self, out: Outgoing, target: Target) -> str:
        """Upload the picture, which no status shows yet. A server may still work on it: `publish` then says so.

        It is not waited for: the SDK's own waiting asks every five seconds without end.
        """
        if out.media is None:
            raise Unsupported("there is no picture")
        content, alt = out.media.content, out.media.alt
        answer = self._ask(
            target,
            lambda client: client.media_post(content, mime_type="image/jpeg", description=alt, synchronous=False),
            doing="changing",
        )
        found = _object(answer)
        if not _id(found):
            raise Unfinished(f"{answer.status} without an id: {answer.words}")
        return _id(found)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post a status, under the key that is the same at every try.

        For an hour the server answers a second try with the status of the first: a repetition within it is safe. It keeps the
        key only once the status stands, so two tries at one time are not safe: the engine reads back before it tries again.
        Where what it answers is gone, it stands alone: a correction must not be lost with what it corrects.
        """
        try:
            return self._said(out, target)
        except PublicationGone as gone:
            # This refusal is certain: nothing was created.
            if not out.reply_to:
                raise UnexpectedResponse(gone.detail, platform_code=gone.platform_code) from None
            return self._said(replace(out, reply_to=""), target)

    def _said(self, out: Outgoing, target: Target, visibility: str = "public") -> Receipt:
        answer = self._ask(
            target,
            lambda client: client.status_post(
                out.text,
                in_reply_to_id=out.reply_to or None,
                media_ids=[out.staged] if out.staged else None,
                visibility=visibility,
                language=_language(out),
                idempotency_key=out.key or None,
            ),
            doing="creating",
        )
        found = _object(answer)
        if not _id(found):
            raise Unconfirmed(f"{answer.status} without an id: {answer.words}")
        return self._receipt(found, target)

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Put another text, and its picture, in the place of a status's; readers see that it was edited, and how it was.

        A picture that is not given again goes, and must: it says the old words.
        """
        answer = self._change(
            remote_id,
            target,
            lambda client: client.status_update(remote_id, out.text, media_ids=[out.staged] if out.staged else None),
        )
        return self._receipt(_object(answer), target)

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a status. Other servers are told, and most obey."""
        try:
            self._change(remote_id, target, lambda client: client.status_delete(remote_id))
        except PublicationGone:
            return

    def _change(self, remote_id: str, target: Target, call: Callable[[mastodon.Mastodon], Any]) -> Answer:
        if not remote_id.isascii() or not remote_id.isalnum():
            raise Unsupported(f"{remote_id!r} is no status's id")
        answer = self._ask(target, call, doing="changing")
        if _id(_object(answer)) != remote_id:
            raise Unfinished(f"{answer.status} without the status: {answer.words}")
        return answer

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the account's latest statuses for the marker and the text."""
        answer = self._ask(
            target,
            lambda client: client.account_statuses(target.platform_id, exclude_reblogs=True, limit=_READ_BACK),
            doing="reading",
        )
        found = answer.json()
        if not isinstance(found, list) or not all(isinstance(each, dict) and _id(each) for each in found):
            raise UnexpectedResponse(answer.words)
        begin = since.astimezone(UTC) - SLACK
        wanted = replace(out, text=without_servers(out.text))
        for status in found:
            if _created(status) >= begin and stands_in(wanted, without_servers(plain_text(str(status.get("content"))))):
                return self._receipt(status, target)
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        answer = self._ask(target, lambda client: client.account_verify_credentials(), doing="reading")
        found = _object(answer)
        if not _id(found) or not isinstance(found.get("username"), str):
            raise UnexpectedResponse(answer.words)
        return Identity(platform_id=_id(found), address=f"@{found['username']}@{own_server(target.address)}")

    def count(self, target: Target) -> Audience:
        """Ask the account's server for its figures. Source: docs.joinmastodon.org, Account."""
        answer = self._ask(target, lambda client: client.account_verify_credentials(), doing="reading")
        return audience(_object(answer), followers="followers_count", publications="statuses_count")

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, status: Mapping[str, Any], target: Target) -> Receipt:
        """Return an id with the address that the server gave, if it is one of its own."""
        web_url = endpoint_for(self._endpoint, own_server(target.address)).web_url
        url = status.get("url")
        own = isinstance(url, str) and url.startswith(f"{web_url}/")
        user = target.address.removeprefix("@").partition("@")[0]
        return Receipt(_id(status), str(url) if own else f"{web_url}/@{user}/{_id(status)}")

    def _ask(self, target: Target, call: Callable[[mastodon.Mastodon], Any], *, doing: Doing) -> Answer:
        token = target.secrets.get("access_token", "")
        if not token:
            raise BadCredentials("no access token stored")
        where = endpoint_for(self._endpoint, own_server(target.address))
        session = self._sessions.get()
        client = mastodon.Mastodon(
            api_base_url=where.base_url,
            ratelimit_method="throw",  # the others sleep in the worker
            request_timeout=(where.connect_s, where.read_s),  # type: ignore[arg-type] # handed to requests, which takes two
            session=session,
            version_check_mode="none",
            mastodon_version="4.3.0",
            user_agent=_AGENT,
        )
        # Without it an upload first asks the server for its version, and takes the oldest way if it gets no answer.
        client.mastodon_major, client.mastodon_minor = 4, 3
        # Not given above: the SDK would read a file of that name, if there were one.
        client.access_token = token
        try:
            call(client)
        except mastodon.MastodonNetworkError as error:
            cause = error.__context__
            if isinstance(cause, AdapterMisconfigured):
                raise cause from None
            if not isinstance(cause, requests.exceptions.RequestException):
                raise in_light_of(doing, Unconfirmed(type(cause).__name__)) from None
            raise in_light_of(doing, network_error(cause)) from None
        except _SDK_LOSES as error:
            if session.last is None:
                raise UnexpectedResponse(type(error).__name__) from None
        return accepted(session.last, refusal, doing=doing)


def _object(answer: Answer) -> dict[str, Any]:
    content = answer.json()
    return content if isinstance(content, dict) else {}


def _id(found: Mapping[str, Any]) -> str:
    number = found.get("id")
    return number if isinstance(number, str) else ""


def _language(out: Outgoing) -> str | None:
    return out.language.partition("-")[0] or None


def _created(status: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(status["created_at"]))
    except (KeyError, ValueError):
        return datetime.max.replace(tzinfo=UTC)  # a status without a time is not proven absent
