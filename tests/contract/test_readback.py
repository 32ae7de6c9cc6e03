"""Reading an account back: found, hidden, absent, unreadable; and never another language's text for this one."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from platforms.errors import BadCredentials, PlatformError, Unconfirmed, UnexpectedResponse
from tests.contract.conftest import Stage

READERS = ["x", "facebook"]


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


@pytest.mark.parametrize("fault", ["cut_after", "created_garbage", "cut_within"])
def test_what_was_created_without_an_answer_is_found(reader: Stage, fault: str) -> None:
    reader.fault(fault)
    with pytest.raises(Unconfirmed):
        reader.publish()

    found = reader.find()

    assert found is not None
    assert found.remote_id == reader.world.control("GET", "publications")[0]["remote_id"]


def test_what_never_arrived_is_absent(reader: Stage) -> None:
    reader.fault("cut_before")
    with pytest.raises(Unconfirmed):
        reader.publish()

    assert reader.find() is None


def test_what_the_list_still_hides_is_absent_at_first(reader: Stage) -> None:
    reader.publish()
    reader.fault("hidden_for", method="list", seconds=30)

    assert reader.find() is None
    assert reader.find() is not None


def test_the_same_markers_text_in_another_language_is_another_publication(reader: Stage) -> None:
    other = dataclasses.replace(
        reader.out, text=reader.out.text.replace("EXERCISE", "ÜBUNG").replace("Stay outside", "Draußen")
    )
    reader.adapter.publish(other, reader.target)

    assert reader.find() is None


def test_an_older_publication_does_not_count(reader: Stage) -> None:
    reader.publish()
    reader.begun += timedelta(days=2)

    assert reader.find() is None


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("error_html", {"status": 502}),
        ("garbage_2xx", {}),
        ("array_2xx", {}),
        ("cut_before", {}),
        ("empty_json", {"status": 500}),
    ],
)
def test_an_account_that_cannot_be_read_proves_nothing(reader: Stage, fault: str, params: dict[str, Any]) -> None:
    reader.publish()
    reader.fault(fault, method="list", **params)

    with pytest.raises(PlatformError) as raised:
        reader.find()

    assert not isinstance(raised.value, Unconfirmed), "a read creates nothing"


def test_reading_back_with_a_dead_token_is_bad_credentials(reader: Stage) -> None:
    reader.fault("unauthorized", method="list")

    with pytest.raises(BadCredentials):
        reader.find()


def test_verify_names_whom_the_token_speaks_for(stage: Stage) -> None:
    named = stage.verify()

    assert named == (stage.target.platform_id if stage.slug != "telegram" else "987654321")


def test_verify_of_something_else_is_an_error(stage: Stage) -> None:
    stage.fault("garbage_2xx", method=None)

    with pytest.raises(UnexpectedResponse):
        stage.verify()
