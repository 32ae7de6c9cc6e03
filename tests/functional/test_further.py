"""A round's further questions in the bot and by SMS: each once, none of whoever needs help, and no code is taken for a digit."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from crisis import clock
from crisis.audience.models import Contact
from crisis.checkins.confirming import confirmation
from crisis.checkins.further import Coded, coded
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.rounds import Round, RoundAnswer, aged, open_round
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.families import asked, current, forged, household, press
from tests.functional.phones import Person, buttons, text
from tests.functional.texting import answers, phone, told, written

At = Callable[[datetime], None]
QUESTIONS = ["leave", "how_many", "passport"]


def given(one: Round) -> dict[str, int]:
    return dict(RoundAnswer.objects.filter(round=one).values_list("question", "value"))


def begun(alert: Any, clerk: Officer) -> Round:
    return open_round(rollcall=alert.rollcall, questions=QUESTIONS, by=clerk, now=clock.now())


def test_the_bot_asks_one_after_the_other_and_says_that_it_is_a_drill(
    person: Callable[..., Person], clerk: Officer
) -> None:
    me = household(person, "fr", people=3, named=False)
    alert = asked()
    one = begun(alert, clerk)
    recorded, first = press(me, ":all")
    assert "vous êtes en sécurité" in recorded["text"]
    assert "EXERCICE" in first["text"]
    assert "Voulez-vous quitter le pays" in first["text"]
    assert buttons(first) == [f"r:{one.pk}:leave:1", f"r:{one.pk}:leave:0"]
    assert press(me, ":leave:1") == [], "it changes where it stands"
    assert buttons(me.messages()[-1]) == [f"r:{one.pk}:how_many:{n}" for n in (1, 2, 3)]
    press(me, ":how_many:2")
    press(me, ":passport:0")
    assert "Noté" in me.messages()[-1]["text"]
    assert given(one) == {"leave": 1, "how_many": 2, "passport": 0}
    assert aged(one).leaving == 2
    assert len(press(me, ":all")) == 1, "nothing is asked twice"


def test_who_stays_is_not_asked_how_many_and_who_needs_help_is_asked_nothing(
    person: Callable[..., Person], clerk: Officer
) -> None:
    staying, hurt = household(person, people=2, named=False), household(person, people=1, named=False)
    one = begun(asked(), clerk)
    press(staying, ":all")
    press(staying, ":leave:0")
    assert "passport" in buttons(staying.messages()[-1])[0]
    assert "passport" not in text(press(hurt, ":help"))
    assert not any(data.startswith("r:") for message in hurt.messages() for data in buttons(message))
    assert given(one) == {"leave": 0}


def test_buttons_of_an_earlier_round_or_of_nobody_note_nothing(
    person: Callable[..., Person], clerk: Officer, at: At
) -> None:
    me = household(person, people=2, named=False)
    alert = asked()
    one = begun(alert, clerk)
    forged(me, f"r:{one.pk}:leave:1")
    assert given(one) == {}, "who has not said how they are answers that first"
    press(me, ":all")
    for wrong in ("leave:100", "shoe:1", "how_many:-1", "leave:x", "leave"):
        forged(me, f"r:{one.pk}:{wrong}")
    forged(me, "r:999999:leave:1")
    at(clock.now() + timedelta(minutes=5))
    begun(alert, clerk)
    forged(me, f"r:{one.pk}:leave:1")
    assert not RoundAnswer.objects.exists()
    assert current(me).safety == "safe"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("L2 P1", Coded(None, {"leave": 1, "how_many": 2, "passport": 1})),
        ("1 l0", Coded(Safety.SAFE, {"leave": 0, "how_many": 0})),
        ("1L3,P0.", Coded(Safety.SAFE, {"leave": 1, "how_many": 3, "passport": 0})),
        ("L 12", Coded(None, {"leave": 1, "how_many": 12})),
        *dict.fromkeys(["2", "1", "L", "P2", "L3 help", "12 L3", "L333", "hotel L3x", "1 2 L3", "no L3", ""]).items(),
    ],
)
def test_a_code_is_nothing_but_a_code(said: str, means: Coded | None) -> None:
    assert coded(said) == means


def test_by_sms_the_next_question_follows_and_a_digit_stays_how_somebody_is(sim: Running, clerk: Officer) -> None:
    contact = phone(people=3)
    alert = told()
    one = begun(alert, clerk)

    def follows(said: str) -> str:
        contact.refresh_from_db()
        found = Contact.objects.select_related("citizen__ministry").get(pk=contact.pk)
        return confirmation(found, said, CheckIn.objects.filter(current=True).first(), others=0)

    written("L2")
    assert (answers(), given(one)) == ([], {"leave": 1, "how_many": 2})
    assert "1 en sécurité, 2 besoin d'aide" in follows("noted"), "how they are is not known by that"
    written("1")
    assert "Répondez P1 oui" in follows("safe")
    written("P1")
    assert "Répondez" not in follows("noted")
    assert aged(one).leaving == 2
    written("2", id="help")
    assert answers()[-1] == ("needs_help", True), "never taken for a number of people"
    assert given(one)["how_many"] == 2
    written("2 L1", id="help and leave")
    assert (answers()[-1], given(one)["how_many"]) == (("needs_help", True), 1)


def test_codes_without_a_round_are_words_that_a_person_reads(sim: Running) -> None:
    phone()
    told()
    written("1 L3")
    assert not RoundAnswer.objects.exists()
    assert answers() == [("unclear", True)]
