"""The inbox: what people ask on any day reaches a person, is answered once by the way it came, and how soon is known."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crisis import clock
from crisis.audience.models import Contact
from crisis.checkins import letters, questions, replying, responding, timeliness
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.checkins.thread import Reply
from crisis.checkins.unverified import Letter
from crisis.registry.models import Mode
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks import casework, listening
from tests.functional import test_strangers as strangers
from tests.functional.factories import citizen, issued, reachable
from tests.functional.phones import Person
from tests.functional.test_casework import in_chat
from tests.functional.test_freetext import in_tokyo

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


def says(me: Person, text: str) -> str:
    return str(me.does("text", text=text)[-1]["text"])


def asks(contact: Contact, text: str, ref: str = "") -> Letter:
    letter = questions.ask(
        contact=contact, text=text, source=CheckIn.Source.BOT, ref=ref or f"t:{text}", post=None,
        mode=Mode.EXERCISE, now=clock.now(),
    )  # fmt: skip
    assert letter is not None
    return letter


def test_a_question_on_a_quiet_day_is_kept_once_answered_in_their_language_and_timed(
    sim: Running, person: Any, signed_in: SignIn, at: At
) -> None:
    somebody = in_tokyo(person, "nl")
    said = says(somebody, "Hoe vraag ik een nieuw paspoort aan?")
    assert "antwoorden u hier" in said
    says(somebody, "En wat kost dat precies?")
    first, _ = Letter.objects.order_by("pk")
    assert (first.way, first.language, first.contact) == ("direct", "nl", somebody.contact)
    assert Case.objects.count() == 0, "a question is no call for help"
    browser = signed_in("clerk")
    page = browser.get("/console/letters/").content.decode()
    assert page.count("<article") == 1, "what one person wrote is one question"
    assert "nieuw paspoort" in page
    assert "wat kost dat" in page
    at(clock.now() + timedelta(minutes=30))
    form = {"answer": "question_read", "text": "Maak een afspraak.", "back": "?post=1"}
    sent = browser.post(f"/console/letters/{first.pk}/answer/", form)
    assert sent["Location"] == "/console/letters/?post=1"
    assert "under way already" in browser.post(
        f"/console/letters/{first.pk}/answer/", form, follow=True
    ).content.decode()  # fmt: skip
    casework.tell()
    casework.tell()
    (text,) = [each for each in in_chat(sim, somebody.contact) if "afspraak" in each]
    assert text.startswith("OEFENING")
    for letter in Letter.objects.all():
        assert (letter.state, letter.ending, letter.taken_by) == (
            "read",
            "answered",
            Officer.objects.get(username="clerk"),
        )
        assert letter.answered_at is not None
    (figures,) = timeliness.by_post("exercise", clock.now() - timedelta(days=1), weekly=True)
    assert (figures.figures.asked, figures.figures.answered) == (2, 2)
    assert figures.figures.median is not None
    assert figures.figures.median >= timedelta(minutes=30)
    assert "Answered" in browser.get("/console/letters/?state=read").content.decode()


def test_a_question_beside_an_answer_is_not_lost(sim: Running, person: Any) -> None:
    alert = issued()
    somebody = in_tokyo(person)
    record(
        rollcall=alert.rollcall, citizen=somebody.contact.citizen, contact=somebody.contact, safety=Safety.SAFE,
        source=CheckIn.Source.BOT, ref="t:1", now=clock.now(),
    )  # fmt: skip
    says(somebody, "When does the airport open again?")
    letter = Letter.objects.get()
    assert (letter.alert, letter.mode) == (alert, "exercise")
    assert CheckIn.objects.get(current=True).safety == "safe"
    says(somebody, "thank you so much, all the best to you")
    assert Letter.objects.count() == 1


def test_who_looks_for_somebody_is_shown_where_to_tell_it(person: Any) -> None:
    said = says(in_tokyo(person), "I look for my daughter Emma")
    assert "/seek?l=en" in said
    assert Letter.objects.count() == 1


def test_a_private_letter_is_answered_through_its_account_within_its_day(sim: Running, clerk: Officer, at: At) -> None:
    _, row = strangers.published()
    known = {"platform": strangers.SLUG, "account": row.account.address, "author": strangers.AUTHOR, "text": "hello"}
    sim.control("POST", "strangers", known)
    strangers.post(strangers.hook(strangers.event("do you open on Sunday?", strangers.page_of(row))))
    listening.answer()
    before = len(strangers.said_by_us(sim))
    letter = Letter.objects.get()
    assert letter.post == row.account.holder.post
    responding.write(letter=letter, answer="", text="Yes, from nine.", by=clerk, now=clock.now())
    casework.tell()
    casework.tell()
    said = strangers.said_by_us(sim)
    assert len(said) == before + 1
    assert "Yes, from nine." in said[-1]["text"]
    letter.refresh_from_db()
    assert (letter.state, letter.ending) == ("read", "answered")
    strangers.post(strangers.hook(strangers.event("and on Monday?", strangers.page_of(row))))
    later = Letter.objects.get(state="open")
    at(clock.now() + timedelta(hours=23, minutes=1))
    with pytest.raises(ValueError, match="closed"):
        responding.write(letter=later, answer="", text="Yes.", by=clerk, now=clock.now())


def test_a_public_comment_is_answered_beneath_itself(sim: Running, clerk: Officer, signed_in: SignIn) -> None:
    _, row = strangers.published()
    strangers.comments(sim, row, "when is it over?", "and the trains?")
    strangers.listen_again()
    first, second = Letter.objects.order_by("pk")
    assert "Everybody reads this answer" in signed_in("clerk").get("/console/letters/").content.decode()
    responding.write(letter=first, answer="privately", text="", by=clerk, now=clock.now())
    casework.tell()
    assert [each["beneath"] for each in strangers.said_by_us(sim)] == [first.remote_id]
    second.refresh_from_db()
    assert second.state == "open", "each comment is answered for itself"


def test_what_did_not_arrive_leaves_the_question_open(sim: Running, clerk: Officer) -> None:
    contact = citizen(sim=sim)
    letter = asks(contact, "Is the office open?")
    responding.write(letter=letter, answer="", text="Yes.", by=clerk, now=clock.now())
    Contact.objects.filter(pk=contact.pk).update(state=Contact.State.GONE)
    casework.tell()
    letter.refresh_from_db()
    assert (letter.state, letter.answered_at) == ("open", None)
    assert Reply.objects.get().state == "failed"


def test_two_people_never_answer_one_question(sim: Running, clerk: Officer, officer: Officer) -> None:
    letter = asks(citizen(sim=sim), "Is the office open?")
    letters.assign(letter=letter, by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="looks after this question"):
        responding.write(letter=letter, answer="", text="Yes.", by=officer, now=clock.now())
    with pytest.raises(ValueError, match="already"):
        letters.assign(letter=letter, by=officer, now=clock.now())
    letters.assign(letter=letter, by=officer, now=clock.now(), held_by=clerk.pk)
    responding.write(letter=letter, answer="", text="Yes.", by=officer, now=clock.now())


def test_a_question_becomes_a_case_with_all_its_words_and_the_cases_answer_counts(
    sim: Running, clerk: Officer, signed_in: SignIn
) -> None:
    contact = citizen("Tokyo", sim=sim)
    first, second = asks(contact, "Is the bridge closed?"), asks(contact, "My mother is behind it, what now?")
    signed_in("clerk").post(f"/console/letters/{first.pk}/case/")
    case = Case.objects.get()
    assert sorted(case.checkins.values_list("text", flat=True)) == sorted([first.text, second.text])
    assert case.kind == Safety.UNCLEAR
    assert set(Letter.objects.values_list("ending", "case", "answered_at")) == {("case", case.pk, None)}
    replying.write(case=case, contact=contact, answer="", text="We call you.", by=clerk, now=clock.now())
    casework.tell()
    assert not Letter.objects.filter(answered_at=None).exists()


def test_what_needs_no_answer_says_why_and_counts_in_no_time(sim: Running, clerk: Officer) -> None:
    letter, spam = asks(citizen(), "Just to say hello to everybody?"), asks(citizen(), "Buy our coins now, will you?")
    with pytest.raises(ValueError, match="why it needs no answer"):
        letters.close(letter=letter, note=" ", by=clerk, now=clock.now())
    letters.close(letter=letter, note="a greeting", by=clerk, now=clock.now())
    letters.close(letter=spam, note="", ending=Letter.Ending.SPAM, by=clerk, now=clock.now())
    assert timeliness.by_post("exercise", clock.now() - timedelta(days=1)) == []


def test_what_is_asked_on_whatsapp_opens_its_window(sim: Running, at: At) -> None:
    contact = reachable(citizen(), "whatsapp", "+32470123456")
    letter = asks(contact, "Is the office open?")
    way = responding.way_of(letter, clock.now())
    assert way.open
    assert way.closes_at is not None
    at(way.closes_at)
    assert not responding.way_of(letter, clock.now()).open


def test_the_times_are_those_within_which_half_and_nine_of_ten_were_answered(clerk: Officer) -> None:
    now = clock.now()
    for minutes in range(1, 11):
        letter = asks(citizen(), f"Is gate {minutes} open?")
        Letter.objects.filter(pk=letter.pk).update(answered_at=letter.received_at + timedelta(minutes=minutes))
    asks(citizen(), "And nobody answers this?")
    (all_weeks,) = timeliness.by_post("exercise", now - timedelta(days=1))
    figures = all_weeks.figures
    assert (figures.asked, figures.answered, figures.waiting) == (11, 10, 1)
    assert (figures.median, figures.most) == (timedelta(minutes=5), timedelta(minutes=9))


def test_the_page_asks_no_more_for_many_questions_than_for_a_few(sim: Running, signed_in: SignIn) -> None:
    browser = signed_in("clerk")
    costs = []
    for number in (3, 20):
        for each in range(number):
            asks(citizen(), f"Is gate {each} of {number} open?")
        browser.get("/console/letters/")
        with CaptureQueriesContext(connection) as asked:
            page = browser.get("/console/letters/").content.decode()
        costs.append(len(asked))
    assert page.count("<article") == 23
    assert costs[1] <= costs[0], costs
