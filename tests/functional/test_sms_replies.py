"""A reply by SMS is a check-in: by its digit, once, for one alert; the rest is read as the bot reads it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.audience.operations import resume, stop
from crisis.checkins.models import Case, CheckIn, InboxUpdate, Safety
from crisis.checkins.replies import digit_of
from crisis.registry.models import Installation, Mode
from simulator.testing import Running
from tests.functional.texting import ADDRESS, PHONE, answers, by_the_simulator, phone, post, told, written


@pytest.mark.parametrize(
    ("text", "safety"),
    [("1", Safety.SAFE), ("2", Safety.NEEDS_HELP), ("3", Safety.NOT_THERE), (" 1. ", Safety.SAFE), ("1 ok", Safety.SAFE),
     ("１", Safety.SAFE), ("(3)", Safety.NOT_THERE), ("1️⃣", Safety.SAFE), ("2!!", Safety.NEEDS_HELP),
     ("1, merci", Safety.SAFE), ("2 hulp", Safety.NEEDS_HELP), ("2 we are trapped", Safety.NEEDS_HELP), ("1\0", Safety.SAFE)],
)  # fmt: skip
def test_a_digit_is_an_answer(sim: Running, text: str, safety: Safety) -> None:
    contact = phone(people=3)
    alert = told()
    assert written(text).json() == {"ok": True}
    checkin = CheckIn.objects.get()
    assert (checkin.safety, checkin.current, checkin.people) == (safety, True, 3)
    assert (checkin.source, checkin.contact, checkin.rollcall) == ("sms", contact, alert.rollcall)
    assert Case.objects.count() == (1 if safety == Safety.NEEDS_HELP else 0)


@pytest.mark.parametrize(
    "text",
    ["1 hurt", "1 dead", "1?", "1 2", "1/2", "12", "1 not ok", "1 person safe", "1 stop", "3 safe", "3 ok", "3 injured",
     "2 of us are safe", "1 child missing", "1st", "no 1", "0", "4", ""],
)  # fmt: skip
def test_a_digit_with_more_than_a_word_that_agrees_is_no_answer(text: str) -> None:
    assert digit_of(text) is None


def test_the_simulators_phone_writes_back(sim: Running) -> None:
    phone()
    told()
    assert by_the_simulator(sim, "1") == 200
    assert answers() == [("safe", True)]


def test_the_same_message_again_records_nothing_twice(sim: Running) -> None:
    phone()
    told()
    assert [written("2", id="a").status_code for _ in range(3)] == [200, 200, 200]
    assert answers() == [("needs_help", True)]
    assert written("2", id="b").status_code == 200
    assert len(answers()) == 2
    assert Case.objects.count() == 1


def test_an_answer_that_comes_late_replaces_none_that_was_written_after_it(sim: Running) -> None:
    phone()
    told()
    now = int(clock.now().timestamp())
    written("2", at=now)
    written("1", at=now - 30)
    assert answers() == [("needs_help", True), ("safe", False)]
    written("1", id="corrected", at=now + 30)
    assert answers()[-1] == ("safe", True)
    assert Case.objects.get().state == Case.State.OPEN, "no text closes a case"


@pytest.mark.parametrize("forged", [{"secret": "somebody's"}, {"age_s": 301}, {"age_s": -330}], ids=str)
def test_what_is_not_signed_or_old_is_refused(sim: Running, forged: dict[str, Any]) -> None:
    phone()
    told()
    body = json.dumps({"id": "a", "from": PHONE, "text": "1", "at": 1}).encode()
    assert post(body, **forged).status_code == 403
    assert Client().post(ADDRESS, body, "application/json").status_code == 403
    assert Client().get(ADDRESS).status_code == 405
    assert answers() == []


def test_without_a_secret_nothing_is_taken(settings: Any) -> None:
    settings.RECEIPTS_SECRETS = {"sms": ""}
    assert post(b"{}", secret="x").status_code == 403


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 5000, b'{"id": "a", "from": "+3212345678", "text": "1"}']
    + [
        json.dumps({"id": "a", "from": PHONE, "text": "1", "at": 1} | wrong).encode()
        for wrong in (
            {"id": ""}, {"id": 7}, {"id": "x" * 121}, {"from": None}, {"from": "+" * 200}, {"text": 1}, {"text": ["1"]},
            {"text": "1" * 1601}, {"at": "now"}, {"at": True}, {"at": -1}, {"at": 1e300}, {"at": 10**12}, {"at": 1.5},
            {"more": "x" * 10_000},
        )
    ],
    ids=lambda body: str(body[:60]),
)  # fmt: skip
def test_what_is_no_message_is_refused(sim: Running, body: bytes) -> None:
    phone()
    told()
    assert post(body).status_code == 400
    assert InboxUpdate.objects.count() == CheckIn.objects.count() == 0


@pytest.mark.parametrize("text", ["\0", "\ud800 help", "١", "🆘" * 400, "é" * 1600, "{code} %s {0}", "2" * 1600])
def test_hostile_texts_break_nothing_and_are_never_taken_for_safe(sim: Running, text: str) -> None:
    phone()
    told()
    assert written(text, id=f"\0{len(text)}\ud800").status_code == 200
    assert Safety.SAFE not in dict(answers())


@pytest.mark.parametrize("sender", ["+32470000000", "TAXI", "8850", "", "\0"])
def test_a_number_that_nobody_has_given_gets_the_same_answer_and_nothing_is_kept(
    sim: Running, sender: str, caplog: pytest.LogCaptureFixture
) -> None:
    phone()
    told()
    caplog.set_level("INFO")
    known, unknown = written("1"), written("2 help", **{"from": sender})
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert CheckIn.objects.count() == InboxUpdate.objects.count() == 1
    assert "470000000" not in caplog.text + str([vars(record) for record in caplog.records])


def test_an_address_is_found_however_it_is_written(sim: Running) -> None:
    phone()
    told()
    written("1", **{"from": "00999 555-123.45"})
    assert answers() == [("safe", True)]


def test_what_was_written_before_an_alert_does_not_answer_it(sim: Running, at: Callable[[datetime], None]) -> None:
    phone()
    older = told()
    before = int(clock.now().timestamp())
    at(clock.now() + timedelta(minutes=30))
    told()
    written("1", at=before)
    assert CheckIn.objects.get().rollcall == older.rollcall


def test_an_alert_that_was_stopped_or_has_expired_takes_no_safe_but_a_call_for_help(
    sim: Running, at: Callable[[datetime], None]
) -> None:
    phone()
    alert = told()
    assert alert.expires_at is not None
    at(alert.expires_at + timedelta(seconds=1))
    written("1")
    assert answers() == []
    written("2")
    assert CheckIn.objects.get().rollcall is None
    assert Case.objects.get().kind == Safety.NEEDS_HELP


def test_help_works_on_any_day(sim: Running) -> None:
    phone()
    for number, text in enumerate(["2", "HELP", "hulp", "SOS", "Hilfe"]):
        written(text, id=str(number))
    assert {safety for safety, _ in answers()} == {"needs_help"}
    assert len(answers()) == 5
    assert Case.objects.get().rollcall is None
    written("how is the weather today", id="chat")
    assert len(answers()) == 6, "it joins the call"


def test_what_nothing_asks_for_and_nobody_needs_is_not_kept(sim: Running) -> None:
    phone()
    for text in ("1", "thank you", "ok", "3"):
        written(text)
    assert answers() == []
    assert not InboxUpdate.objects.exclude(payload={}).exists()


def test_in_live_operation_a_drill_is_answered_in_the_drill_only(sim: Running) -> None:
    phone()
    alert = told()
    Installation.objects.update(kind=Installation.Kind.LIVE)
    written("2")
    drill = Case.objects.get()
    assert (drill.mode, drill.rollcall) == (Mode.EXERCISE, alert.rollcall)
    written("we are trapped, help us")
    real = Case.objects.exclude(pk=drill.pk).get()
    assert (real.mode, real.rollcall) == (Mode.LIVE, None)
    written("HELP")
    real.refresh_from_db()
    assert real.kind == Safety.NEEDS_HELP


def test_a_call_for_help_belongs_to_the_real_alert_while_a_newer_drill_asks_too(sim: Running) -> None:
    phone()
    real, _ = told(), told()
    Alert.objects.filter(pk=real.pk).update(mode=Mode.LIVE)
    Installation.objects.update(kind=Installation.Kind.LIVE)
    written("2")
    assert CheckIn.objects.get().rollcall == real.rollcall
    assert Case.objects.get().mode == Mode.LIVE


@pytest.mark.parametrize(
    ("text", "people", "safety"),
    [("nous allons tous bien", 3, "safe"), ("ich bin in Sicherheit", 1, "safe"), ("I am safe", 3, "unclear"),
     ("we are trapped", 1, "unclear"), ("1 hurt", 1, "unclear"), ("wir sind nicht dort", 2, "not_there")],
)  # fmt: skip
def test_own_words_are_read_as_the_bot_reads_them(sim: Running, text: str, people: int, safety: str) -> None:
    phone(people=people)
    told()
    written(text)
    checkin = CheckIn.objects.get()
    assert (checkin.safety, checkin.text) == (safety, text)
    assert (checkin.case is not None) == (safety == "unclear")


def test_words_change_no_answer_that_stands(sim: Running) -> None:
    phone()
    told()
    written("2")
    written("we are all safe")
    assert answers() == [("needs_help", True), ("needs_help", False)]


@pytest.mark.parametrize("text", ["STOP", "stop.", "Arrêt", "arret", "Stopp!"])
def test_stop_ends_it_once_and_help_works_after_it(sim: Running, text: str) -> None:
    contact = phone()
    told()
    written(text)
    contact.refresh_from_db()
    assert (contact.state, answers()) == (Contact.State.STOPPED, [])
    resume(contact=contact)
    written(text)
    contact.refresh_from_db()
    assert contact.state == Contact.State.ACTIVE, "the same message again"
    stop(contact=contact)
    written("2")
    assert answers() == [("needs_help", True)]


def test_a_phone_that_was_thought_dead_is_written_to_again(sim: Running) -> None:
    contact = phone()
    told()
    Contact.objects.update(state=Contact.State.GONE)
    written("1")
    contact.refresh_from_db()
    assert (contact.state, answers()) == (Contact.State.ACTIVE, [("safe", True)])


def test_a_database_that_is_away_is_told_as_not_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr("receipts.incoming.found", away)
    answer = written("1")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
