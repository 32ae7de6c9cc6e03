"""What an SMS that asks says of answering, and what confirms an answer: short, without name or place."""

from typing import Any

import pytest

from crisis.broadcast.models import Wording
from crisis.checkins.models import CheckIn
from crisis.wording.catalogue import words
from platforms.measure.sms import sms
from simulator.testing import Running
from tasks.replies import confirm
from tests.functional.texting import PHONE, letters, phone, told, written


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The bells of confirmations, kept instead of handed to a broker."""
    found: list[tuple[Any, ...]] = []

    def send(_name: str, arguments: list[tuple[Any, ...]], *, queue: str) -> int:
        assert queue == "slow"
        found.extend(arguments)
        return len(arguments)

    monkeypatch.setattr("tasks.bells._send", send)
    return found


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_notice_says_how_to_answer_and_is_counted_with_it(sim: Running, language: str) -> None:
    phone(language=language)
    alert = told()
    (letter,) = letters(sim)
    line = words(language)["sms_answer"]
    assert sms(line).forcing == (), "not for this line does a text need the dear alphabet"
    assert letter["text"].split("\n")[-2:] == [line, words(language)["exercise"]]
    wording = Wording.objects.get(alert=alert, platform="sms", form="alert", languages=language)
    assert wording.units == letter["body"]["segments"] <= 6
    assert not Wording.objects.filter(alert=alert, platform="sms", form="retraction", text__contains=line).exists()


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_every_confirmation_is_two_messages_at_most_in_the_cheap_alphabet(language: str) -> None:
    for name, text in words(language).items():
        if name.startswith("sms_"):
            counted = sms(
                " ".join([text.format(code=" (ABC123/1)"), words(language)["sms_newest_only"], "+32 2 501 81 11"])
            )
            assert (counted.forcing, counted.segments <= 2) == ((), True), name


def test_with_two_alerts_open_the_newest_is_answered_and_that_is_said(
    sim: Running, django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]]
) -> None:
    phone()
    older, newer = told(), told()
    with django_capture_on_commit_callbacks(execute=True):
        written("1")
    (checkin,) = CheckIn.objects.all()
    assert checkin.rollcall == newer.rollcall
    assert rung[0][1:4] == ("safe", checkin.pk, 1)
    assert not CheckIn.objects.filter(rollcall=older.rollcall).exists()


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_confirmation_says_what_is_recorded_and_the_number_and_no_name_or_place(
    sim: Running, django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]], language: str
) -> None:
    phone(language=language)
    alert = told()
    with django_capture_on_commit_callbacks(execute=True):
        written("2")
    (bell,) = rung
    confirm(*bell)
    _, letter = letters(sim)
    fixed = words(language)
    assert letter["recipient"] == PHONE
    assert letter["text"].startswith(
        f"{fixed['exercise']}. {fixed['sms_needs_help'].format(code=f' ({alert.marker})')}"
    )
    assert "+" in letter["text"], "the number that helps"
    assert not [word for word in ("Emma", "Peeters", "Tokyo", "Tokio") if word in letter["text"]]


def test_a_bell_that_rings_twice_confirms_once(
    sim: Running, django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]]
) -> None:
    phone()
    told()
    with django_capture_on_commit_callbacks(execute=True):
        written("2")
    (bell,) = rung
    confirm(*bell)
    confirm(*bell)
    assert len(letters(sim)) == 2, "the notice and one confirmation"


def test_a_phone_that_answers_by_itself_ends_no_budget(
    sim: Running, django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]]
) -> None:
    phone()
    told()
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(9):
            written("I am on holiday", id=str(number))
    assert len(rung) == 6
    assert CheckIn.objects.count() == 9


def test_stop_is_not_confirmed_and_nothing_is_twice(
    sim: Running, django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]]
) -> None:
    phone()
    told()
    with django_capture_on_commit_callbacks(execute=True):
        written("stop")
        written("1")
        written("1")
    assert [bell[1] for bell in rung] == ["safe"]
