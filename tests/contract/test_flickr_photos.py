"""Flickr's photos: none without a card, the new card with new words, never another account's, and whose token it is."""

import dataclasses
from typing import Any

import pytest
import requests

from platforms.contract import Media, Target
from platforms.errors import (
    ContentRejected,
    PlatformError,
    PublicationGone,
    QuotaUsed,
    Throttled,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from tests.contract.conftest import Stage
from tests.contract.rows.flickr import ROW
from tests.contract.test_corrections import corrected
from tests.pictures import drawn


@pytest.fixture
def flickr(stage_of: Any) -> Stage:
    made: Stage = stage_of("flickr")
    return made


def shown(stage: Stage) -> bytes:
    """The picture that stands there."""
    (name,) = stage.publications()[0]["pictures"]
    return requests.get(f"{stage.world.url}/_pictures/{name}", timeout=5).content


@pytest.fixture
def new(flickr: Stage) -> Any:
    """What corrects it, with a card of its own."""
    return dataclasses.replace(corrected(flickr.out), media=Media(drawn(400, 300), "Another card."))


# --- the card changes with the words -----------------------------------------------------------------------------------


def test_new_words_have_a_new_card_under_the_same_number(flickr: Stage, new: Any) -> None:
    receipt = flickr.publish()
    assert flickr.out.media
    assert shown(flickr) == flickr.out.media.content
    for _ in range(2):
        assert flickr.amend(receipt.remote_id, new) == receipt
    assert shown(flickr) == new.media.content
    assert flickr.publications()[0]["text"] == new.text
    assert len(flickr.publications()) == 1


ABUSE: list[tuple[str, dict[str, Any], type[PlatformError]]] = [
    ("cut_before", {}, Unfinished),
    ("cut_after", {}, Unfinished),
    ("slow_after", {"seconds": 2.5}, Unfinished),
    ("error_html", {"status": 502}, Unfinished),
    ("garbage_2xx", {}, Unfinished),
    ("error_json", {"status": 200, "body": {"stat": "ok"}}, Unfinished),
    ("error_json", {"status": 200, "body": {"stat": "fail", "code": 3}}, Unfinished),
    ("error_json", {"status": 200, "body": {"stat": "fail", "code": 6}}, QuotaUsed),
    ("error_json", {"status": 200, "body": {"stat": "fail", "code": 5}}, ContentRejected),
    ("rate_limit", {"retry_after": 7}, Throttled),
]


@pytest.mark.parametrize(("fault", "params", "expected"), ABUSE)
def test_a_card_that_was_not_changed_is_no_success_and_is_changed_the_next_time(
    flickr: Stage, new: Any, fault: str, params: dict[str, Any], expected: type[PlatformError]
) -> None:
    receipt = flickr.publish()
    flickr.fault(fault, method="replace", **params)
    with pytest.raises(PlatformError) as raised:
        flickr.amend(receipt.remote_id, new)
    assert type(raised.value) is expected
    assert flickr.publications()[0]["text"] == new.text, "the words come first"
    assert flickr.amend(receipt.remote_id, new) == receipt
    assert shown(flickr) == new.media.content


def test_an_account_whose_pictures_stay_has_the_new_words_and_is_published_anew(flickr: Stage, new: Any) -> None:
    receipt = flickr.publish()
    body = {"stat": "fail", "code": 1, "message": "Not a pro account"}
    flickr.fault("error_json", method="replace", status=200, body=body)
    with pytest.raises(Unsupported):
        flickr.amend(receipt.remote_id, new)
    assert flickr.publications()[0]["text"] == new.text
    with pytest.raises(Unsupported):
        flickr.amend(receipt.remote_id, dataclasses.replace(new, media=None))


# --- what is asked for -------------------------------------------------------------------------------------------------


def test_without_a_card_nothing_leaves(flickr: Stage) -> None:
    with pytest.raises(Unsupported):
        flickr.adapter.publish(dataclasses.replace(flickr.out, media=None), flickr.target)
    assert flickr.world.control("GET", "requests")["total"] == 0


@pytest.mark.parametrize("content", [b"no picture", b""])
def test_a_picture_that_is_none_publishes_nothing(flickr: Stage, content: bytes) -> None:
    assert flickr.out.media
    flickr.out = dataclasses.replace(flickr.out, media=dataclasses.replace(flickr.out.media, content=content))
    with pytest.raises((ContentRejected, Unsupported)):
        flickr.publish()
    assert flickr.standing() == 0


@pytest.mark.parametrize("remote_id", ["", "by hand", "12/../13", "１２"])
def test_what_is_no_number_is_never_asked_for(flickr: Stage, remote_id: str) -> None:
    for change in (lambda: flickr.withdraw(remote_id), lambda: flickr.amend(remote_id, flickr.out)):
        with pytest.raises(Unsupported):
            change()
    assert flickr.world.control("GET", "requests")["total"] == 0


def test_what_is_somebody_elses_stays(flickr: Stage) -> None:
    other = {name: f"{value}-of-another" for name, value in ROW.secrets.items()}
    flickr.world.control("PUT", "accounts", [{"platform": "flickr", "address": "another", "secrets": other}])
    receipt = flickr.adapter.publish(flickr.out, Target("another", "", other))
    with pytest.raises(PublicationGone):
        flickr.amend(receipt.remote_id, flickr.out)
    flickr.withdraw(receipt.remote_id)
    assert not flickr.publications()[0]["deleted_at"]


def test_an_unknown_refusal_of_a_change_is_no_success(flickr: Stage) -> None:
    receipt = flickr.publish()
    for body, expected in (({"stat": "fail", "code": 2}, UnexpectedResponse), ({"stat": "perhaps"}, Unfinished)):
        flickr.fault("error_json", method="delete", status=200, body=body)
        with pytest.raises(expected):
            flickr.withdraw(receipt.remote_id)
    assert not flickr.publications()[0]["deleted_at"]


def test_an_answer_without_a_user_verifies_nobody(flickr: Stage) -> None:
    for body in ({"stat": "ok"}, {"stat": "ok", "user": {"username": {"_content": "x"}}}, {"stat": "ok", "user": []}):
        flickr.fault("error_json", method="login", status=200, body=body)
        with pytest.raises(UnexpectedResponse):
            flickr.verify()
