"""A way that refuses us, or is left alone: after some minutes the next one tells, and nobody is told twice."""

from datetime import timedelta
from typing import Any

from crisis import clock
from crisis.broadcast.models import Notice, NoticeState
from crisis.checkins.counting import board
from simulator.testing import Running
from tests.functional.factories import citizen, issued, notify_all, reachable
from tests.functional.test_next_way import MAIL, At, swept, told


def refuse(sim: Running, times: int = 50) -> None:
    fault = {"platform": "telegram", "fault": "unauthorized", "times": times, "method": "sendMessage", "params": {}}
    sim.control("POST", "faults", fault)


def test_a_way_that_refuses_us_is_followed_after_the_time_and_not_before(sim: Running, at: At, settings: Any) -> None:
    contact = citizen(sim=sim, people=3)
    reachable(contact, "email", MAIL)
    refuse(sim)
    alert = issued()
    notify_all(alert)
    assert told(alert) == {"telegram": "queued"}
    swept(at, settings.NEXT_WAY_AFTER - 1)
    notify_all(alert)
    assert told(alert) == {"telegram": "queued"}
    swept(at, 1.1)
    assert told(alert) == {"telegram": "undelivered", "email": "queued"}
    notify_all(alert)
    assert told(alert) == {"telegram": "undelivered", "email": "accepted"}

    sim.control("DELETE", "faults")
    for _ in range(3):
        swept(at, 2)
        notify_all(alert)
    assert told(alert) == {"telegram": "undelivered", "email": "accepted"}, "the mended way says nothing twice"
    assert sim.control("GET", f"received?marker={alert.marker}") == {}
    total = board(alert.rollcall).total
    assert (total.registered, total.accepted, total.undelivered) == (3, 3, 0)


def test_what_was_refused_is_tried_again_where_the_next_way_reaches_nobody(sim: Running, at: At, settings: Any) -> None:
    contact = citizen(sim=sim)
    reachable(contact, "email", "gone@example.org")
    refuse(sim)
    alert = issued()
    notify_all(alert)
    swept(at, settings.NEXT_WAY_AFTER + 0.1)
    notify_all(alert)
    assert told(alert) == {"telegram": "undelivered", "email": "undelivered"}
    sim.control("DELETE", "faults")
    for _ in range(3):
        swept(at, 2)
        notify_all(alert)
    assert told(alert) == {"telegram": "accepted", "email": "undelivered"}
    assert sim.control("GET", f"received?marker={alert.marker}") == {contact.address: 1}


def test_a_way_that_takes_others_is_not_left_for_the_next(sim: Running, at: At, settings: Any) -> None:
    contact, other = citizen(sim=sim), citizen(sim=sim)
    reachable(contact, "email", MAIL)
    refuse(sim, times=2)
    alert = issued()
    notify_all(alert)
    at(clock.now() + timedelta(minutes=1.1))
    Notice.objects.filter(contact=contact).update(not_before=clock.now() + timedelta(minutes=30))
    notify_all(alert)
    assert Notice.objects.get(contact=other).state == NoticeState.ACCEPTED
    swept(at, settings.NEXT_WAY_AFTER + 5)
    assert not Notice.objects.filter(run__kind="email").exists()
