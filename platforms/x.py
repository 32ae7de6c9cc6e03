"""X through tweepy; what became of a post is read from the answer itself, because tweepy loses or misreads some."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import requests
import tweepy

from platforms.audience import audience
from platforms.contract import Audience, Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    PublicationGone,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in
from platforms.specs.x import X
from platforms.x_comments import XComments

# tweepy writes the bearer token and every header at DEBUG.
logging.getLogger("tweepy").setLevel(logging.WARNING)

_HOST = "https://api.twitter.com"  # built into tweepy; the endpoint takes its place
_SOURCE = "docs.x.com, rate limits: a window is 15 minutes"
_WINDOW_S = 900.0
_READ_BACK = 20  # posts; an account that publishes more in the seconds between does not exist
# errors[].code of the older error form, still sent inside 403. Source: docs.x.com, response codes.
_OLD_CODES: dict[int, type[PlatformError]] = {
    64: AccountRestricted,
    89: BadCredentials,
    226: AccountRestricted,
    326: AccountRestricted,
}
_DUPLICATE, _DAILY = 187, 185
_NOT_FOUND = "resource-not-found"  # a problem type. Source: docs.x.com, response codes
# What tweepy raises where an answer is not what it expects; the answer itself is then judged.
_TWEEPY_LOSES = (tweepy.TweepyException, AttributeError, KeyError, TypeError, ValueError)


class XAdapter(XComments):
    """Publishes, withdraws, reads back, listens, verifies on X. X amends for a fee only, within the hour, and under a new id."""

    spec: ClassVar[PlatformSpec] = X

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(GuardedSession, host=_HOST, endpoint=endpoint)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Post; a reply to the part before where there is one."""
        answer = self._ask(
            target,
            lambda client: client.create_tweet(
                text=out.text, in_reply_to_tweet_id=out.reply_to or None, user_auth=True
            ),
            doing="creating",
        )
        content = answer.json()
        post = content.get("data") if isinstance(content, dict) else None
        if isinstance(post, dict) and isinstance(post.get("id"), str) and post["id"]:
            return self._receipt(post["id"], target)
        raise Unconfirmed(f"{answer.status} without an id: {answer.words}")

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a post."""
        try:
            answer = self._ask(target, lambda client: client.delete_tweet(remote_id, user_auth=True), doing="changing")
        except PublicationGone:
            return
        except ContentRejected as refused:
            raise Unsupported(refused.detail, platform_code=refused.platform_code) from None
        content = answer.json()
        done = content.get("data") if isinstance(content, dict) else None
        if not (isinstance(done, dict) and done.get("deleted") is True) and not _misses_a_post(content):
            raise Unfinished(f"{answer.status} without a word of it: {answer.words}")

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the account's latest posts for the marker."""
        # X cuts times to seconds, and our clock is not X's.
        begin = since.astimezone(UTC) - SLACK
        answer = self._ask(
            target,
            lambda client: client.get_users_tweets(
                target.platform_id,
                max_results=_READ_BACK,
                start_time=begin,
                tweet_fields=["created_at", "text"],
                user_auth=True,
            ),
            doing="reading",
        )
        content = answer.json()
        if not isinstance(content, dict) or not isinstance(content.get("data", []), list):
            raise UnexpectedResponse(answer.words)
        for post in content.get("data", []):
            if not isinstance(post, dict) or "id" not in post:
                raise UnexpectedResponse(answer.words)
            if stands_in(out, str(post.get("text", ""))):
                return self._receipt(str(post["id"]), target)
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        answer = self._ask(target, lambda client: client.get_me(user_auth=True), doing="reading")
        content = answer.json()
        if not isinstance(content, dict) or "id" not in content.get("data", {}):
            raise UnexpectedResponse(answer.words)
        return Identity(platform_id=str(content["data"]["id"]), address=str(content["data"].get("username", "")))

    def count(self, target: Target) -> Audience:
        """Ask for the account's public figures. Source: docs.x.com, GET /2/users/me, public_metrics."""
        answer = self._ask(
            target, lambda client: client.get_me(user_auth=True, user_fields=["public_metrics"]), doing="reading"
        )
        content = answer.json()
        user = content.get("data") if isinstance(content, dict) else None
        figures = user.get("public_metrics") if isinstance(user, dict) else None
        return audience(figures, followers="followers_count", publications="tweet_count")

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _receipt(self, remote_id: str, target: Target) -> Receipt:
        return Receipt(remote_id, f"{self._endpoint.web_url}/{target.address}/status/{remote_id}")

    def _ask(self, target: Target, call: Callable[[tweepy.Client], Any], *, doing: Doing) -> Answer:
        secrets = {name: target.secrets.get(name, "") for name in X.secrets}
        if not all(secrets.values()):
            raise BadCredentials(f"no {', '.join(name for name, value in secrets.items() if not value)} stored")
        # Never wait_on_rate_limit: it sleeps in the worker, and without a reset header it posts without end.
        client = tweepy.Client(**secrets, wait_on_rate_limit=False, return_type=requests.Response)
        session = client.session = self._sessions.get()
        try:
            call(client)
        except requests.exceptions.JSONDecodeError:
            pass  # the answer is judged below
        except requests.exceptions.RequestException as error:
            raise in_light_of(doing, network_error(error)) from None
        except _TWEEPY_LOSES as error:
            if session.last is None:
                raise UnexpectedResponse(type(error).__name__) from None
        return accepted(session.last, _refusal, doing=doing)


def _refusal(answer: Answer) -> PlatformError | None:
    """Tell what a status that is no success means. Source: docs.x.com, response codes and problem types."""
    if 200 <= answer.status < 300:
        return None
    content = answer.json()
    problem: dict[str, Any] = content if isinstance(content, dict) else {}
    words = str(problem.get("detail") or problem.get("title") or answer.words)
    kind = str(problem.get("type", ""))
    old = [error.get("code") for error in problem.get("errors") or [] if isinstance(error, dict)]
    match answer.status:
        case 400:
            return ContentRejected(words, platform_code="400")
        case 401:
            return BadCredentials(words, platform_code="401")
        case 402:
            return QuotaUsed(words, platform_code="402")
        case 403:
            return _forbidden(words, kind, old)
        case 404 if _misses_a_post(problem):
            return PublicationGone(words, platform_code="404")
        case 429:
            if "usage-capped" in kind or "spending" in words.lower():
                return QuotaUsed(words, platform_code="429")
            return Throttled(words, scope="account", platform_code="429", retry_after=_reset(answer))
        case status if status >= 500:
            return Unconfirmed(words, platform_code=str(status))
        case status:
            return UnexpectedResponse(words, platform_code=str(status))


def _misses_a_post(content: Any) -> bool:
    """Tell whether an answer says that there is no such post; a 404 alone may come from anywhere on the way."""
    problems = content.get("errors") if isinstance(content, dict) else None
    return isinstance(problems, list) and any(
        _NOT_FOUND in str(each.get("type")) and each.get("resource_type") in ("tweet", "post")
        for each in problems
        if isinstance(each, dict)
    )


def _forbidden(words: str, kind: str, old: list[Any]) -> PlatformError:
    if _DUPLICATE in old or "duplicate content" in words.lower():
        # Seen after a double submit whose first try did stand: the account is read back before anybody believes it.
        return Unconfirmed(words, duplicate=True, platform_code="403")
    if _DAILY in old:
        return Throttled(words, scope="account", retry_after=_WINDOW_S, platform_code="185")
    for code in old:
        if code in _OLD_CODES:
            return _OLD_CODES[code](words, platform_code=str(code))
    if "suspended" in kind or "suspended" in words.lower():
        return AccountRestricted(words, platform_code="403")
    if "client-forbidden" in kind:
        return PlatformConfig(words, platform_code="403")
    return ContentRejected(words, platform_code="403")


def _reset(answer: Answer) -> float:
    """Return for how many seconds a refused account waits, by X's own clock; without usable headers, a quarter of the window."""
    try:
        asked_at = parsedate_to_datetime(answer.headers["date"])
        return max(1.0, int(answer.headers["x-rate-limit-reset"]) - asked_at.timestamp())
    except (KeyError, ValueError, OverflowError):
        return _WINDOW_S / 4
