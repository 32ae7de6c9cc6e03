"""A case with a finding: ended once, restricted in every act, and its words and pictures with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.audience.lists import Likeness
from crisis.checkins import attachments, casebook, ending, enquiries, exporting, holding, letters, replying
from crisis.checkins.counting import Wanted
from crisis.checkins.findings import confirm_finding, lift_finding, note_finding
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import hear, record
from crisis.checkins.queries import described
from crisis.checkins.reports import confirm
from crisis.checkins.seeking import Enquiry
from crisis.checkins.unverified import Letter, Report
from crisis.gathering import sending
from crisis.gathering.models import Gathering
from crisis.gathering.operations import release
from crisis.journal.models import Entry
from crisis.registry.models import Mode
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.rights import NotAllowed
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, issued
from tests.functional.test_casework import calls_for_help

SignIn = Callable[[str], Client]


def test_what_is_noted_ends_a_case_once_and_never_as_something_else(
    sim: Running, clerk: Officer, officer: Officer
) -> None:
    case, now = calls_for_help(citizen()), clock.now()
    ending.close_case(case=case, outcome="said by a friend", ending="detained", by=clerk, now=now)
    note_finding(case=case, finding="detained", by=clerk, now=now)
    assert not confirm_finding(case=case, finding="detained", by=officer, now=now), "it was only to be noted"
    with pytest.raises(ValueError, match="noted on this case"):
        ending.close_case(case=case, outcome="well", by=clerk, now=now)
    assert ending.close_case(case=case, outcome="in prison", ending="detained", by=clerk, now=now), "two people said so"
    lift_finding(case=case, by=clerk, now=now)
    case.refresh_from_db()
    assert (case.state, case.ending, case.finding) == ("open", "", ""), "somebody looks after the person again"


def test_a_case_is_restricted_in_every_act_from_the_moment_of_its_finding(
    sim: Running, clerk: Officer, officer: Officer, signed_in: SignIn
) -> None:
    contact, now, rollcall = citizen("Tokyo", sim=sim), clock.now(), issued().rollcall
    told = record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="t:1", now=now,
    )  # fmt: skip
    case = told.checkin.case
    assert case is not None
    helper = Officer.objects.create(username="helper")
    Grant.objects.create(
        officer=helper, role=Role.VOLUNTEER, granted_at=now, rollcall=rollcall, expires_at=now + timedelta(days=1)
    )
    replying.note(case=case, text="mine", by=helper, now=now)
    hear(
        citizen=contact.citizen, contact=contact, asking=None, text="the blue house", worrying=True,
        source=CheckIn.Source.BOT, ref="t:2", now=now,
    )  # fmt: skip
    picture = attachments.add(checkin=told.checkin, sent=attachments.Sent("photo", "remote"), now=now)
    assert picture is not None
    page = f"/console/people/{contact.citizen_id}/answer/"
    assert "the blue house" in signed_in("clerk").get(page).content.decode()
    note_finding(case=case, finding="missing", by=clerk, now=now)
    assert "the blue house" not in signed_in("clerk").get(page).content.decode(), "it is read in the case only"
    (row,) = described(rollcall, [contact.citizen])
    assert (row.said, row.case) == ("", case.pk)
    for act in (
        lambda: replying.note(case=case, text="still mine", by=helper, now=now),
        lambda: replying.write(case=case, contact=contact, answer="", text="Hello", by=helper, now=now),
        lambda: holding.take_over(case=case, by=helper, now=now),
        lambda: ending.close_case(case=case, outcome="well", by=helper, now=now),
        lambda: casebook.numbers_of(case=case, by=helper, now=now),
        lambda: attachments.opened(attachment=picture, by=helper, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()
    holding.take_over(case=case, by=officer, now=now)
    with pytest.raises(NotAllowed):
        holding.assign(case=case, to=helper, by=officer, now=now)
    with pytest.raises(holding.Held):
        holding.assign(case=case, to=clerk, by=clerk, now=now)


def volunteer(rollcall: Rollcall) -> Client:
    helper = Officer.objects.create(username="helper")
    Grant.objects.create(
        officer=helper, role=Role.VOLUNTEER, granted_at=NOW, rollcall=rollcall, expires_at=NOW + timedelta(days=9999)
    )
    client = Client()
    client.force_login(helper)
    return client


@pytest.fixture
def found(sim: Running, clerk: Officer) -> Case:
    """Somebody near Sapporo, of whom it becomes known that they are detained."""
    contact, rollcall = citizen("Sapporo", name="Hana Hidden", sim=sim), issued().rollcall
    told = record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(),
    )  # fmt: skip
    case = told.checkin.case
    assert case is not None
    note_finding(case=case, finding="detained", by=clerk, now=clock.now())
    return case


def report_of(case: Case) -> Report:
    assert case.rollcall is not None
    return Report.objects.create(
        alert=case.rollcall.alert, rollcall=case.rollcall, mode=case.mode, said="safe", name=case.citizen.name, form="f1",
        source="web", ref="f1", at=NOW, language="en", post=case.post,
    )  # fmt: skip


def enquiry_about(case: Case) -> Enquiry:
    assert case.rollcall is not None
    told = enquiries.Sought(
        name=case.citizen.name, asker="Bert", relation=Enquiry.Relation.OTHER, asker_contact=("sms", "+32470123456"),
        language="en",
    )  # fmt: skip
    alert = case.rollcall.alert
    return enquiries.take(told=told, source=CheckIn.Source.WEB, form="f2", now=clock.now(), alert=alert)


PAGES: dict[str, Callable[[Client, Case], Any]] = {
    "the board": lambda browser, case: browser.get(f"/console/rollcalls/{case.rollcall_id}/"),
    "the board, by name": lambda browser, case: browser.post(
        f"/console/rollcalls/{case.rollcall_id}/", {"name": "Hana"}
    ),
    "the search": lambda browser, _: browser.post("/console/people/", {"wanted": "Hana"}),
    "somebody on the phone": lambda browser, case: browser.get(f"/console/people/{case.citizen_id}/answer/"),
    "a report": lambda browser, case: browser.get(f"/console/reports/{report_of(case).pk}/"),
    "an enquiry": lambda browser, case: browser.get(f"/console/enquiries/{enquiry_about(case).pk}/"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_volunteer_is_not_told_where_somebody_is_whose_case_is_restricted(
    found: Case, signed_in: SignIn, page: str
) -> None:
    assert found.rollcall is not None
    shown = PAGES[page](signed_in("clerk"), found).content.decode()
    assert "Hana Hidden" in shown
    assert "Sapporo" in shown, "a clerk works on such cases"
    cache.clear()
    Report.objects.all().delete()
    Enquiry.objects.all().delete()
    shown = PAGES[page](volunteer(found.rollcall), found).content.decode()
    assert "Hana Hidden" in shown
    assert "Sapporo" not in shown
    assert "etained" not in shown
    lift_finding(case=found, by=Officer.objects.get(username="clerk"), now=clock.now())
    cache.clear()
    Report.objects.all().delete()
    Enquiry.objects.all().delete()
    helper = Client()
    helper.force_login(Officer.objects.get(username="helper"))
    assert "Sapporo" in PAGES[page](helper, found).content.decode(), "it is nobody's secret any more"


def test_the_list_of_who_may_be_one_person_says_not_where_either(found: Case, signed_in: SignIn) -> None:
    other = citizen("Sapporo", name="Hana Hidden")
    Likeness.objects.create(citizen=other.citizen, other=found.citizen, why="name", found_at=NOW)
    page = signed_in("approver").get("/console/lists/alike/").content.decode()
    assert page.count("Hana Hidden") == 2
    assert page.count("Sapporo") == 1, "an administrator works on no cases"


def test_what_was_said_of_them_before_is_read_in_their_case_only(
    found: Case, signed_in: SignIn, clerk: Officer
) -> None:
    assert found.rollcall is not None
    report = report_of(found)
    Report.objects.filter(pk=report.pk).update(where="Ward 9", text="She lies in the clinic.", said="needs_help")
    report.refresh_from_db()
    confirm(report=report, citizen=found.citizen, by=clerk, now=clock.now())
    letter = Letter.objects.create(
        way="direct", contact=found.citizen.contacts.get(), ref="l1", mode="exercise", text="My room is number 12.",
        written_at=NOW, received_at=NOW, language="en", alert=found.rollcall.alert, author="x", author_key="x",
    )  # fmt: skip
    letters.close(letter=letter, note="room 12", by=clerk, now=clock.now(), case=found)
    helper = volunteer(found.rollcall)
    for path in (f"/console/reports/{report.pk}/", "/console/reports/?state=closed", "/console/letters/?state=read"):
        page = signed_in("clerk").get(path).content.decode()
        words = [word for word in ("Ward 9", "the clinic", "number 12", "room 12") if word in page]
        assert len(words) == 2, path
        page = helper.get(path).content.decode()
        assert "restricted" in page, path
        assert not any(word in page for word in words), path


def test_who_reads_the_journal_does_not_read_in_it_how_somebody_is(
    found: Case, clerk: Officer, officer: Officer
) -> None:
    confirm_finding(case=found, finding="detained", by=officer, now=clock.now())
    ending.close_case(case=found, outcome="in prison", ending="detained", by=clerk, now=clock.now())
    auditor = Officer.objects.create(username="auditor")
    Grant.objects.create(officer=auditor, role=Role.AUDITOR, granted_at=NOW)
    browser = Client()
    browser.force_login(auditor)
    page = browser.get(f"/console/journal/?subject=case:{found.pk}").content.decode()
    assert "checkins.note_finding" in page
    assert "finding: restricted" in page
    assert "ending: restricted" in page
    assert "detained" not in page
    assert Entry.objects.filter(data__finding="detained").exists(), "it stands in the journal all the same"


def test_the_hand_over_says_of_a_restricted_case_that_it_is_one_and_how_the_others_ended(
    found: Case, signed_in: SignIn, clerk: Officer
) -> None:
    assert found.rollcall is not None
    contact = citizen("Tokyo", name="Bea Better")
    told = record(
        rollcall=found.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP,
        source=CheckIn.Source.BOT, ref="t:9", now=clock.now(),
    )  # fmt: skip
    assert told.checkin.case is not None
    ending.close_case(case=told.checkin.case, outcome="well", by=clerk, now=clock.now())
    path, browser = "/console/cases/handover/?mode=exercise", volunteer(found.rollcall)
    page = browser.get(path).content.decode()
    assert "Hana Hidden" not in page
    assert "restricted" in page
    assert "resolved 1" in page
    browser.cookies["django_language"] = "nl"
    assert "opgelost 1" in browser.get(path).content.decode(), "whatever language they read"
    assert "Hana Hidden" in signed_in("clerk").get(path).content.decode()


def test_nobody_is_called_to_a_place_who_is_detained(
    found: Case, signed_in: SignIn, officer: Officer, approver: Officer
) -> None:
    assert found.rollcall is not None
    contact = citizen("Tokyo", name="Bea Better")
    record(
        rollcall=found.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP,
        source=CheckIn.Source.BOT, ref="t:9", now=clock.now(),
    )  # fmt: skip
    form = {"status": "needs_help", "hours": "6"} | {
        f"text_{language}": "Come." for language in ("nl", "fr", "de", "en")
    }
    signed_in("officer").post(f"/console/rollcalls/{found.rollcall.pk}/call/", form)
    gathering = Gathering.objects.get()
    assert [each.citizen for each in gathering.passes.all()] == [contact.citizen]
    release(gathering=gathering, by=approver, now=clock.now())
    (waiting,) = sending.due(clock.now())
    case = Case.objects.get(citizen=contact.citizen)
    note_finding(case=case, finding="deceased", by=officer, now=clock.now())
    assert sending.due(clock.now()) == []
    assert sending.claim(waiting.pk, clock.now()) is None, "what became known since stops what waits"


def test_what_a_drill_says_of_somebody_leaves_them_on_the_lists_in_earnest(sim: Running, clerk: Officer) -> None:
    contact = citizen(name="Known")
    rollcall = issued().rollcall
    told = record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(),
    )  # fmt: skip
    assert told.checkin.case is not None
    note_finding(case=told.checkin.case, finding="deceased", by=clerk, now=clock.now())

    def taken() -> list[str]:
        table = exporting.export(rollcall=rollcall, wanted=Wanted(), form="csv", by=clerk, now=clock.now())
        return [row[0] for row in table[1:]]

    assert taken() == []
    type(rollcall.alert).objects.filter(pk=rollcall.alert_id).update(mode=Mode.LIVE)
    rollcall.alert.mode = Mode.LIVE
    assert taken() == ["Known"]
