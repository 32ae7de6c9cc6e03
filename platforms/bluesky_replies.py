"""What others write beneath a post on Bluesky: read where anybody may, without the account's access, and answered there."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from platforms.bluesky_answers import refusal
from platforms.contract import Endpoint, Outgoing, Receipt, Target
from platforms.errors import PlatformDown, PublicationGone, UnexpectedResponse, Unsupported
from platforms.homes import server_at
from platforms.http import Sessions, ask
from platforms.readback import accepted, time_of
from platforms.strangers import Comment

# The permission that an editor gives us is for publishing alone. Source: docs.bsky.app, API hosts and auth.
APP_VIEW = "https://public.api.bsky.app"
DEPTH = 50  # answers to answers; our own threads count too. Source: lexicon app.bsky.feed.getPostThread: at most 1,000
_POST = re.compile(r"at://did:[a-z]+:[A-Za-z0-9.:%_-]+/app\.bsky\.feed\.post/[A-Za-z0-9.~:_-]{1,512}")
_GONE, _NOT_FOUND = "app.bsky.feed.defs#notFoundPost", "NotFound"


class BlueskyReplies:
    """What the adapter of Bluesky can do with people who answer a post."""

    _endpoint: Endpoint
    _sessions: Sessions

    @abstractmethod
    def _stand(self, out: Outgoing, reply: dict[str, Any] | None, target: Target) -> Receipt:
        """Put a post under the name of its publication."""

    def comments(self, remote_id: str, target: Target, since: datetime) -> list[Comment]:
        """Read what others wrote beneath a post, and beneath that; the account's own are left out."""
        thread = self._thread(f"at://{target.platform_id}/app.bsky.feed.post/{remote_id}", depth=DEPTH)
        found = [each for view in _below(thread) if (each := _comment(view, target.platform_id)) is not None]
        return sorted((each for each in found if each.at >= since), key=lambda each: each.at)

    def answer(self, comment_id: str, out: Outgoing, target: Target) -> Receipt:
        """Answer a reply beneath it."""
        try:
            view = self._thread(comment_id, depth=0)["post"]
        except UnexpectedResponse as error:
            # Nothing was sent yet.
            raise PlatformDown(error.detail, platform_code=error.platform_code) from None
        cid, record = view.get("cid"), view.get("record")
        if not isinstance(cid, str) or not isinstance(record, dict):
            raise PlatformDown("an answer without the post")
        parent, above = {"uri": comment_id, "cid": cid}, record.get("reply")
        root = above.get("root") if isinstance(above, dict) else None
        return self._stand(out, {"root": root or parent, "parent": parent}, target)

    def _thread(self, uri: str, *, depth: int) -> dict[str, Any]:
        """Return a post as anybody sees it, with so many levels of answers. Source: lexicon app.bsky.feed.getPostThread."""
        if not _POST.fullmatch(uri):
            raise Unsupported(f"{uri!r} is no post")
        where = server_at(self._endpoint, APP_VIEW)
        url = f"{where.base_url}/xrpc/app.bsky.feed.getPostThread"
        asked: dict[str, str | int] = {"uri": uri, "depth": depth, "parentHeight": 0}
        try:
            answer = accepted(ask(self._sessions.get(), "GET", url, params=asked), refusal, doing="reading")
        except UnexpectedResponse as error:
            if error.platform_code != _NOT_FOUND:
                raise
            raise PublicationGone(error.detail, platform_code=_NOT_FOUND) from None
        content = answer.json()
        thread = content.get("thread") if isinstance(content, dict) else None
        if isinstance(thread, dict) and thread.get("$type") == _GONE:
            raise PublicationGone("it is not there any more")
        if not isinstance(thread, dict) or not isinstance(thread.get("post"), dict):
            raise UnexpectedResponse(answer.words)
        return thread


def _below(thread: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the posts of a thread beneath its first."""
    waiting = [thread]
    while waiting:
        replies = waiting.pop().get("replies")
        for each in replies if isinstance(replies, list) else ():
            # What is blocked, or gone, is no post.
            if isinstance(each, dict) and isinstance(each.get("post"), dict):
                yield each["post"]
                waiting.append(each)


def _comment(view: dict[str, Any], own: str) -> Comment | None:
    """Return one reply of others, far in the future where it has no time; None for the account's own, and without a name."""
    uri, author, record = view.get("uri"), view.get("author"), view.get("record")
    if not isinstance(uri, str) or not _POST.fullmatch(uri):
        return None
    who = author.get("did") if isinstance(author, dict) else None
    if who == own:
        return None
    text = record.get("text") if isinstance(record, dict) else None
    at = time_of(view.get("indexedAt"))  # when the service saw it: what its author says may be any time
    return Comment(uri, who if isinstance(who, str) else "", text if isinstance(text, str) else "", at)
