"""Aiming faults: which request is struck, how often, and which wishes make no sense."""

from typing import Any

import pytest

from simulator.conduct import BROKEN, FOREIGN
from simulator.faults import RULES, Aim, FaultBook

PLATFORMS = ("telegram", "x", "facebook")


def test_a_fault_meets_only_its_aim(publish: Any, control: Any, bot: Any, stands: Any) -> None:
    control.fault("error_html", "telegram", chat=78)
    control.fault("error_html", "telegram", account="@other")
    control.fault("error_html", "telegram", method="sendPhoto")
    control.fault("error_html", "x", account="other")
    control.fault("error_html", "x", method="timeline")
    control.fault("error_html", "facebook", account="1234", method="feed")
    for platform in PLATFORMS:
        assert publish[platform]("K7/1")
    assert stands("K7/1") == 3
    faults = control("GET", "faults")["faults"]
    assert [fault["struck"] for fault in faults] == [0] * 6
    control("DELETE", "faults")
    assert control("GET", "faults") == {"faults": []}


def test_a_fault_finds_an_account_by_any_of_its_names(simulator: Any) -> None:
    book = FaultBook()
    for name in ("@MFA", "mfa", "123"):
        book.add({"fault": "cut_before", "platform": "x", "account": name, "times": 1})
    aim = Aim("x", "tweets", "create", ("mfa", "123"))
    assert [book.strike(aim) is not None for _ in range(4)] == [True, True, True, False]


def test_a_fault_without_a_method_spares_the_long_poll(failure: Any, bot: Any, control: Any, struck: Any) -> None:
    control.fault("error_html", "telegram")
    assert bot("get_updates") == ()
    control("DELETE", "faults")
    control.fault("error_html", "telegram", method="getUpdates")
    assert failure(lambda: bot("get_updates")) is not None
    assert struck() == 1


def test_creates_edits_and_lists_can_be_aimed_at_together(
    failure: Any, publish: Any, control: Any, x_client: Any
) -> None:
    control.fault("error_html", "x", method="create")
    assert x_client.get_me().data.username == "MFA"
    assert failure(lambda: publish["x"]("K7/1")) is not None


@pytest.mark.parametrize(
    "wanted",
    [
        {"fault": "earthquake", "platform": "x"},
        {"fault": "duplicate", "platform": "telegram"},
        {"fault": "gone", "platform": "facebook"},
        {"fault": "slow_after", "platform": "x"},
        {"fault": "cut_before", "platform": "kite"},
        {"fault": "cut_before", "platform": "x", "time": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(control: Any, wanted: dict[str, Any]) -> None:
    answer = control.ask("POST", "faults", wanted)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_every_fault_is_carried_out_by_somebody() -> None:
    in_own_words = {
        *("rate_limit", "unauthorized", "suspended", "quota", "duplicate", "gone", "migrated", "edit_missing"),
    }
    assert set(RULES) == set(BROKEN) | set(FOREIGN) | in_own_words
