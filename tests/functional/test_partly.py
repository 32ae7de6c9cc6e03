"""A household of which only some are safe: each step is recorded, nobody is counted safe who was not named so, the sums hold."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from bot.partly import AT_ONCE
from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Citizen, Member
from crisis.broadcast.models import Notice
from crisis.checkins import households, inbox
from crisis.checkins.households import Others
from crisis.checkins.models import Case, CheckIn, InboxUpdate, Rest, Safety, Ticking
from crisis.checkins.operations import record
from crisis.checkins.queries import STATUSES, Row, board, described, people
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from tests.functional.factories import NOW, citizen, issued, notify_all
from tests.functional.phones import Person, buttons, take_in, text, work

NUMBER = "+32 2 501 40 00"
NAMES = ("Luc Peeters", "Zoé Peeters", "Grand-père")


def household(person: Callable[..., Person], language: str = "en", *, people: int = 4, named: bool = True) -> Person:
    me = person(language)
    me.does("text", text="/start")
    me.does("location", latitude=35.68, longitude=139.77)
    Citizen.objects.filter(pk=me.contact.citizen_id).update(people=people)
    if named:
        for name in NAMES[: people - 1]:
            Member.objects.create(citizen_id=me.contact.citizen_id, name=name, told_at=NOW)
    return me


def asked(**kwargs: Any) -> Alert:
    alert = issued(**kwargs)
    notify_all(alert)
    return alert


def current(me: Person) -> CheckIn:
    return CheckIn.objects.get(citizen=me.contact.citizen, current=True, rollcall__isnull=False)


def parts(me: Person) -> tuple[str, int, str, int]:
    answer = current(me)
    return answer.safety, answer.people, answer.others_are, answer.others


def press(me: Person, end: str) -> list[dict[str, Any]]:
    """Press the newest button whose data ends so."""
    for message in reversed(me.messages()):
        for data in buttons(message):
            if data.endswith(end):
                return me.does("press", message_id=message["message_id"], data=data)
    raise AssertionError(f"no button ends with {end}")


def forged(me: Person, data: str) -> list[dict[str, Any]]:
    """Press a button that stands under none of the messages, and return what is said to it."""
    before = len(me.messages())
    chat = {"id": me.chat, "type": "private"}
    query = {
        "id": "1", "from": {"id": me.chat, "is_bot": False, "first_name": "Emma"}, "chat_instance": "1", "data": data,
        "message": {"message_id": 1, "date": 1, "chat": chat},
    }  # fmt: skip
    inbox.store_telegram([{"update_id": 900_000_000, "callback_query": query}], now=clock.now())
    work()
    assert InboxUpdate.objects.get(ref="900000000").state == "handled"
    return me.messages()[before:]


def adds_up(row: Row) -> bool:
    return sum(row.answers.values()) + row.no_answer + row.undelivered == row.registered


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
        ("nl", "Wie is veilig?", "Klaar", "2 van jullie zijn veilig", "de anderen hebben hulp nodig"),
        ("fr", "Qui est en sécurité ?", "Terminé", "2 d’entre vous sont en sécurité", "les autres ont besoin d’aide"),
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


# --- what goes wrong ---------------------------------------------------------------------------------------------------------


def again(update: dict[str, Any]) -> None:
    """Handle an update once more, as after a crash between what was recorded and its being done."""
    rows = InboxUpdate.objects.filter(ref=str(update["update_id"]))
    rows.update(state=InboxUpdate.State.NEW, payload=update, chat=str(update["callback_query"]["from"]["id"]))
    work()


@pytest.mark.parametrize("step", range(5))
def test_a_crash_after_any_step_changes_nothing(person: Callable[..., Person], step: int) -> None:
    me = household(person, people=3)
    alert = asked()
    luc = Member.objects.order_by("pk")[0].pk
    pk = alert.rollcall.pk
    for number, data in enumerate(
        (f"c:{pk}:some", f"s:{pk}:+:0", f"s:{pk}:+:{luc}", f"s:{pk}:done", f"o:{pk}:no_word")
    ):
        message = next(m for m in reversed(me.messages()) if data in buttons(m))
        me.acts("press", message_id=message["message_id"], data=data)
        (update,) = take_in()
        work()
        if number == step:
            again(update)
    assert parts(me) == ("safe", 2, "no_word", 1)
    assert list(current(me).others_named.values_list("name", flat=True)) == ["Zoé Peeters"]
    assert CheckIn.objects.count() == 3
    assert Case.objects.count() == 1
    assert not InboxUpdate.objects.exclude(state="handled").exists()


@pytest.mark.parametrize(
    "rest", ["+:999999999", "n:0", "n:4", "n:99", "n:x", "r:3:1", "r:1:99999", "done:1", "-", "+:", "?", "n:²", "n:-1"]
)
def test_a_button_that_we_never_made_counts_nobody(person: Callable[..., Person], rest: str) -> None:
    me = household(person, named=False)
    alert = asked()
    told = text(forged(me, f"s:{alert.rollcall.pk}:{rest}"))
    assert "no longer valid" in told or "How many of you 4 are safe?" in told
    assert not CheckIn.objects.exists()


def test_of_another_household_nobody_is_ticked(person: Callable[..., Person]) -> None:
    me, stranger = household(person, people=2), household(person, people=2)
    alert = asked()
    theirs = Member.objects.get(citizen=stranger.contact.citizen)
    press(me, ":some")
    me.does("press", message_id=me.messages()[-1]["message_id"], data=buttons(me.messages()[-1])[0])
    households.tick(rollcall=alert.rollcall, citizen=me.contact.citizen, who=theirs.pk, safe=True)
    assert households.ticked(alert.rollcall, me.contact.citizen) == {0}


def test_a_household_that_shrinks_meanwhile_is_asked_anew(person: Callable[..., Person]) -> None:
    me = household(person, named=False)
    asked()
    press(me, ":some")
    press(me, ":n:1")
    Citizen.objects.filter(pk=me.contact.citizen_id).update(people=3)
    told = press(me, f"o:{current(me).rollcall_id}:not_there")
    assert "How many of you 3 are safe?" in text(told)
    assert parts(me) == ("safe", 1, "no_word", 3)


def test_the_domain_and_the_database_refuse_what_makes_no_sense(sim: Any) -> None:
    contact = citizen("Tokyo", people=2)
    rollcall = issued().rollcall

    def says(safety: Safety, others: Others) -> None:
        record(
            rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT, ref="t:1",
            now=clock.now(), others=others,
        )  # fmt: skip

    for safety, others in ((Safety.SAFE, 2), (Safety.SAFE, 0), (Safety.NEEDS_HELP, 1)):
        with pytest.raises(ValueError, match="at least one who is safe"):
            says(safety, Others(others, Rest.NO_WORD))
    says(Safety.SAFE, Others(1, Rest.NO_WORD))
    for wrong in ({"others_are": ""}, {"others": 0}, {"safety": "not_there"}, {"others_are": "safe"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CheckIn.objects.update(**wrong)


def test_an_answer_of_somebody_who_was_not_told_adds_up_too(sim: Any) -> None:
    contact = citizen("Tokyo", people=5)
    alert = issued()
    Notice.objects.filter(contact=contact).delete()
    record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.SAFE, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(), others=Others(3, Rest.NO_WORD),
    )  # fmt: skip
    total = board(alert.rollcall).total
    assert (total.registered, total.answers, total.no_answer) == (5, {"safe": 2}, 3)
    assert adds_up(total)
