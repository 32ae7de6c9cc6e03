"""The questions after the place, in every language, pressed and typed, through the real application; a restart at any of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from bot import own_texts
from bot.dates import day_in
from crisis import clock
from crisis.audience.addresses import opened
from crisis.audience.models import Contact, EmergencyContact, Member, Stay
from crisis.checkins.models import Case, CheckIn
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person, buttons, text

Persons = Callable[..., Person]
LANGUAGES = ["nl", "fr", "de", "en"]


def in_tokyo(person: Persons, language: str = "en") -> Person:
    """Somebody who has said where they are. Each act is handled by an application that is made anew: a restart every time."""
    me = person(language)
    me.does("text", text="/start")
    me.does("text", text="Tokio" if language in ("nl", "de") else "Tokyo")
    return me


def other(me: Person, kind: str) -> Contact:
    return Contact.objects.get(citizen=me.contact.citizen, kind=kind)


def press_old(me: Person, data: str) -> list[dict[str, Any]]:
    """Press a button under a message that is not the newest one with buttons."""
    message = next(each for each in reversed(me.messages()) if data in buttons(each))
    return me.does("press", message_id=message["message_id"], data=data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_is_asked_answered_and_noted_in_every_language(person: Persons, language: str) -> None:
    me = person(language)
    me.does("text", text="/start")
    told = me.does("text", text="Tokio" if language in ("nl", "de") else "Tokyo")
    with override(language):
        until, labels = own_texts.until_question, own_texts.until_answers()
        assert own_texts.skip() in str(told[-1]["inline_keyboard"])
        assert [row[0]["text"] for row in told[-1]["inline_keyboard"][:4]] == list(labels.values())
        assert told[-1]["text"].startswith(until(clock.now().date())[:20])

        told = me.does("press", data="q:until:14")
        assert me.stay is not None
        assert me.stay.until_on is not None
        assert 13 <= (me.stay.until_on - clock.now().date()).days <= 15
        assert own_texts.until_noted(me.stay.until_on) in text(told)
        assert own_texts.people_question() in text(told)

        told = me.does("press", data="q:people:3")
        assert me.contact.citizen.people == 3
        assert own_texts.names_question(2) in text(told)

        told = me.does("text", text="Anna Peeters, Bram")
        assert own_texts.names_noted() in text(told)
        assert "Anna" not in text(told), "a phone is read at a checkpoint"
        assert own_texts.contact_question() in text(told)
        members = Member.objects.filter(citizen=me.contact.citizen)
        assert [(m.name, m.told_at is not None) for m in members] == [("Anna Peeters", True), ("Bram", True)]

        told = me.does("text", text=f"Emma.{language}@Example.org")
        assert own_texts.contact_noted() in text(told)
        assert own_texts.emergency_question() in text(told)
        mail = other(me, "email")
        assert (mail.state, opened(mail)) == (Contact.State.PENDING, f"emma.{language}@example.org")
        assert "example.org" not in mail.address + mail.sealed

        told = me.does("press", data="q:emergency:yes")
        assert own_texts.emergency_who() in text(told)
        told = me.does("text", text="Oma Jo +32 470 12 34 56")
        assert own_texts.emergency_noted() in text(told)
        assert own_texts.questions_done() in text(told)
    third = EmergencyContact.objects.get(citizen=me.contact.citizen)
    assert (third.name, third.kind, opened(third), third.language) == ("Oma Jo", "sms", "+32470123456", language)
    assert me.contact.asked == ""
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_question_can_be_skipped_and_all_of_them_left_for_later(person: Persons, language: str) -> None:
    me = in_tokyo(person, language)
    for step in ("until", "people", "contact", "emergency"):
        assert me.contact.asked == step
        told = me.does("press", data=f"q:{step}:skip")
    with override(language):
        assert own_texts.questions_done() in text(told)
        later, go_on = own_texts.later(), own_texts.me_buttons()["on"]
    assert not Member.objects.exists()

    told = me.does("text", text="/me")
    assert go_on in str(told[-1]["inline_keyboard"])
    me.does("press", data="m:on")
    assert me.contact.asked == "until"
    told = me.does("text", text=later)
    with override(language):
        assert own_texts.questions_later() in text(told)
    assert me.contact.asked == ""


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("nl", "12 mei"),
        ("fr", "12 mai"),
        ("de", "12. Mai"),
        ("en", "May 12"),
        ("nl", "12-5"),
        ("fr", "12/05"),
        ("de", "12.5."),
    ],
)
def test_the_last_day_is_typed_as_people_write_days(person: Persons, language: str, typed: str) -> None:
    me = in_tokyo(person, language)
    me.does("text", text=typed)
    assert me.stay is not None
    assert me.stay.until_on is not None
    assert (me.stay.until_on.day, me.stay.until_on.month) == (12, 5)
    assert me.stay.until_on >= clock.now().date()
    assert me.contact.asked == "people"


def test_a_day_that_is_over_is_said_to_be_and_asked_again(person: Persons) -> None:
    me = in_tokyo(person)
    told = me.does("text", text="12/05/2020")
    assert "That day is over" in text(told)
    assert "q:until:home" in buttons(told[-1])
    assert me.contact.asked == "until"
    told = me.does("text", text="I live here")
    assert "you live there" in text(told)
    assert me.stay is not None
    assert (me.stay.lives_here, me.stay.until_on) == (True, None)


@pytest.mark.parametrize("said", ["xyzzyq plover", "???"])
def test_what_is_no_answer_brings_the_question_back_and_no_guess(person: Persons, said: str) -> None:
    me = in_tokyo(person)
    told = me.does("text", text=said)
    assert "did not understand" in text(told)
    assert "q:until:home" in buttons(told[-1])
    assert me.contact.asked == "until"


def test_numbers_and_names_are_held_to_one_another(person: Persons) -> None:
    me = in_tokyo(person)
    me.does("press", data="q:until:home")
    assert "Type a number" in text(me.does("text", text="200"))
    assert "Type a number" in text(me.does("text", text="0"))
    me.does("text", text="four")
    assert me.contact.citizen.people == 4
    assert "too many names" in text(me.does("text", text="A, B, C, D"))
    assert not Member.objects.exists()
    assert "next name" in text(me.does("text", text="Anna"))
    assert "next name" in text(me.does("text", text="Bram"))
    assert "By which other way" in text(me.does("text", text="Cato"))
    told = press_old(me, "q:people:2")
    assert "deleted" in text(told), "there are more names than people now"
    assert not Member.objects.exists()
    assert me.contact.asked == "contact", "an older question's button leaves the newer one alone"


@pytest.mark.parametrize("said", ["my wife is hurt, we need help", "12345678", "@", "+32"])
def test_in_the_middle_of_the_questions_need_is_heard_and_no_nonsense_is_stored(person: Persons, said: str) -> None:
    me = in_tokyo(person)
    for step in ("until", "people"):
        me.does("press", data=f"q:{step}:skip")
    told = me.does("text", text=said)
    if "help" in said:
        assert Case.objects.get().checkins.get().text == said
        assert "h:now" in buttons(told[-1])
    else:
        assert "no phone number and no e-mail address" in text(told) or "did not understand" in text(told)
    assert Contact.objects.filter(citizen=me.contact.citizen).count() == 1


def test_an_open_alert_goes_first_and_the_question_waits(person: Persons) -> None:
    alert = issued()
    me = person("en")
    me.does("text", text="/start")
    told = me.does("text", text="Osaka")
    assert alert.marker in text(told)
    assert "How long" not in text(told)
    told = me.does("text", text="4")
    assert CheckIn.objects.get().text == "4", "a person reads it: while an alert asks, no text is another answer"
    assert me.contact.citizen.people == 1
    me.does("press", data=f"c:{alert.rollcall.pk}:safe")
    assert CheckIn.objects.get(current=True).safety == "safe"


def test_an_alert_in_the_middle_is_answered_and_then_the_conversation_goes_on(person: Persons) -> None:
    me = in_tokyo(person)
    me.does("press", data="q:until:home")
    alert = issued()
    notify_all(alert)
    me.does("press", data=f"c:{alert.rollcall.pk}:safe")
    assert me.contact.asked == "people"
    assert "How many" not in text(me.does("text", text="/start")), "the alert still asks"
    told = me.does("text", text="5")
    assert me.contact.citizen.people == 5, "who is safe may go on with it"
    assert "names" in text(told)
    assert CheckIn.objects.count() == 1


def test_start_after_a_restart_repeats_the_question_that_waits(person: Persons) -> None:
    me = in_tokyo(person)
    me.does("press", data="q:until:home")
    told = me.does("text", text="/start")
    assert "How many people" in text(told)
    told = press_old(me, "l:de")
    assert "Wie viele Personen" in text(told), "in the new language"


def test_an_emergency_contact_needs_a_yes_and_is_somebody_else(person: Persons) -> None:
    me = in_tokyo(person)
    for step in ("until", "people"):
        me.does("press", data=f"q:{step}:skip")
    me.does("text", text="+32 470 00 00 07")
    assert "press a button first" in text(me.does("text", text="Anna anna@example.org"))
    assert not EmergencyContact.objects.exists()
    me.does("press", data="q:emergency:yes")
    assert "your own address" in text(me.does("text", text="+32470000007"))
    assert "no phone number and no e-mail" in text(me.does("text", text="Anna 0470123456"))
    assert not EmergencyContact.objects.exists()
    me.does("text", text="anna@example.org")
    assert EmergencyContact.objects.get().name == ""


def test_moving_to_another_country_asks_until_when_anew_and_within_one_keeps_it(person: Persons) -> None:
    me = in_tokyo(person)
    me.does("press", data="q:until:30")
    me.does("press", data="q:people:later")
    told = me.does("text", text="Osaka")
    assert "How long" not in text(told)
    assert me.stay is not None
    assert me.stay.until_on is not None
    told = me.does("location", latitude=-4.32, longitude=15.31)
    assert "How long" in text(told)
    (now_there,) = Stay.objects.filter(citizen=me.contact.citizen, ended_at=None)
    assert (now_there.country, now_there.until_on) == ("CD", None)
    told = me.does("press", data="q:until:7")
    assert "This is what we know of you" in text(told), "nothing else is asked of whoever only moved"


@pytest.mark.parametrize(
    "data",
    [
        "q:nothing:skip",
        "q:until:99",
        "q:people:0x",
        "q:people:777",
        "m:nothing",
        "m:",
        "t:999999999:yes",
        "t:1:perhaps",
        "e:perhaps",
    ],
)
def test_a_button_that_we_never_made_changes_nothing(person: Persons, data: str) -> None:
    from crisis.checkins import inbox
    from tests.functional.phones import work

    me = in_tokyo(person)
    query = {
        "id": "77", "from": {"id": me.chat, "is_bot": False, "first_name": "Emma"}, "chat_instance": "1", "data": data,
        "message": {"message_id": 1, "date": 1, "chat": {"id": me.chat, "type": "private"}, "text": "old"},
    }  # fmt: skip
    before = len(me.messages())
    inbox.store_telegram([{"update_id": 900_000_000, "callback_query": query}], now=clock.now())
    work()
    told = text(me.messages()[before:])
    assert "no longer valid" in told or "You are near" in told
    assert (me.contact.asked, me.contact.citizen.people) == ("until", 1)


@pytest.mark.parametrize(
    ("typed", "language", "days"),
    [
        ("3 weeks", "en", 21),
        ("10 dagen", "nl", 10),
        ("2 mois", "fr", 60),
        ("1 Woche", "de", 7),
        ("until 2026-12-31", "en", None),
    ],
)
def test_lengths_of_time_are_understood(typed: str, language: str, days: int | None) -> None:
    today = clock.now().date()
    found = day_in(typed, language, today)
    assert found is not None
    assert days is None or found == today + timedelta(days=days)


@pytest.mark.parametrize("typed", ["", "Tokyo", "31/02/2027", "99", "12 Quatsch", "jui 3", "0 weeks", "1/2/3/4"])
def test_what_is_no_day_is_none(typed: str) -> None:
    assert day_in(typed, "fr", clock.now().date()) is None
