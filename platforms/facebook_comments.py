"""People who write to a page: comments beneath its publications, answers to them, and answers to private messages."""

import json
from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from platforms.contract import Outgoing, Receipt, Target
from platforms.errors import ContentRejected, PublicationGone, Unconfirmed, UnexpectedResponse, Unsupported
from platforms.graph_answers import NOT_THERE, created
from platforms.http import Answer
from platforms.readback import Doing
from platforms.strangers import Comment

PAGE = 100  # comments of one request. Source: developers.facebook.com, Graph API, paged results
PAGES = 5  # of one reading: what is left is read the next time, as they come in their order
LONGEST_MESSAGE = 2000  # characters. Source: developers.facebook.com, Messenger Platform, Send API


class FacebookComments:
    """What the adapter of pages can do with people who write to them."""

    @abstractmethod
    def _ask(self, target: Target, call: Callable[[Any, dict[str, str]], Any], *, doing: Doing) -> Answer:
        """Ask the platform, through the adapter's session."""

    def comments(self, remote_id: str, target: Target, since: datetime) -> list[Comment]:
        """Read what others wrote beneath a publication, answers to their comments too; the page's own is left out."""
        if not remote_id.startswith(f"{target.platform_id}_"):
            raise Unsupported(f"{remote_id} is not a publication of this page")
        fields = {
            "fields": "id,message,created_time,from{id}",
            "filter": "stream",  # answers beneath comments too
            "order": "chronological",
            "limit": str(PAGE),
            "since": str(int(since.timestamp())),
        }
        found: list[Comment] = []
        for _ in range(PAGES):
            content = self._page_of_comments(remote_id, target, fields)
            found += [each for row in content["data"] if (each := _comment(row, target.platform_id)) is not None]
            paging = content.get("paging")
            after = paging.get("cursors", {}).get("after") if isinstance(paging, dict) and paging.get("next") else None
            if not isinstance(after, str) or not after:
                break
            fields["after"] = after
        return found

    def _page_of_comments(self, remote_id: str, target: Target, fields: dict[str, str]) -> dict[str, Any]:
        try:
            answer = self._ask(
                target,
                lambda graph, proof: graph.get_connections(remote_id, "comments", **fields, **proof),
                doing="reading",
            )
        except ContentRejected as refused:
            if refused.platform_code != NOT_THERE:
                raise
            raise PublicationGone(refused.detail, platform_code=NOT_THERE) from None
        content = answer.json()
        if not isinstance(content, dict) or not isinstance(content.get("data"), list):
            raise UnexpectedResponse(answer.words)
        return content

    def answer(self, comment_id: str, out: Outgoing, target: Target) -> Receipt:
        """Answer a comment beneath it."""
        answer = self._ask(
            target,
            lambda graph, proof: graph.put_object(comment_id, "comments", message=out.text, **proof),
            doing="creating",
        )
        return _receipt(answer, "id")

    def respond(self, person: str, out: Outgoing, target: Target) -> Receipt:
        """Write to somebody who has written to the page: within 24 hours, and never a second time about nothing new."""
        if len(out.text) > LONGEST_MESSAGE:
            raise ContentRejected(f"{len(out.text)} characters, and a message has at most {LONGEST_MESSAGE}")
        fields = {
            "recipient": json.dumps({"id": person}),
            "messaging_type": "RESPONSE",
            "message": json.dumps({"text": out.text}),
        }
        answer = self._ask(
            target,
            lambda graph, proof: graph.put_object(target.platform_id, "messages", **fields, **proof),
            doing="creating",
        )
        return _receipt(answer, "message_id")


def _receipt(answer: Answer, name: str) -> Receipt:
    content = answer.json()
    if isinstance(content, dict) and isinstance(content.get(name), str) and content[name]:
        return Receipt(content[name])
    raise Unconfirmed(f"{answer.status} without an id: {answer.words}")


def _comment(row: Any, page: str) -> Comment | None:
    """Return one comment of others, far in the future where it has no time; None for the page's own, and without a number."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        return None
    author = row.get("from")
    who = str(author.get("id", "")) if isinstance(author, dict) else ""
    if who == page:
        return None
    text = row.get("message")
    at = created(row, "created_time")
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return Comment(row["id"], who, text if isinstance(text, str) else "", at)
