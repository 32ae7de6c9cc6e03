"""What people see, change, take away and erase of themselves: /me, /mydata, /clear, /delete, in every language."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from bot import own_texts
from crisis import clock
from crisis.audience.addresses import opened
from crisis.audience.models import ChatMessage, Citizen, Contact, EmergencyContact, Link, Member, Stay
from crisis.broadcast.models import Notice, NoticeRun
from crisis.broadcast.operations import stop as stop_alert
from crisis.checkins.counting import board
from crisis.checkins.ending import close_case
from crisis.checkins.models import Case, CheckIn
from crisis.journal.models import Entry
from crisis.privacy import erasing
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person, buttons, text

Persons = Callable[..., Person]
LANGUAGES = ["nl", "fr", "de", "en"]


def settled(person: Persons, language: str = "en") -> Person:
    """Somebody who has told everything."""
    me = person(language)
    me.does("text", text="/start")
    me.does("text", text="Kinshasa")
    press(me, "q:until:7")
    press(me, "q:people:2")
    me.does("text", text="Bram Peeters")
    me.does("text", text="emma@example.org")
    press(me, "q:emergency:yes")
    me.does("text", text="Anna +32470123456")
    return me


def standing(me: Person) -> list[str]:
    """The texts of the bot's messages that still stand in the chat."""
    return [message["text"] for message in me.messages() if message["deleted_at"] is None]


def press(me: Person, data: str) -> list[dict[str, Any]]:
    """Press a button under the newest message that has it."""
    message = next(each for each in reversed(me.messages()) if data in buttons(each) and each["deleted_at"] is None)
    return me.does("press", message_id=message["message_id"], data=data)


def other(me: Person, kind: str = "email") -> Contact:
    return Contact.objects.get(citizen=me.contact.citizen, kind=kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_me_shows_everything_and_changes_each_thing(person: Persons, language: str) -> None:
    me = settled(person, language)
    told = me.does("text", text="/me")
    for known in ("Emma", "Kinshasa", "Bram Peeters", "e…@example.org", "Anna +32…56"):
        assert known in text(told)
    assert "emma@example.org" not in text(told), "a screen is read over shoulders"
    mail = other(me)
    with override(language):
        assert own_texts.me_title() in text(told)
        assert own_texts.day(me.stay.until_on) in text(told)  # type: ignore[arg-type, union-attr]
        labels = own_texts.me_buttons()
        shown = [button["text"] for row in told[-1]["inline_keyboard"] for button in row]
        for name in ("place", "until", "people", "no_names", "contact", "again", "emergency", "nobody", "language"):
            assert labels[name] in shown, name

        press(me, "m:until")
        told = press(me, "q:until:home")
        assert own_texts.me_title() in text(told), "one thing is changed, and no other question follows"
        assert own_texts.you_live_there() in text(told)
        assert own_texts.dropped() in text(press(me, "m:forget:names"))
        press(me, f"m:forget:{mail.pk}")
        told = press(me, "m:forget:nobody")
        assert "example.org" not in text(told)
    assert not Member.objects.exists()
    assert not EmergencyContact.objects.exists()
    mail.refresh_from_db()
    assert (mail.state, opened(mail)) == (Contact.State.GONE, f"taken away:{mail.pk}")

    press(me, "m:place")
    me.does("text", text="Lubumbashi")
    assert me.stay is not None
    assert me.stay.place_name == "Lubumbashi"
    assert me.contact.asked == ""


def test_a_contact_of_somebody_else_is_not_taken_away(person: Persons) -> None:
    settled(person)
    mail = Contact.objects.get(kind="email")
    stranger = person("en")
    stranger.does("text", text="/me")
    stranger_keyboard = stranger.messages()[-1]
    assert str(mail.pk) not in "".join(buttons(stranger_keyboard))
    from bot import about
    from bot.speaker import Speaker

    about.forget(Speaker(stranger.chat, "X", "en"), str(mail.pk), clock.now())
    mail.refresh_from_db()
    assert (mail.state, opened(mail)) == (Contact.State.PENDING, "emma@example.org")


@pytest.mark.parametrize("language", LANGUAGES)
def test_mydata_gives_everything_that_is_stored_as_a_file(person: Persons, sim: Running, language: str) -> None:
    me = settled(person, language)
    alert = issued(countries=["CD"])
    notify_all(alert)
    press(me, f"c:{alert.rollcall.pk}:help")
    me.does("text", text="third floor, broken leg")
    told = me.does("text", text="/mydata")
    with override(language):
        assert own_texts.why_kept() in text(told)
    document = told[-1]["message"]["document"]
    assert (document["file_name"], document["mime_type"]) == ("my-data.json", "application/json")
    row = sim.world.store.row("SELECT content FROM pictures WHERE picture_id = ?", document["file_id"])
    assert row is not None
    known: dict[str, Any] = json.loads(row["content"])
    assert known["person"]["people"] == 2
    assert [each["name"] for each in known["household_names"]] == ["Bram Peeters"]
    assert {each["address"] for each in known["contacts"]} == {str(me.chat), "emma@example.org"}
    assert known["emergency_contact"]["address"] == "+32470123456"
    assert [stay["place_name"] for stay in known["stays"]] == ["Kinshasa"]
    assert known["messages_sent_to_you"][0]["alert"] == alert.marker
    assert [each["text"] for each in known["your_answers"]] == ["", "third floor, broken leg"]
    assert known["cases"][0]["state"] == "open"
    journalled = Entry.objects.get(action="audience.read_own")
    assert (journalled.subject, journalled.data) == (f"citizen:{me.contact.citizen_id}", {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_clear_takes_away_our_messages_but_no_alert_that_holds(person: Persons, language: str) -> None:
    me = person(language)
    me.does("text", text="/start")
    me.does("text", text="Kinshasa")
    alert = issued(countries=["CD"])
    notify_all(alert)
    press(me, f"c:{alert.rollcall.pk}:safe")
    assert len(standing(me)) >= 5
    told = me.does("text", text="/clear")
    with override(language):
        assert text(told) == f"{own_texts.cleared()}\n\n{own_texts.alerts_stay()}"
    left = standing(me)
    assert len(left) == 2
    assert alert.marker in left[0]
    assert left[1] == text(told)
    assert ChatMessage.objects.count() == 1, "what was taken away is forgotten"


def test_an_alert_that_is_over_is_taken_away_too_and_what_is_too_old_is_not_asked_for(
    person: Persons, officer: Officer, at: Callable[[datetime], None]
) -> None:
    alert = issued(countries=["CD"])
    me = person("en")
    me.does("text", text="/start")
    assert alert.marker in text(me.does("text", text="Kinshasa")), "shown by the bot itself"
    me.does("text", text="/clear")
    assert any(alert.marker in said for said in standing(me))
    stop_alert(alert=alert, by=officer, now=clock.now())
    me.does("text", text="/clear")
    assert not any(alert.marker in said for said in standing(me))

    at(clock.now() + timedelta(hours=48))
    before = standing(me)
    me.does("text", text="/clear")
    assert standing(me)[: len(before)] == before
    from crisis.audience import chats

    assert chats.forget_old(now=clock.now() + timedelta(hours=49)) > 0
    assert not ChatMessage.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_delete_asks_once_and_leaves_nothing_of_whom_nothing_is_counted(person: Persons, language: str) -> None:
    me = settled(person, language)
    told = me.does("text", text="/delete")
    with override(language):
        assert text(told) == own_texts.delete_question()
        assert own_texts.delete_kept() in text(press(me, "e:no"))
        assert Citizen.objects.filter(pk=me.contact.citizen_id).exists()
        me.does("text", text="/delete")
        assert own_texts.deleted() in text(press(me, "e:yes"))
    for model in (Citizen, Contact, Stay, Member, EmergencyContact, Link, ChatMessage):
        assert not model._default_manager.exists(), model


def test_delete_leaves_what_is_counted_without_a_name(person: Persons, clerk: Officer) -> None:
    me = settled(person)
    alert = issued(countries=["CD"])
    notify_all(alert)
    notices = Notice.objects.count()
    press(me, f"c:{alert.rollcall.pk}:help")
    me.does("text", text="third floor, broken leg")
    number = me.contact.citizen_id
    expected = [(run.expected, run.people) for run in NoticeRun.objects.order_by("pk")]

    me.does("text", text="/delete")
    told = text(press(me, "e:yes"))
    assert "must be able to find you" in told
    citizen = Citizen.objects.get(pk=number)
    assert (citizen.name, me.contact.state) == ("Emma", Contact.State.STOPPED)
    assert erasing.finish(now=clock.now()) == 0, "the case is open"
    assert CheckIn.objects.filter(text="third floor, broken leg").exists()

    close_case(case=Case.objects.get(), outcome="brought to a hospital", by=clerk, now=clock.now())
    assert erasing.finish(now=clock.now()) == 1
    citizen.refresh_from_db()
    assert (citizen.name, citizen.folded_name, citizen.erase_asked_at, citizen.people) == ("", "", None, 2)
    for model in (Stay, Member, EmergencyContact, Link, ChatMessage):
        assert not model._default_manager.exists(), model
    for contact in Contact.objects.all():
        assert opened(contact) == f"taken away:{contact.pk}"
    assert not CheckIn.objects.exclude(text="").exists()
    assert Notice.objects.count() == notices
    assert [(run.expected, run.people) for run in NoticeRun.objects.order_by("pk")] == expected
    assert board(alert.rollcall).total.answered("needs_help") == 2, "the counts stay"
    assert Entry.objects.get(action="audience.erase").data == {"row": "anonymous"}

    me.does("text", text="/start")
    assert me.contact.citizen_id != number, "who comes back begins anew"


def test_who_comes_back_before_the_case_is_closed_is_not_erased(person: Persons, clerk: Officer) -> None:
    me = person("en")
    me.does("text", text="/help")
    press(me, "h:now")
    me.does("text", text="/delete")
    press(me, "e:yes")
    me.does("text", text="/start")
    close_case(case=Case.objects.get(), outcome="well", by=clerk, now=clock.now())
    assert erasing.finish(now=clock.now()) == 0
    assert me.contact.citizen.name == "Emma"


def test_help_lists_the_further_commands(person: Persons) -> None:
    told = text(person("de").does("text", text="/help"))
    for command in ("/me", "/mydata", "/clear", "/delete"):
        assert f"{command} – " in told
