"""One case: held by one person at a time, answered by the way that the person used, ended by two people where it is grave."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast import restoring
from crisis.checkins import casebook, ending, holding, letters, questions, replying, sending
from crisis.checkins.findings import confirm_finding
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import hear, record
from crisis.checkins.thread import Note, Reply
from crisis.journal.models import Entry
from crisis.registry.models import Installation, Mode
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from simulator.testing import Running
from tasks import casework
from tests.functional.factories import citizen, issued, reachable

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


def calls_for_help(contact: Contact, *, source: str = "bot", text: str = "third floor") -> Case:
    told = record(
        rollcall=None, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source(source),
        ref=f"t:{contact.pk}", now=clock.now(), text=text,
    )  # fmt: skip
    assert told.checkin.case is not None
    return told.checkin.case


def in_chat(sim: Running, contact: Contact) -> list[str]:
    messages = sim.control("GET", f"chats/{contact.address}")["messages"]
    return [each["text"] for each in messages if each["sender"] == "bot"]


def actions(case: Case) -> list[str]:
    return list(Entry.objects.filter(subject=f"case:{case.pk}").order_by("pk").values_list("action", flat=True))


def test_whoever_opens_a_case_has_it_until_ten_minutes_after_their_last_act(
    sim: Running, signed_in: SignIn, at: At, clerk: Officer, officer: Officer
) -> None:
    case = calls_for_help(citizen())
    path = f"/console/cases/{case.pk}/"
    assert "It is yours until" in signed_in("clerk").get(path).content.decode()
    second = signed_in("officer")
    page = second.get(path).content.decode()
    assert f"{clerk} has it open until" in page
    assert "Close the case" not in page
    with pytest.raises(holding.Held, match="Take it over first"):
        replying.note(case=case, text="I too", by=officer, now=clock.now())
    second.post(f"{path}take-over/")
    assert "It is yours until" in second.get(path).content.decode()
    entry = Entry.objects.get(action="checkins.take_over_case")
    assert (entry.actor, entry.data) == (officer.actor, {"held_before_by": clerk.pk})
    at(clock.now() + holding.HELD)
    second.get(path, headers={"HX-Request": "true"})
    assert "It is yours until" in signed_in("clerk").get(path).content.decode(), "nobody has to take over what was left"


def test_who_may_only_see_holds_nothing_and_cannot_act(sim: Running, signed_in: SignIn) -> None:
    case = calls_for_help(citizen())
    approver = signed_in("approver")
    assert approver.get(f"/console/cases/{case.pk}/").status_code == 200
    case.refresh_from_db()
    assert case.held_by is None
    for act in (
        "take-over",
        "assign",
        "write",
        "remark",
        "called",
        "numbers",
        "merge",
        "note",
        "confirm",
        "lift",
        "close",
    ):
        assert approver.post(f"/console/cases/{case.pk}/{act}/").status_code == 403, act


def test_an_answer_goes_in_the_persons_language_by_the_way_they_used_from_a_worker(
    sim: Running, signed_in: SignIn
) -> None:
    contact = citizen(sim=sim, language="nl")
    case = calls_for_help(contact)
    path = f"/console/cases/{case.pk}/"
    browser = signed_in("clerk")
    form = {"way": contact.pk, "answer": "how_are_you", "text": "Bent u alleen?"}
    browser.post(f"{path}write/", form)
    assert in_chat(sim, contact) == [], "never from the web process"
    casework.tell()
    casework.tell()
    (text,) = in_chat(sim, contact)
    assert "Is er iemand gewond?" in text
    assert "Bent u alleen?" in text
    assert text.startswith("OEFENING") or case.mode == "live"
    assert Reply.objects.get().state == Reply.State.SENT
    case.refresh_from_db()
    assert case.assigned_to == Officer.objects.get(username="clerk"), "whoever acts looks after it"
    page = browser.get(path).content.decode()
    assert "third floor" in page
    assert "Accepted" in page
    assert "gewond" not in str(Entry.objects.values())


def test_whatsapp_closes_a_day_after_they_wrote_and_the_page_says_when(
    sim: Running, at: At, clerk: Officer, signed_in: SignIn
) -> None:
    contact = reachable(citizen(), "whatsapp", "+32470123456")
    case = calls_for_help(contact, source="whatsapp")
    now = clock.now()
    (way, *_) = replying.ways_of(case, now)
    assert (way.contact, way.open, way.closes_at) == (contact, True, case.opened_at + replying.WHATSAPP_WITHIN)
    assert "closes" in signed_in("clerk").get(f"/console/cases/{case.pk}/").content.decode()
    late = replying.write(case=case, contact=contact, answer="received", text="", by=clerk, now=now)
    at(now + replying.WHATSAPP_WITHIN)
    Reply.objects.update(written_at=clock.now())
    casework.tell()
    late.refresh_from_db()
    assert (late.state, late.reason) == ("failed", "window_closed")
    with pytest.raises(ValueError, match="This way is closed"):
        replying.write(case=case, contact=contact, answer="received", text="", by=clerk, now=clock.now())


def test_what_a_worker_died_with_is_unknown_and_never_sent_again(sim: Running, at: At, clerk: Officer) -> None:
    contact = citizen(sim=sim)
    case = calls_for_help(contact)
    reply = replying.write(case=case, contact=contact, answer="", text="We come.", by=clerk, now=clock.now())
    assert sending.claim(reply.pk, clock.now()) is not None
    assert sending.claim(reply.pk, clock.now()) is None, "somebody has it"
    at(clock.now() + sending.LEASE + timedelta(seconds=1))
    casework.tell()
    reply.refresh_from_db()
    assert (reply.state, in_chat(sim, contact)) == ("unknown", [])


def test_a_refusal_is_tried_again_and_somebody_gone_is_said(sim: Running, at: At, clerk: Officer) -> None:
    contact = citizen(sim=sim, deactivated=True)
    case = calls_for_help(contact)
    reply = replying.write(case=case, contact=contact, answer="", text="We come.", by=clerk, now=clock.now())
    casework.tell()
    reply.refresh_from_db()
    contact.refresh_from_db()
    assert (reply.state, reply.reason, contact.state) == ("failed", "recipient_gone", "gone")


def test_nothing_to_say_or_too_much_is_refused(sim: Running, clerk: Officer) -> None:
    contact = reachable(citizen(), "sms", "+32470123456")
    case = calls_for_help(contact, source="sms")
    for text, says in ((" ", "Choose an answer"), ("é" * 1500, "too long for SMS")):
        with pytest.raises(ValueError, match=says):
            replying.write(case=case, contact=contact, answer="", text=text, by=clerk, now=clock.now())
    stranger = citizen()
    with pytest.raises(ValueError, match="way is closed"):
        replying.write(case=case, contact=stranger, answer="received", text="", by=clerk, now=clock.now())
    assert Reply.objects.count() == 0


@pytest.mark.parametrize("grave", ["hospital", "detained", "missing", "deceased"])
def test_a_grave_end_needs_a_second_person_and_is_restricted_before_and_after(
    sim: Running, signed_in: SignIn, clerk: Officer, officer: Officer, approver: Officer, grave: str
) -> None:
    case = calls_for_help(citizen(name="Ada Secret"))
    path = f"/console/cases/{case.pk}/"
    signed_in("clerk").post(f"{path}close/", {"ending": grave, "outcome": "said by the police"})
    case.refresh_from_db()
    assert (case.state, case.finding, case.found_by) == ("open", grave, clerk)
    with pytest.raises(ValueError, match="somebody else must confirm"):
        confirm_finding(case=case, finding=grave, by=clerk, now=clock.now())
    with pytest.raises(NotAllowed):
        confirm_finding(case=case, finding=grave, by=approver, now=clock.now())

    def hidden() -> None:
        looker = signed_in("approver")
        assert looker.get(path).status_code == 403
        listed = looker.get("/console/cases/?state=all").content.decode()
        assert "restricted" in listed
        assert "Ada Secret" not in listed
        assert "police" not in listed

    hidden()
    signed_in("officer").post(f"{path}confirm/", {"finding": grave})
    case.refresh_from_db()
    assert (case.state, case.ending, case.confirmed_by) == ("closed", grave, officer)
    hidden()
    assert "Ada Secret" in signed_in("clerk").get(path).content.decode()


def test_what_was_changed_meanwhile_is_not_confirmed(sim: Running, clerk: Officer, officer: Officer) -> None:
    case = calls_for_help(citizen())
    ending.close_case(case=case, outcome="in a clinic", ending="hospital", by=clerk, now=clock.now())
    ending.close_case(case=case, outcome="died", ending="deceased", by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="look again"):
        confirm_finding(case=case, finding="hospital", by=officer, now=clock.now())
    assert Case.objects.get().state == "open"


def test_merging_moves_everything_and_loses_nobody(sim: Running, clerk: Officer) -> None:
    one, other = citizen(people=2, sim=sim), citizen(people=3)
    case, into = calls_for_help(one, text="bridge"), calls_for_help(other)
    replying.write(case=case, contact=one, answer="received", text="", by=clerk, now=clock.now())
    replying.note(case=case, text="brothers", by=clerk, now=clock.now())
    ending.merge(case=case, into=into, by=clerk, now=clock.now())
    case.refresh_from_db()
    into.refresh_from_db()
    assert (case.state, case.ending, case.merged_into) == ("closed", "merged", into)
    assert (into.state, into.people) == ("open", 5)
    assert {each.kind for each in casebook.thread(into)} == {"in", "out", "note"}
    assert casebook.thread(case) == []
    assert {way.contact for way in replying.ways_of(into, clock.now())} == {one, other}
    again = record(
        rollcall=None, citizen=one.citizen, contact=one, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT, ref="t:again",
        now=clock.now(),
    ).checkin.case  # fmt: skip
    assert again is not None
    assert again.state == "open", "who calls again is heard again"
    for wrong, says in ((into, "into itself"), (case, "closed this case")):
        with pytest.raises(ValueError, match=says):
            ending.merge(case=into, into=wrong, by=clerk, now=clock.now())


def test_a_question_that_joined_a_case_is_answered_by_the_one_into_which_it_was_merged(
    sim: Running, clerk: Officer
) -> None:
    one, other, now = citizen(sim=sim), citizen(sim=sim), clock.now()
    case, into = calls_for_help(one), calls_for_help(other)
    letter = questions.ask(
        contact=one, text="Is the bridge open?", source=CheckIn.Source.BOT, ref="t:asks", post=None, mode=Mode.EXERCISE,
        now=now,
    )  # fmt: skip
    assert letter is not None
    letters.close(letter=letter, note="", by=clerk, now=now, case=case)
    ending.merge(case=case, into=into, by=clerk, now=now)
    replying.write(case=into, contact=one, answer="received", text="", by=clerk, now=now)
    casework.tell()
    letter.refresh_from_db()
    assert letter.case == into
    assert letter.answered_at is not None


def test_a_call_is_recorded_as_staffs_with_the_hour_where_the_person_is(sim: Running, signed_in: SignIn) -> None:
    contact = citizen("Tokyo", sim=sim)
    alert = issued()
    told = record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.UNCLEAR, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(), text="?",
    )  # fmt: skip
    case = told.checkin.case
    assert case is not None
    browser, path = signed_in("clerk"), f"/console/cases/{case.pk}/"
    assert contact.address not in browser.get(path).content.decode()
    assert contact.address in browser.post(f"{path}numbers/").content.decode()
    assert Entry.objects.filter(action="checkins.read_numbers", subject=f"citizen:{contact.citizen_id}").count() == 1
    browser.post(f"{path}called/", {"outcome": "safe", "text": "at the hotel"})
    answer = CheckIn.objects.get(current=True)
    assert (answer.source, answer.safety, answer.text) == ("staff", "safe", "at the hotel")
    page = browser.get(path).content.decode()
    assert page.count("at the hotel") == 1, "the call and what it recorded are one"
    assert "in Tokyo" in page
    browser.post(f"{path}called/", {"outcome": "no_reply"})
    assert Note.objects.filter(outcome="no_reply").count() == 1
    case.refresh_from_db()
    assert case.state == "open", "no call closes a case by itself"


def test_a_case_that_nobody_looks_after_is_an_alarm_once(
    sim: Running, at: At, signed_in: SignIn, clerk: Officer, caplog: pytest.LogCaptureFixture
) -> None:
    case, looked_after = calls_for_help(citizen()), calls_for_help(citizen())
    holding.assign(case=looked_after, to=clerk, by=clerk, now=clock.now())
    casework.watch()
    assert "nobody looks after" not in caplog.text
    at(clock.now() + timedelta(minutes=11))
    casework.watch()
    casework.watch()
    assert [vars(record)["case"] for record in caplog.records if getattr(record, "code", "") == "case_unassigned"] == [
        case.pk
    ]
    assert "checkins.case_unassigned" in actions(case)
    browser = signed_in("clerk")
    for page in ("/console/", "/console/cases/"):
        assert "waits for more than 10 minutes" in browser.get(page).content.decode(), page
    badge = browser.get("/console/cases/badge/").content.decode()
    assert 'data-waits="1"' in badge
    holding.assign(case=case, to=clerk, by=clerk, now=clock.now())
    assert list(holding.forgotten(clock.now(), timedelta(minutes=10))) == []


def test_a_case_goes_only_to_who_may_work_on_it(sim: Running, clerk: Officer, approver: Officer) -> None:
    case = calls_for_help(citizen())
    with pytest.raises(NotAllowed):
        holding.assign(case=case, to=approver, by=clerk, now=clock.now())
    assert approver not in casebook.colleagues(case)
    assert clerk in casebook.colleagues(case)


def test_the_hand_over_says_who_waits_for_what(sim: Running, signed_in: SignIn, clerk: Officer) -> None:
    ours, theirs, over = (calls_for_help(citizen(name=name, sim=sim)) for name in ("Ours", "Theirs", "Over"))
    replying.called(case=theirs, outcome="no_reply", text="", by=clerk, now=clock.now() + timedelta(seconds=1))
    ending.close_case(case=over, outcome="flown home", ending="evacuated", by=clerk, now=clock.now())
    summed = casebook.shift(since=clock.now() - timedelta(hours=1), mode=Mode(ours.mode))
    assert (summed.opened, summed.closed, summed.endings) == (3, 1, {"Evacuated": 1})
    assert [(case.pk, turn.ours) for case, turn in summed.waiting] == [(ours.pk, True), (theirs.pk, False)]
    page = signed_in("clerk").get("/console/cases/handover/?mode=exercise&hours=1").content.decode()
    assert page.index("Ours") < page.index("Theirs")
    assert "for them" in page
    assert signed_in("clerk").get("/console/cases/handover/?mode=x&hours=999999").status_code == 200


def test_ready_answers_are_in_every_language_that_people_are_spoken_to_in(settings: Any, sim: Running) -> None:
    languages = {path.stem for path in (settings.MESSAGES_DIR / "words").glob("*.toml")}
    for slug, texts in replying._answers().items():
        assert set(texts) == languages | {"label"}, slug
        assert all(texts.values()), slug
    case = calls_for_help(citizen(language="de"))
    assert {each.slug for each in replying.ready(case)} <= set(replying._answers())
    assert "{number}" not in " ".join(each.text for each in replying.ready(case))


def test_a_second_tap_says_nothing_twice(sim: Running, at: At, clerk: Officer) -> None:
    contact = citizen(sim=sim)
    case = calls_for_help(contact)

    def write(text: str) -> None:
        replying.write(case=case, contact=contact, answer="", text=text, by=clerk, now=clock.now())

    write("Stay there.")
    with pytest.raises(ValueError, match="not sent twice"):
        write("Stay there.")
    write("Stay there. We come at six.")
    at(clock.now() + replying.TWICE)
    write("Stay there.")
    casework.tell()
    assert len(in_chat(sim, contact)) == 3


def test_after_a_restore_no_reply_is_sent_again(sim: Running, clerk: Officer) -> None:
    contact = citizen(sim=sim)
    replying.write(case=calls_for_help(contact), contact=contact, answer="", text="Soon", by=clerk, now=clock.now())
    restoring.restored(now=clock.now())
    Installation.objects.update(paused_why="")
    casework.tell()
    assert in_chat(sim, contact) == []
    assert (Reply.objects.get().state, Reply.objects.get().reason) == ("unknown", "restored")


def test_nobody_closes_a_case_over_words_that_they_have_not_seen(sim: Running, signed_in: SignIn) -> None:
    contact = citizen()
    case = calls_for_help(contact)
    browser, path = signed_in("clerk"), f"/console/cases/{case.pk}/"
    seen = casebook.newest(case)
    assert f'name="seen" value="{seen}"' in browser.get(path).content.decode()
    hear(
        citizen=contact.citizen, contact=contact, asking=None, text="it burns now", worrying=True,
        source=CheckIn.Source.BOT, ref="t:later", now=clock.now(),
    )  # fmt: skip
    refused = browser.post(f"{path}close/", {"outcome": "fine", "seen": seen}, follow=True).content.decode()
    assert "read it first" in refused
    browser.post(f"{path}close/", {"outcome": "fine", "seen": casebook.newest(case)})
    case.refresh_from_db()
    assert case.state == "closed"
