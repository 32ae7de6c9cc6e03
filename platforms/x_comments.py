"""What others write on X beneath a post, or of an account: read only where the ministry pays, as each post is charged."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from platforms.contract import Target
from platforms.errors import UnexpectedResponse
from platforms.http import Answer
from platforms.readback import Doing, time_of
from platforms.strangers import Comment

MOST = 100  # posts of one reading, the newest. Source: docs.x.com, recent search, max_results


class XComments:
    """What the adapter of X can do with people who answer a post."""

    @abstractmethod
    def _ask(self, target: Target, call: Callable[[Any], Any], *, doing: Doing) -> Answer:
        """Ask the platform, through the adapter's session."""

    def comments(self, remote_id: str, target: Target, since: datetime) -> list[Comment]:
        """Read the newest answers to a post, and to its answers; the account's own are left out.

        Source: docs.x.com, recent search: the last seven days, by `conversation_id`.
        """
        answer = self._ask(
            target,
            lambda client: client.search_recent_tweets(
                f"conversation_id:{remote_id} -from:{target.address.removeprefix('@')}",
                start_time=since.astimezone(UTC),
                max_results=MOST,
                tweet_fields=["author_id", "created_at"],
                user_auth=True,
            ),
            doing="reading",
        )
        return _comments(answer, target)

    def mentions(self, target: Target, since: datetime) -> list[Comment]:
        """Read the newest posts of others that name the account.

        Source: docs.x.com, GET /2/users/:id/mentions.
        """
        answer = self._ask(
            target,
            lambda client: client.get_users_mentions(
                target.platform_id,
                start_time=since.astimezone(UTC),
                max_results=MOST,
                tweet_fields=["author_id", "created_at"],
                user_auth=True,
            ),
            doing="reading",
        )
        return _comments(answer, target)


def _comments(answer: Answer, target: Target) -> list[Comment]:
    content = answer.json()
    if not isinstance(content, dict) or not isinstance(content.get("data", []), list):
        raise UnexpectedResponse(answer.words)
    found = [each for row in content.get("data", []) if (each := _comment(row, target.platform_id)) is not None]
    return sorted(found, key=lambda each: each.at)


def _comment(row: Any, own: str) -> Comment | None:
    """Return one answer of others; None for the account's own, and without a number or a time."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        return None
    author, text = row.get("author_id"), row.get("text")
    if author == own:
        return None
    at = time_of(row.get("created_at"))
    return Comment(row["id"], author if isinstance(author, str) else "", text if isinstance(text, str) else "", at)
