"""A Telegram channel is read back by showing what follows the last known message in a chat of ours, which stays empty."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from platforms.contract import Outgoing, Receipt, Target
from platforms.errors import PlatformError, Throttled, Unconfirmed, Unsupported
from platforms.telegram_readback import FARTHEST
from tests.contract.conftest import Stage
from tests.contract.rows.telegram import OPERATIONS


@pytest.fixture
def channel(stage_of: Any) -> Stage:
    """A channel with one known message of ours, from which a look begins."""
    made: Stage = stage_of("telegram")
    known = say(made, "An earlier alert")
    made.out = dataclasses.replace(made.out, after_id=known.remote_id)
    return made


def say(stage: Stage, text: str) -> Receipt:
    said: Receipt = stage.adapter.publish(Outgoing(text, "M"), stage.target)
    return said


def lose(stage: Stage, fault: str) -> None:
    stage.fault(fault, method="sendMessage")
    with pytest.raises(Unconfirmed):
        stage.publish()


def left_in_the_operations_chat(stage: Stage) -> list[str]:
    messages = stage.world.control("GET", f"chats/{OPERATIONS}")["messages"]
    return [each["text"] for each in messages if not each["deleted_at"]]


def refuse(stage: Stage, words: str, times: int = 1) -> None:
    body = {"ok": False, "error_code": 400, "description": f"Bad Request: {words}"}
    stage.fault("error_json", method="forwardMessage", times=times, status=400, body=body)


@pytest.mark.parametrize("fault", ["cut_after", "created_garbage", "cut_within"])
def test_what_was_created_without_an_answer_is_found(channel: Stage, fault: str) -> None:
    lose(channel, fault)

    found = channel.find()

    assert found == Receipt("2", f"{channel.world.url}/telegram/contract_channel/2")
    assert channel.publications()[1]["remote_id"] == "2"
    assert left_in_the_operations_chat(channel) == []


def test_what_never_arrived_is_absent_after_three_numbers(channel: Stage) -> None:
    lose(channel, "cut_before")

    assert channel.find() is None

    asked = channel.world.control("GET", "requests")["requests"]["telegram"]
    assert asked["forwardMessage"] == {"400": 3, "200": 1}, "and the last known one is still there"
    assert left_in_the_operations_chat(channel) == []


def test_what_others_publish_in_between_moves_the_look_on(channel: Stage) -> None:
    for number in range(5):
        say(channel, f"Something else {number}")
    lose(channel, "cut_after")
    say(channel, "Something else after it")

    found = channel.find()

    assert found is not None
    assert found.remote_id == "7"
    assert left_in_the_operations_chat(channel) == []


def test_others_publications_alone_prove_it_absent(channel: Stage) -> None:
    lose(channel, "cut_before")
    say(channel, "Something else")

    assert channel.find() is None
    assert left_in_the_operations_chat(channel) == []


def test_where_the_last_known_message_is_gone_only_presence_is_proven(channel: Stage) -> None:
    """It may be another channel of the same name, whose numbers are others."""
    channel.withdraw(channel.out.after_id)
    with pytest.raises(Unsupported, match="last known message"):
        channel.find()

    lose(channel, "cut_after")
    assert channel.find() is not None


def test_a_message_that_was_deleted_in_between_proves_nothing(channel: Stage) -> None:
    for number in range(2):
        channel.withdraw(say(channel, f"Deleted {number}").remote_id)
    lose(channel, "cut_after")

    found = channel.find()

    assert found is not None
    assert found.remote_id == "4"


def test_the_same_alert_in_another_language_is_another_publication(channel: Stage) -> None:
    channel.adapter.publish(
        dataclasses.replace(channel.out, text=channel.out.text.replace("EXERCISE", "ÜBUNG")), channel.target
    )

    assert channel.find() is None


def test_a_wrong_clock_hides_nothing(channel: Stage) -> None:
    lose(channel, "cut_after")
    channel.begun += timedelta(hours=1)

    assert channel.find() is not None


def test_a_channel_too_busy_since_is_left_to_a_person(channel: Stage) -> None:
    channel.world.control("PUT", "limits", {"telegram_per_second": None})
    for number in range(FARTHEST):
        say(channel, f"Something else {number}")

    with pytest.raises(Unsupported, match="were published there since"):
        channel.find()

    asked = channel.world.control("GET", "requests")["requests"]["telegram"]
    assert sum(asked["forwardMessage"].values()) == FARTHEST
    assert left_in_the_operations_chat(channel) == []


@pytest.mark.parametrize("words", ["message has protected content and can't be forwarded", "CHAT_FORWARDS_RESTRICTED"])
def test_a_protected_channel_is_left_to_a_person(channel: Stage, words: str) -> None:
    lose(channel, "cut_after")
    refuse(channel, words)

    with pytest.raises(Unsupported):
        channel.find()


def test_what_cannot_be_seen_may_be_ours(channel: Stage) -> None:
    lose(channel, "cut_after")
    refuse(channel, "the message can't be forwarded")

    with pytest.raises(Unsupported, match="cannot be seen"):
        channel.find()


def test_ours_is_found_behind_what_cannot_be_seen(channel: Stage) -> None:
    say(channel, "Somebody pinned a message")
    lose(channel, "cut_after")
    refuse(channel, "the message can't be forwarded")

    found = channel.find()

    assert found is not None
    assert found.remote_id == "3"


@pytest.mark.parametrize("after_id", ["", "by hand"])
def test_without_a_known_message_it_is_left_to_a_person(channel: Stage, after_id: str) -> None:
    channel.out = dataclasses.replace(channel.out, after_id=after_id)

    with pytest.raises(Unsupported):
        channel.find()


@pytest.mark.parametrize("chat", ["", "@contract_channel"])
def test_without_a_private_operations_chat_it_is_left_to_a_person(channel: Stage, chat: str) -> None:
    channel.target = dataclasses.replace(channel.target, operations_chat=chat)

    with pytest.raises(Unsupported):
        channel.find()


def test_what_a_citizen_got_is_never_read_back(channel: Stage) -> None:
    channel.target = Target(OPERATIONS, secrets=channel.target.secrets, operations_chat=OPERATIONS)

    with pytest.raises(Unsupported):
        channel.find()


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("error_html", {"status": 502}),
        ("garbage_2xx", {}),
        ("array_2xx", {}),
        ("cut_before", {}),
        ("empty_json", {"status": 500}),
        ("rate_limit", {"retry_after": 7}),
        ("unauthorized", {}),
        ("gone", {"reason": "blocked"}),
        ("gone", {"reason": "not_found"}),
    ],
)
def test_a_channel_that_cannot_be_read_proves_nothing(channel: Stage, fault: str, params: dict[str, Any]) -> None:
    lose(channel, "cut_after")
    channel.fault(fault, method="forwardMessage", **params)

    with pytest.raises(PlatformError) as raised:
        channel.find()

    assert not isinstance(raised.value, Unconfirmed | Unsupported)
    assert isinstance(raised.value, Throttled) == (fault == "rate_limit")
    assert channel.find() is not None


def test_a_copy_that_stays_does_not_hide_what_was_found(channel: Stage) -> None:
    lose(channel, "cut_after")
    channel.fault("cut_before", method="deleteMessage")

    assert channel.find() is not None


def test_a_look_makes_no_sound_and_publishes_nothing(channel: Stage) -> None:
    lose(channel, "cut_after")
    channel.find()

    assert channel.standing() == 1
