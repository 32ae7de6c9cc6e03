"""The traps of Instagram and Threads: what happens between a container, which nobody sees, and its publication."""

import dataclasses
from typing import Any

import pytest

from platforms import containers
from platforms.contract import Stages
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformDown,
    PlatformError,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    Unsupported,
)
from platforms.measure import threads_units
from simulator.threads.counting import length
from tests.contract.conftest import Stage, picture


@pytest.fixture(params=["instagram", "threads"])
def two_steps(request: pytest.FixtureRequest, stage_of: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(containers, "_PAUSES", (0.05, 0.05))
    made: Stage = stage_of(request.param)
    return made


@pytest.fixture
def threads(stage_of: Any) -> Stage:
    made: Stage = stage_of("threads")
    return made


def staged(stage: Stage) -> Stage:
    """The same stage, with a container made for what leaves."""
    assert isinstance(stage.adapter, Stages)
    stage.out = dataclasses.replace(stage.out, staged=stage.adapter.stage(stage.out, stage.target))
    return stage


def asked(stage: Stage, method: str) -> int:
    """How often the platform was asked for something."""
    requests = stage.world.control("GET", "requests")["requests"]
    return sum(requests.get(stage.slug, {}).get(method, {}).values())


def process(stage: Stage, seconds: float) -> None:
    """Let the platform take so long over each container."""
    stage.world.control("PUT", "limits", {f"{stage.slug}_processing_seconds": seconds})


def answered(stage: Stage, method: str, **body: Any) -> None:
    """Let the platform answer one request so."""
    stage.fault("error_json", method=method, status=200, body=body)


def error(stage: Stage, method: str, code: int, subcode: int) -> None:
    told = {"error": {"message": "no", "code": code, "error_subcode": subcode}}
    stage.fault("error_json", method=method, status=400, body=told)


def test_what_was_staged_is_public_only_when_it_is_published(two_steps: Stage) -> None:
    staged(two_steps)
    assert two_steps.standing() == 0

    two_steps.publish()

    assert two_steps.standing() == 1
    assert asked(two_steps, "container") == 1
    (standing,) = two_steps.publications()
    assert len(standing["pictures"]) == 1


def test_a_container_that_is_staged_twice_leaves_nothing_public(two_steps: Stage) -> None:
    staged(staged(two_steps)).publish()
    assert two_steps.standing() == 1


def test_staging_waits_while_the_picture_is_processed(two_steps: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_PAUSES", (0.3, 0.3, 0.3))
    process(two_steps, 0.5)
    staged(two_steps).publish()
    assert two_steps.standing() == 1


def test_what_is_processed_for_long_is_tried_again(two_steps: Stage) -> None:
    process(two_steps, 3600)
    staged(two_steps)
    with pytest.raises(PlatformDown, match="IN_PROGRESS"):
        two_steps.publish()
    assert two_steps.standing() == 0
    assert asked(two_steps, "container") == 1, "the same container is asked for again"


@pytest.mark.parametrize("state", ["EXPIRED", "ERROR"])
def test_a_container_that_has_ended_is_made_anew(two_steps: Stage, state: str) -> None:
    words = type(two_steps.adapter).words
    staged(two_steps)
    answered(two_steps, "node", **{words.state: state, "id": two_steps.out.staged})
    two_steps.publish()
    assert two_steps.standing() == 1
    assert asked(two_steps, "container") == 2


def test_a_container_that_nobody_knows_any_more_is_made_anew(two_steps: Stage) -> None:
    two_steps.out = dataclasses.replace(two_steps.out, staged="17999999999999999")
    two_steps.publish()
    assert two_steps.standing() == 1


def test_a_container_is_never_published_twice(two_steps: Stage) -> None:
    staged(two_steps).fault("cut_after")
    with pytest.raises(Unconfirmed):
        two_steps.publish()

    with pytest.raises(Unconfirmed) as raised:
        two_steps.publish()

    assert raised.value.duplicate
    assert two_steps.standing() == 1
    assert two_steps.find() is not None


def test_what_the_container_calls_published_is_not_absent(two_steps: Stage) -> None:
    staged(two_steps).publish()
    two_steps.fault("hidden_for", method="list", seconds=30)
    with pytest.raises(PlatformDown, match="published"):
        two_steps.find()
    assert two_steps.find() is not None


def test_a_container_that_waits_proves_the_absence(two_steps: Stage) -> None:
    staged(two_steps).fault("cut_before")
    with pytest.raises(Unconfirmed):
        two_steps.publish()
    assert two_steps.find() is None


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "cut_within", "error_html", "empty_json", "garbage_2xx"])
@pytest.mark.parametrize("method", ["container", "node"])
def test_nothing_is_unknown_before_it_is_published(two_steps: Stage, method: str, fault: str) -> None:
    two_steps.fault(fault, method=method)
    with pytest.raises(PlatformDown):
        two_steps.publish()
    assert two_steps.standing() == 0
    two_steps.publish()
    assert two_steps.standing() == 1


def test_what_took_too_long_to_prepare_is_not_published_any_more(
    two_steps: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "LONGEST_BEFORE_S", 0.3)
    staged(two_steps).fault("slow_after", method="node", seconds=0.5)
    with pytest.raises(PlatformDown):
        two_steps.publish()
    assert two_steps.standing() == 0
    two_steps.publish()
    assert two_steps.standing() == 1


def test_what_is_published_has_a_receipt_though_its_address_is_not_told(two_steps: Stage) -> None:
    staged(two_steps)
    words = type(two_steps.adapter).words
    answered(two_steps, "node", **{words.state: "FINISHED"})
    two_steps.fault("error_html", method="node")
    receipt = two_steps.publish()
    assert receipt.url == ""
    assert receipt.remote_id == two_steps.publications()[0]["remote_id"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://elsewhere.example/p/1", 7, ""])
def test_no_other_address_is_shown_to_people(two_steps: Stage, address: object) -> None:
    staged(two_steps)
    words = type(two_steps.adapter).words
    answered(two_steps, "node", **{words.state: "FINISHED"})
    answered(two_steps, "node", permalink=address)
    assert two_steps.publish().url == ""


@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (9, 2207042, QuotaUsed),
        (4, 2207051, AccountRestricted),
        (25, 2207050, AccountRestricted),
        (24, 2207006, PlatformDown),
        (24, 4279009, PlatformDown),
        (9007, 2207027, PlatformDown),
        (-2, 2207020, PlatformDown),
        (-1, 2207001, Unconfirmed),
        (24, 2207008, Unconfirmed),
        (36004, 2207010, ContentRejected),
        (10, 0, BadCredentials),
        (80002, 0, Throttled),
    ],
)
def test_each_code_has_its_class(two_steps: Stage, code: int, subcode: int, expected: type[PlatformError]) -> None:
    error(two_steps, "create", code, subcode)
    with pytest.raises(PlatformError) as raised:
        two_steps.publish()
    assert type(raised.value) is expected
    assert two_steps.standing() == 0


def test_the_days_quota_is_used_up(two_steps: Stage) -> None:
    two_steps.world.control("PUT", "limits", {f"{two_steps.slug}_posts_per_day": 1})
    two_steps.publish()
    with pytest.raises(QuotaUsed):
        two_steps.publish()
    assert two_steps.standing() == 1


@pytest.mark.parametrize(("path", "expected"), [("/x/gone.jpg", PlatformDown), ("/m/text.jpg", ContentRejected)])
def test_a_picture_that_cannot_be_fetched_is_tried_again_and_a_wrong_one_is_not(
    two_steps: Stage, gallery: str, path: str, expected: type[PlatformError]
) -> None:
    two_steps.out = dataclasses.replace(two_steps.out, media=picture(gallery.removesuffix("/m") + path))
    with pytest.raises(PlatformError) as raised:
        staged(two_steps)
    assert type(raised.value) is expected


def test_a_picture_is_told_wrong_by_its_container_too(two_steps: Stage) -> None:
    words = type(two_steps.adapter).words
    answered(
        two_steps, "node", **{words.state: "ERROR", words.why: "Error: Media upload has failed with error code 2207005"}
    )
    with pytest.raises(ContentRejected) as raised:
        staged(two_steps)
    assert raised.value.platform_code == "2207005"


def test_one_code_is_gone_and_forbidden_and_we_tell_them_apart(two_steps: Stage) -> None:
    receipt = two_steps.publish()
    two_steps.fault("edit_missing", method="delete")
    with pytest.raises(Unsupported):
        two_steps.withdraw(receipt.remote_id)
    assert not two_steps.publications()[0]["deleted_at"]


def test_only_numbers_are_withdrawn(two_steps: Stage) -> None:
    before = two_steps.world.control("GET", "requests")["total"]
    for remote_id in ("", "by hand", "../me"):
        with pytest.raises(Unsupported):
            two_steps.withdraw(remote_id)
    assert two_steps.world.control("GET", "requests")["total"] == before


def test_no_token_stands_in_an_address(two_steps: Stage) -> None:
    receipt = staged(two_steps).publish()
    two_steps.find()
    two_steps.verify()
    two_steps.withdraw(receipt.remote_id)
    assert two_steps.world.control("GET", "requests")["tokens_in_urls"] == 0


def test_instagram_shows_nothing_without_a_picture(stage_of: Any) -> None:
    stage: Stage = stage_of("instagram")
    for media in (None, picture()):
        stage.out = dataclasses.replace(stage.out, media=media)
        with pytest.raises(Unsupported):
            stage.publish()
    assert stage.world.control("GET", "requests")["total"] == 0


def test_instagram_refuses_a_caption_that_is_too_long(stage_of: Any) -> None:
    stage: Stage = stage_of("instagram")
    stage.out = dataclasses.replace(stage.out, text="a" * 2_200)
    stage.publish()
    stage.out = dataclasses.replace(stage.out, text="a" * 2_201)
    with pytest.raises(ContentRejected):
        stage.publish()


def test_threads_says_it_without_a_picture_too(threads: Stage) -> None:
    threads.out = dataclasses.replace(threads.out, media=None)
    threads.publish()
    (standing,) = threads.publications()
    assert (standing["text"], standing["pictures"]) == (threads.out.text, [])


def test_threads_answers_nothing_that_is_not_there(threads: Stage) -> None:
    threads.out = dataclasses.replace(threads.out, reply_to="17999999999999999")
    with pytest.raises(ContentRejected):
        threads.publish()
    assert threads.standing() == 0


@pytest.mark.parametrize("filling", ["a", "é", "日", "⚠", "⚠️", "🚨", "👨‍👩‍👧", "🇯🇵", "1️⃣", "👍🏽"])
def test_threads_counts_an_emoji_as_its_bytes(threads: Stage, filling: str) -> None:
    assert threads_units(filling) >= length(filling)
    most = filling * (500 // length(filling))
    threads.out = dataclasses.replace(threads.out, text=most + "." * (500 - length(most)))
    threads.publish()
    threads.out = dataclasses.replace(threads.out, text=threads.out.text + ".")
    with pytest.raises(ContentRejected):
        threads.publish()
    assert len(threads.publications()) == 1
