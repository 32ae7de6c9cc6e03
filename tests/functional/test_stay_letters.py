"""People without a chat are asked whether they still stay where they said, and are counted there no longer without an answer."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from crisis.alerts.models import Alert
from crisis.audience import stays
from crisis.audience.models import Contact, Stay
from simulator.testing import Running
from tasks import presence, throttle
from tests.functional.factories import NOW, citizen, issued, reachable

Clock = Callable[[datetime], None]
NOON = (NOW + timedelta(days=100)).astimezone(ZoneInfo("Asia/Tokyo")).replace(hour=12, minute=0)
MAIL = "emma@post.example"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's Redis takes bells that no worker of a test answers.
    monkeypatch.setattr("tasks.presence.bells.waiting", lambda _: 0)


def without_a_chat(kind: str = "email", address: str = MAIL, language: str = "en") -> Contact:
    chat = citizen("Tokyo", language=language)
    found = reachable(chat, kind, address)
    chat.delete()
    return found


def letters(sim: Running, way: str = "email") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way={way}")
    return found


def page_of(letter: dict[str, Any]) -> str:
    found = re.search(r"/stay/[\w-]+", letter["text"])
    assert found is not None, letter
    return found[0]


def test_by_day_they_get_one_letter_and_save_confirms_the_stay(sim: Running, at: Clock) -> None:
    me = without_a_chat()
    at(NOON.replace(hour=3))
    presence.tick()
    assert letters(sim) == [], "not at night, where the person is"
    at(NOON)
    presence.tick()
    presence.tick()
    (letter,) = letters(sim)
    assert "Tokyo" in letter["text"]
    at(NOON + timedelta(days=13))
    assert Client().get(page_of(letter)).status_code == 200, "as long as an answer is waited for"
    deleting = {"do": "delete", "sure": "1", "people": "9", "until": "", "where": "Xyzzyburg"}
    assert Client().post(page_of(letter), deleting).status_code == 400
    assert Client().get(page_of(letter).replace("/stay/", "/manage/")).status_code == 404, (
        "it shows and changes no more"
    )
    saved = Client().post(page_of(letter), {"until": "", "where": ""})
    assert saved.status_code == 303
    again = Client().get(saved["Location"]).content.decode()
    assert "Saved." in again
    assert 'href="/manage?l=en"' in again, "for anything else a fresh link is sent"
    assert "Tokyo" not in again
    Client().post(page_of(letter), {"until": "", "where": "Osaka"})
    assert Stay.objects.get(citizen=me.citizen, ended_at=None).place_name == "Tokyo", "it works once"
    assert me.citizen.people == 1
    stay = Stay.objects.get(citizen=me.citizen, ended_at=None)
    assert (stay.confirmed_at, stay.asked_at) == (NOON + timedelta(days=13), None)
    at(NOON + timedelta(days=15))
    presence.tick()
    assert len(letters(sim)) == 1
    assert Stay.objects.filter(citizen=me.citizen, ended_at=None).exists()


@pytest.mark.parametrize(("kind", "address"), [("email", MAIL), ("sms", "+99955512345")])
def test_without_an_answer_the_stay_ends_and_they_are_told(sim: Running, at: Clock, kind: str, address: str) -> None:
    me = without_a_chat(kind, address, "nl")
    at(NOON)
    presence.tick()
    at(NOON + stays.ANSWER_WITHIN + timedelta(minutes=1))
    presence.tick()
    presence.tick()
    assert len(letters(sim, kind)) == 2
    assert not Stay.objects.filter(citizen=me.citizen, ended_at=None).exists()


def test_an_end_of_which_a_dead_worker_told_nobody_is_told_later_and_once(sim: Running, at: Clock) -> None:
    me = without_a_chat()
    at(NOON)
    presence.tick()
    over = NOON + stays.ANSWER_WITHIN + timedelta(minutes=1)
    at(over)
    assert stays.end(stay_id=Stay.objects.get(citizen=me.citizen).pk, now=over)
    presence.tick()
    assert len(letters(sim)) == 1, "its worker may still be about to"
    at(over + stays.TOLD_AGAIN_AFTER + timedelta(minutes=1))
    presence.tick()
    presence.tick()
    assert len(letters(sim)) == 2
    assert "no longer count you" in letters(sim)[1]["text"]
    assert not Stay.objects.filter(untold_since__isnull=False).exists()


def test_nobody_else_is_written_to(sim: Running, at: Clock) -> None:
    for number, state in enumerate((Contact.State.PENDING, Contact.State.STOPPED, Contact.State.GONE)):
        found = without_a_chat("email", f"a{number}@post.example")
        Contact.objects.filter(pk=found.pk).update(state=state)
    reachable(citizen("Tokyo", sim=sim), "email", "chat@post.example")
    at(NOON)
    presence.tick()
    assert letters(sim) == [], "who has a chat is asked there"


def test_what_did_not_leave_is_asked_anew_and_an_alert_goes_first(sim: Running, at: Clock) -> None:
    without_a_chat()
    at(NOON)
    sim.control("POST", "faults", {"platform": "email", "fault": "rate_limit", "times": 1, "method": "create"})
    presence.tick()
    assert letters(sim) == []
    assert Stay.objects.get(ended_at=None).asked_at is None
    throttle._client().flushall()  # its clock is not the test's
    at(NOW)
    alert = issued(countries=["JP"])
    Alert.objects.filter(pk=alert.pk).update(expires_at=NOON + timedelta(hours=1))
    at(NOON)
    presence.tick()
    assert letters(sim) == [], "an alert holds there"
