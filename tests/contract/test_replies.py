"""Reading what others wrote: their words and not ours, whole and in order; what refuses, and what nobody can read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platforms import catalog
from platforms.errors import PlatformError, PublicationGone, Throttled, UnexpectedResponse
from platforms.http import Answer
from platforms.mastodon_replies import MastodonReplies
from platforms.strangers import Answers, Listens
from tests.contract.conftest import Stage

LISTENERS = [slug for slug in catalog.slugs() if issubclass(catalog.adapter_class(slug), Listens)]
METHODS = {"x": "search", "facebook": "list", "mastodon": "context", "bluesky": "getPostThread"}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["mastodon", "bluesky"])
def listener(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


def written(stage: Stage, beneath: str, text: str, author: str = "77") -> str:
    said = {"platform": stage.slug, "account": stage.target.address, "author": author, "text": text, "beneath": beneath}
    return str(stage.world.control("POST", "strangers", said)["remote_id"])


def test_every_platform_that_is_heard_is_known_here() -> None:
    assert set(METHODS) == set(LISTENERS)


def test_replies_at_any_depth_are_read_in_their_order_and_our_own_are_not(listener: Stage) -> None:
    receipt = listener.publish()
    first = written(listener, receipt.remote_id, "first & <b>")
    written(listener, first, "second\nof two lines", "78")
    found = listener.adapter.comments(receipt.remote_id, listener.target, LONG_AGO)
    assert [comment.text for comment in found] == ["first & <b>", "second\nof two lines"]
    assert len({comment.author for comment in found}) == 2
    assert not any(comment.private for comment in found)
    assert "77" not in repr(found[0]).replace(found[0].remote_id, "")

    assert issubclass(type(listener.adapter), Answers)
    listener.adapter.answer(found[0].remote_id, listener.out, listener.target)
    again = listener.adapter.comments(receipt.remote_id, listener.target, LONG_AGO)
    assert [comment.text for comment in again] == [comment.text for comment in found]
    later = listener.adapter.comments(receipt.remote_id, listener.target, found[-1].at + timedelta(seconds=1))
    assert later == []


def test_an_answer_stands_once_whatever_becomes_of_the_first_try(listener: Stage) -> None:
    receipt = listener.publish()
    written(listener, receipt.remote_id, "hello")
    (comment,) = listener.adapter.comments(receipt.remote_id, listener.target, LONG_AGO)
    before = listener.standing()
    listener.out = type(listener.out)(**{
        name: getattr(listener.out, name) for name in ("text", "marker", "language", "first_at")
    } | {"key": "TSTC0D-l1"})  # fmt: skip
    listener.fault("cut_after")
    with pytest.raises(PlatformError):
        listener.adapter.answer(comment.remote_id, listener.out, listener.target)
    listener.adapter.answer(comment.remote_id, listener.out, listener.target)
    assert listener.standing() == before + 1


def test_what_is_gone_is_said_to_be(listener: Stage) -> None:
    receipt = listener.publish()
    listener.withdraw(receipt.remote_id)
    with pytest.raises(PublicationGone):
        listener.adapter.comments(receipt.remote_id, listener.target, LONG_AGO)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("rate_limit", Throttled), ("garbage_2xx", UnexpectedResponse), ("array_2xx", UnexpectedResponse),
     ("error_html", UnexpectedResponse), ("cut_before", PlatformError)],
)  # fmt: skip
def test_a_reading_that_fails_says_how(listener: Stage, fault: str, error: type[PlatformError]) -> None:
    receipt = listener.publish()
    listener.fault(fault, method=METHODS[listener.slug])
    with pytest.raises(error):
        listener.adapter.comments(receipt.remote_id, listener.target, LONG_AGO)
    assert listener.adapter.comments(receipt.remote_id, listener.target, LONG_AGO) == []


class _Told(MastodonReplies):
    """A server that hands out what it is given."""

    def __init__(self, *rows: Any) -> None:
        self._rows = rows

    def _ask(self, *_: Any, **__: Any) -> Answer:
        return Answer(200, {}, json.dumps({"descendants": self._rows}).encode())

    def _said(self, *_: Any) -> Any:
        raise AssertionError("nothing is said here")


def test_on_mastodon_what_not_everybody_sees_is_known_as_such_and_nonsense_hides_nothing() -> None:
    said = {"id": "2", "content": "<p>help</p>", "visibility": "direct", "account": {"id": "9", "acct": "a@b.example"}}
    target: Any = type("T", (), {"platform_id": "1"})()
    found = _Told(7, {"id": 3}, {"id": "4", "account": {"id": "1"}}, said).comments("1", target, LONG_AGO)
    assert [(comment.text, comment.private, comment.author) for comment in found] == [("help", True, "a@b.example")]
