"""What others write beneath a status on Mastodon: read with the account's own token, and answered there."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from platforms.contract import Outgoing, Receipt, Target
from platforms.errors import PlatformDown, UnexpectedResponse, Unsupported
from platforms.http import Answer
from platforms.mastodon_answers import plain_text
from platforms.readback import Doing, time_of
from platforms.strangers import Comment

_ONLY_TO_US = ("private", "direct")  # visibilities that not everybody sees. Source: docs.joinmastodon.org, Status


class MastodonReplies:
    """What the adapter of Mastodon can do with people who answer a status."""

    @abstractmethod
    def _ask(self, target: Target, call: Callable[[Any], Any], *, doing: Doing) -> Answer:
        """Ask the account's server, through the adapter's session."""

    @abstractmethod
    def _said(self, out: Outgoing, target: Target, visibility: str = "public") -> Receipt:
        """Post a status."""

    def comments(self, remote_id: str, target: Target, since: datetime) -> list[Comment]:
        """Read what others wrote beneath a status, and beneath that; the account's own are left out.

        Source: docs.joinmastodon.org, methods/statuses, context: with a token the first 4,096 of them.
        """
        _check(remote_id)
        answer = self._ask(target, lambda client: client.status_context(remote_id), doing="reading")
        content = answer.json()
        below = content.get("descendants") if isinstance(content, dict) else None
        if not isinstance(below, list):
            raise UnexpectedResponse(answer.words)
        found = [each for row in below if (each := _comment(row, target.platform_id)) is not None]
        return sorted((each for each in found if each.at >= since), key=lambda each: each.at)

    def answer(self, comment_id: str, out: Outgoing, target: Target) -> Receipt:
        """Answer a reply beneath it. Only who is named in a status is told of it; the account's own followers need not see it."""
        _check(comment_id)
        try:
            answer = self._ask(target, lambda client: client.status(comment_id), doing="reading")
        except UnexpectedResponse as error:
            # Nothing was sent yet.
            raise PlatformDown(error.detail, platform_code=error.platform_code) from None
        content = answer.json()
        who = _account(content if isinstance(content, dict) else {}).get("acct")
        if not isinstance(who, str) or not who:
            raise PlatformDown("an answer without the author")
        return self._said(replace(out, text=f"@{who} {out.text}", reply_to=comment_id), target, "unlisted")


def _check(remote_id: str) -> None:
    if not remote_id.isascii() or not remote_id.isalnum():
        raise Unsupported(f"{remote_id!r} is no status's id")


def _account(status: Mapping[str, Any]) -> Mapping[str, Any]:
    account = status.get("account")
    return account if isinstance(account, dict) else {}


def _comment(row: Any, own: str) -> Comment | None:
    """Return one reply of others, far in the future where it has no time; None for the account's own, and without a number."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        return None
    account = _account(row)
    if account.get("id") == own:
        return None
    at = time_of(row.get("created_at"))
    who, text = account.get("acct"), plain_text(str(row.get("content") or ""))
    private = row.get("visibility") in _ONLY_TO_US
    return Comment(row["id"], who if isinstance(who, str) else "", text, at, private=private)
