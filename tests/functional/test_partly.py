"""A household of which only some are safe: each step is recorded, nobody is counted safe who was not named so, the sums hold."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bot.partly import AT_ONCE
from crisis import clock
from crisis.audience.models import Citizen, Member
from crisis.checkins.counting import board
from crisis.checkins.models import Case, CheckIn, Ticking
from crisis.checkins.queries import STATUSES, described, people
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from tests.functional.factories import NOW
from tests.functional.families import NAMES, NUMBER, adds_up, asked, current, forged, household, parts, press
from tests.functional.phones import Person, buttons, text

# --- what is asked -----------------------------------------------------------------------------------------------------------


def test_a_household_is_asked_for_all_or_some_and_somebody_alone_is_not(person: Callable[..., Person]) -> None:
    family, alone = household(person, named=False), household(person, people=1, named=False)
    alert = asked()
    pk = alert.rollcall.pk
    for me, answers in ((family, ["all", "some", "help", "not_there"]), (alone, ["safe", "help", "not_there"])):
        assert buttons(me.messages()[-1]) == [f"c:{pk}:{answer}" for answer in answers]
    labels = [row[0]["text"] for row in family.messages()[-1]["inline_keyboard"]]
    assert labels[:2] == ["✅ All of us are safe", "Some of us are safe"]
    told = family.does("press", data=f"c:{pk}:all")
    assert "Recorded: you are safe" in text(told)
    assert parts(family) == ("safe", 4, "", 0)
    told = alone.does("press", button=0)
    assert parts(alone) == ("safe", 1, "", 0)
    Citizen.objects.filter(pk=family.contact.citizen_id).update(people=1)
    told = press(family, ":some")
    assert "yourself only" in text(told)
    assert buttons(told[0]) == [f"c:{pk}:{answer}" for answer in ("safe", "help", "not_there")]


@pytest.mark.parametrize(
    ("language", "who", "done", "how", "recorded"),
    [
        ("nl", "Wie is veilig?", "Klaar", "2 van u zijn veilig", "de anderen hebben hulp nodig"),
        (
            "fr",
            "Qui est en sécurité\u00a0?",
            "Terminé",
            "2 d’entre vous sont en sécurité",
            "les autres ont besoin d’aide",
        ),
        ("de", "Wer ist in Sicherheit?", "Fertig", "2 von Ihnen sind in Sicherheit", "Die anderen brauchen Hilfe"),
        ("en", "Who is safe?", "Done", "2 of you are safe", "the others need help"),
    ],
)
def test_by_name_in_every_language_and_the_names_do_not_stay_on_the_screen(
    person: Callable[..., Person], language: str, who: str, done: str, how: str, recorded: str
) -> None:
    me = household(person, language)
    alert = asked()
    told = press(me, ":some")
    assert who in text(told)
    question = told[0]["message_id"]
    labels = [row[0]["text"] for row in told[0]["inline_keyboard"]]
    assert labels == [f"☐ {name}" for name in (labels[0][2:], *NAMES)] + [done]

    def shown() -> dict[str, Any]:
        return next(message for message in me.messages() if message["message_id"] == question)

    luc, zoe, _ = Member.objects.order_by("pk")
    assert press(me, ":+:0") == [], "the keyboard changes where it stands"
    press(me, f":+:{luc.pk}")
    press(me, f":+:{zoe.pk}")
    press(me, f":-:{zoe.pk}")
    assert [row[0]["text"][0] for row in shown()["inline_keyboard"][:4]] == ["☑", "☑", "☐", "☐"]
    assert press(me, ":done") == []
    assert how in shown()["text"]
    assert not any(name in str(shown()["inline_keyboard"]) for name in NAMES)
    assert parts(me) == ("safe", 2, "no_word", 2)

    told = press(me, ":help")
    assert recorded in text(told)
    assert NUMBER in text(told)
    assert told[0]["reply_keyboard"][0][0]["request_location"], "it is asked where"
    assert not any(name in text(told) for name in NAMES)
    assert "Tokyo" not in text(told).replace(alert.infos.get(language=language).headline, "")
    assert parts(me) == ("safe", 2, "needs_help", 2)
    assert set(current(me).others_named.values_list("name", flat=True)) == {"Zoé Peeters", "Grand-père"}
    case = Case.objects.get()
    assert (case.kind, case.people, case.state) == ("needs_help", 2, "open")
    assert not Ticking.objects.exists()


def test_by_number_where_not_everybody_is_named(person: Callable[..., Person]) -> None:
    me = household(person, named=False)
    Member.objects.create(citizen_id=me.contact.citizen_id, name="Luc Peeters", told_at=NOW)
    asked()
    told = press(me, ":some")
    assert "How many of you 4 are safe?" in text(told)
    assert [data.rpartition(":")[2] for data in buttons(told[0])] == ["1", "2", "3"]
    told = press(me, ":n:3")
    assert "3 of you are safe" in text(told)
    assert "How is the other person?" in text(told)
    told = press(me, ":not_there")
    assert "not there" in text(told)
    assert parts(me) == ("safe", 3, "not_there", 1)


def test_a_group_of_fifty_chooses_a_range_first(person: Callable[..., Person]) -> None:
    me = household(person, named=False, people=50)
    asked()
    told = press(me, ":some")
    assert len(buttons(told[0])) <= AT_ONCE
    me.does("press", data=buttons(told[0])[1])
    numbers = [int(data.rpartition(":")[2]) for data in buttons(me.messages()[-1])]
    assert numbers == list(range(21, 41))
    press(me, ":n:33")
    assert parts(me) == ("safe", 33, "no_word", 17)


# --- what is recorded --------------------------------------------------------------------------------------------------------


def test_the_first_step_alone_is_seen_by_staff_and_counts_nobody_too_many(
    person: Callable[..., Person], client: Client
) -> None:
    me = household(person)
    alert = asked()
    press(me, ":some")
    assert parts(me) == ("safe", 1, "no_word", 3)
    total = board(alert.rollcall).total
    assert (total.answered("safe"), total.no_answer) == (1, 3)
    assert adds_up(total)
    assert (Case.objects.get().kind, Case.objects.get().people) == ("unclear", 3)
    client.force_login(Officer.objects.get(username="clerk"))
    assert "Safe: 1 of 4, no word of the others" in client.get("/console/cases/").content.decode()
    page = client.get(f"/console/rollcalls/{alert.rollcall.pk}/?status=no_answer").content.decode()
    assert "Safe: 1 of 4, no word of the others" in page


@pytest.mark.parametrize(
    ("others", "answers", "silent", "state"),
    [
        ("help", {"safe": 2, "needs_help": 2}, 0, ("needs_help", "open")),
        ("no_word", {"safe": 2}, 2, ("unclear", "open")),
        ("not_there", {"safe": 2, "not_there": 2}, 0, ("unclear", "closed")),
        ("safe", {"safe": 4}, 0, ("unclear", "closed")),
    ],
)
def test_the_board_adds_up_whatever_the_others_are(
    person: Callable[..., Person], others: str, answers: dict[str, int], silent: int, state: tuple[str, str]
) -> None:
    me = household(person)
    household(person, named=False, people=2)
    alert = asked()
    press(me, ":some")
    for who in (0, Member.objects.order_by("pk")[0].pk):
        press(me, f":+:{who}")
    press(me, ":done")
    press(me, f":{others}")
    total = board(alert.rollcall).total
    assert (total.answers, total.no_answer) == (answers, silent + 2)
    assert total.registered == 6
    assert adds_up(total)
    case = Case.objects.get()
    assert (case.kind, case.state) == state
    found = {status for status in STATUSES if me.contact.citizen in people(alert.rollcall, status=status)}
    listed: dict[str, set[str]] = {
        "help": {"needs_help"},
        "no_word": {"no_answer"},
        "not_there": {"not_there"},
        "safe": set(),
    }
    assert found == {"safe"} | listed[others]
    assert CheckIn.objects.filter(current=True).count() == 1


def test_staff_see_the_names_of_those_left_out(person: Callable[..., Person], client: Client) -> None:
    me = household(person)
    alert = asked()
    press(me, ":some")
    press(me, f":+:{Member.objects.get(name='Luc Peeters').pk}")
    press(me, ":done")
    press(me, ":no_word")
    (row,) = described(alert.rollcall, people(alert.rollcall, status="no_answer"))
    assert row.others == "Emma, Zoé Peeters, Grand-père", "the person who answers is one of them, and stands first"
    client.force_login(Officer.objects.get(username="clerk"))
    page = client.get("/console/cases/").content.decode()
    assert "Safe: 1 of 4, no word of the others" in page
    assert "Emma, Zoé Peeters, Grand-père" in page
    assert "Grand-père" in client.get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()


def test_what_is_written_and_shared_after_a_call_for_the_others_joins_it(person: Callable[..., Person]) -> None:
    me = household(person, people=2)
    asked()
    press(me, ":some")
    press(me, ":+:0")
    press(me, ":done")
    press(me, ":help")
    assert "added this to your call for help" in text(me.does("text", text="he is in the school, his leg is broken"))
    told = text(me.does("location", latitude=35.712345, longitude=139.776543))
    assert "added your position" in told
    assert NUMBER in told
    assert "35.7" not in told
    case = Case.objects.get()
    words = [checkin.text for checkin in case.checkins.order_by("pk") if checkin.text]
    assert words[0] == "he is in the school, his leg is broken"
    assert words[1].startswith("📍 35.71, 139.78")
    assert parts(me) == ("safe", 1, "needs_help", 1), "words change no answer"


def test_nobody_ticked_and_everybody_ticked(person: Callable[..., Person]) -> None:
    me = household(person, people=2)
    asked()
    press(me, ":some")
    told = press(me, ":done")
    assert "not tapped any name" in text(told)
    assert parts(me) == ("safe", 1, "no_word", 1)
    press(me, ":+:0")
    press(me, f":+:{Member.objects.get().pk}")
    assert "Recorded: you are safe" in text(press(me, ":done"))
    assert parts(me) == ("safe", 2, "", 0)
    assert Case.objects.get().state == "closed"


def test_i_am_safe_of_a_household_is_for_the_one_who_says_so(person: Callable[..., Person]) -> None:
    me = household(person)
    alert = asked()
    told = me.does("text", text="/safe")
    assert "1 of you is safe" in text(told)
    assert "How are the other 3 people?" in text(told)
    assert parts(me) == ("safe", 1, "no_word", 3)
    assert not current(me).others_self
    assert "Recorded: you are safe" in text(me.does("press", data=f"o:{alert.rollcall.pk}:safe"))
    assert parts(me) == ("safe", 4, "", 0)
    assert "Your answer: safe" in text(me.does("text", text="/status"))


def test_a_wrong_answer_is_corrected_and_its_case_is_kept(person: Callable[..., Person]) -> None:
    me = household(person)
    alert = asked()
    press(me, ":some")
    press(me, ":+:0")
    press(me, ":done")
    press(me, ":help")
    assert "1 of 4 safe" in text(me.does("text", text="/status"))
    press(me, ":all")
    assert parts(me) == ("safe", 4, "", 0)
    assert (Case.objects.get().kind, Case.objects.get().state) == ("needs_help", "open"), (
        "a person closes a call for help"
    )
    press(me, f"c:{alert.rollcall.pk}:not_there")
    told = press(me, f"o:{alert.rollcall.pk}:help")
    assert "no longer valid" in text(told), "nobody is left out any more"
    assert current(me).others == 0


def test_with_two_alerts_an_answer_counts_for_one(person: Callable[..., Person]) -> None:
    me = household(person, people=2)
    first, second = asked(), asked(slug="shelter")
    told = me.does("press", data=f"c:{second.rollcall.pk}:some")
    assert second.infos.get(language="en").headline in text(told)
    press(me, f"s:{second.rollcall.pk}:+:0")
    press(me, f"s:{second.rollcall.pk}:done")
    assert "no longer valid" in text(forged(me, f"o:{first.rollcall.pk}:help"))
    assert set(CheckIn.objects.values_list("rollcall", flat=True)) == {second.rollcall.pk}


def test_a_drill_in_live_operation_calls_nobody_in_earnest(person: Callable[..., Person]) -> None:
    me = household(person, people=2)
    Installation.objects.update(kind=Installation.Kind.LIVE)
    Citizen.objects.update(in_exercises=True)
    asked()
    press(me, ":some")
    press(me, ":+:0")
    press(me, ":done")
    told = press(me, ":help")
    assert "This is an exercise" in text(told)
    assert buttons(told[0]) == ["h:now"]


def test_after_the_end_only_a_call_for_the_others_is_taken(
    person: Callable[..., Person], at: Callable[[datetime], None]
) -> None:
    me = household(person, people=2)
    alert = asked()
    press(me, ":some")
    press(me, ":+:0")
    press(me, ":done")
    at(clock.now() + timedelta(hours=49))
    assert "has ended" in text(press(me, ":not_there"))
    assert "has ended" in text(press(me, ":some"))
    assert parts(me) == ("safe", 1, "no_word", 1)
    told = press(me, f"o:{alert.rollcall.pk}:help")
    assert "the others need help" in text(told)
    daily = Case.objects.get(rollcall=None)
    assert (daily.kind, daily.people) == ("needs_help", 1)
