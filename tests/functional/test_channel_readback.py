"""A Telegram channel's unknown outcome is settled by what the operations chat shows, or by a person."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Delivery, DeliveryState
from demo import furnish
from demo.state import OPERATIONS_CHAT
from simulator.testing import Running
from tasks import throttle
from tasks.broadcast import read_back
from tests.functional.factories import deliver_all, issued, one

At = Callable[[datetime], None]
CHANNEL = "telegram:@tocsin_demo_alerts_shadow"


def lose(sim: Running, fault: str) -> Alert:
    """Issue an alert whose message in the channel has an unknown outcome."""
    wanted = {"platform": "telegram", "fault": fault, "times": 1, "method": "sendMessage", "params": {}}
    sim.control("POST", "faults", wanted)
    alert = issued()
    deliver_all()
    assert one(alert, "telegram").state == DeliveryState.UNCONFIRMED
    return alert


def standing(sim: Running, alert: Alert) -> int:
    return int(sim.control("GET", f"counts?marker={alert.marker}")[CHANNEL])


@pytest.fixture
def shown(sim: Running, settings: Any) -> Running:
    """A simulator with an operations chat, and a channel in which one alert stands already."""
    settings.TELEGRAM_OPERATIONS_CHAT = OPERATIONS_CHAT
    furnish.operations_chat()
    issued()
    deliver_all()
    return sim


def after_reading(alert: Alert, at: At) -> Delivery:
    """Read the channel back once that is due."""
    at(clock.now() + timedelta(seconds=6))
    read_back(one(alert, "telegram").pk)
    return one(alert, "telegram")


def test_a_channels_unknown_that_stands_is_found_through_the_operations_chat(shown: Running, at: At) -> None:
    alert = lose(shown, "cut_after")

    row = after_reading(alert, at)
    deliver_all()

    assert (row.state, row.reason, row.remote_id, row.attempt) == (DeliveryState.POSTED, "read_back", "2", 1)
    assert standing(shown, alert) == 1
    messages = shown.control("GET", f"chats/{OPERATIONS_CHAT}")["messages"]
    assert [bool(each["deleted_at"]) for each in messages] == [True], "nothing stays in the operations chat"


def test_a_channels_unknown_that_is_absent_twice_is_sent_again_once(shown: Running, at: At) -> None:
    alert = lose(shown, "cut_before")

    assert after_reading(alert, at).absences == 1
    assert after_reading(alert, at).reason == "proven_absent"
    deliver_all()

    row = one(alert, "telegram")
    assert (row.state, row.attempt) == (DeliveryState.POSTED, 2)
    assert standing(shown, alert) == 1


def test_a_later_publication_does_not_hide_an_unknown_one(shown: Running, at: At) -> None:
    alert = lose(shown, "cut_after")
    at(clock.now() + timedelta(seconds=1))
    later = issued()
    deliver_all()
    assert one(later, "telegram").remote_id == "3"

    assert after_reading(alert, at).remote_id == "2"


def test_a_channel_in_which_nothing_of_ours_is_known_waits_for_a_person(sim: Running, at: At, settings: Any) -> None:
    settings.TELEGRAM_OPERATIONS_CHAT = OPERATIONS_CHAT
    furnish.operations_chat()
    alert = lose(sim, "cut_after")

    row = after_reading(alert, at)

    assert (row.state, row.not_before) == (DeliveryState.UNCONFIRMED, None)
    assert row.attempts.get(step="find").outcome == "unsupported"


def test_no_clock_tells_what_stood_there_before(shown: Running, at: At) -> None:
    """A worker whose clock is an hour behind publishes after an unknown outcome, and notes a time before it."""
    alert = lose(shown, "cut_after")
    right = clock.now()
    at(right - timedelta(hours=1))
    later = issued()
    Delivery.objects.filter(alert=later).update(not_before=clock.now())
    deliver_all()
    assert one(later, "telegram").remote_id == "3"
    at(right)

    assert after_reading(alert, at).remote_id == "2"


def test_a_reading_waits_while_telegram_wants_quiet(shown: Running, at: At) -> None:
    alert = lose(shown, "cut_after")
    throttle.halt(throttle.TELEGRAM, seconds=60)

    row = after_reading(alert, at)

    assert row.not_before is not None
    assert (row.not_before - clock.now()).total_seconds() == pytest.approx(60, abs=3)
    assert not row.attempts.filter(step="find").exists(), "nothing was asked"
