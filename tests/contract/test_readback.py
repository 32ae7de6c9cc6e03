"""Reading an account back: found, hidden, absent, unreadable; and never another language's text for this one."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from platforms import catalog
from platforms.contract import Counts, Finds, Verifies
from platforms.errors import BadCredentials, PlatformError, Unconfirmed, UnexpectedResponse
from simulator.accounts import PLATFORMS
from tests.contract.conftest import Stage
from tests.contract.rows import ROWS

# Telegram, which lists nothing, is read back in its own way: test_telegram_readback.py.
READERS = [slug for slug in catalog.slugs() if issubclass(catalog.adapter_class(slug), Finds) and PLATFORMS[slug].lists]

COUNTERS = [slug for slug in catalog.slugs() if issubclass(catalog.adapter_class(slug), Counts)]
VERIFIERS = [slug for slug in catalog.slugs() if issubclass(catalog.adapter_class(slug), Verifies)]


@pytest.fixture(params=VERIFIERS)
def verifier(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


@pytest.fixture(params=COUNTERS)
def counter(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


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
    if fault == "array_2xx" and ROWS[reader.slug].bare_list:
        assert reader.find() is None, "and only an absence seen twice is believed"
        return

    with pytest.raises(PlatformError) as raised:
        reader.find()

    assert not isinstance(raised.value, Unconfirmed), "a read creates nothing"


def test_reading_back_with_a_dead_token_is_bad_credentials(reader: Stage) -> None:
    reader.fault("unauthorized", method="list")

    with pytest.raises(BadCredentials):
        reader.find()


def test_verify_names_whom_the_token_speaks_for(verifier: Stage) -> None:
    named = verifier.verify()

    assert named == (verifier.target.platform_id if verifier.slug != "telegram" else "987654321")


def test_count_tells_whom_an_account_reaches(counter: Stage) -> None:
    counter.followers(4321)
    before = counter.count()

    counter.publish()

    after = counter.count()
    assert before.followers in (4321, None)
    assert after.followers == before.followers
    if before.publications is None:
        assert after.publications is None
        assert before.followers is not None, "one of them at least"
    else:
        assert after.publications == before.publications + 1


def test_count_of_something_else_is_an_error(counter: Stage) -> None:
    counter.fault("garbage_2xx", method=None)

    with pytest.raises(UnexpectedResponse):
        counter.count()


def test_an_answer_without_the_numbers_counts_nothing(counter: Stage) -> None:
    counter.fault("empty_json", method=None, status=200)

    with pytest.raises(UnexpectedResponse):
        counter.count()


def test_verify_of_something_else_is_an_error(verifier: Stage) -> None:
    verifier.fault("garbage_2xx", method=None)

    with pytest.raises(UnexpectedResponse):
        verifier.verify()


def test_a_page_of_weibo_full_of_younger_posts_proves_no_absence(stage_of: Any) -> None:
    weibo: Stage = stage_of("weibo")
    for number in range(20):
        more = dataclasses.replace(weibo.out, text=weibo.out.text.replace("Earthquake", f"Flood {number}"))
        weibo.adapter.publish(more, weibo.target)

    with pytest.raises(UnexpectedResponse, match="not proven"):
        weibo.find()
