"""The ladder on the console, whom a person calls, and the ladder of many at once."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.where import Circle
from crisis.audience.models import Contact
from crisis.broadcast import notice_ledger
from crisis.broadcast.models import Notice, NoticeState
from crisis.checkins import ladder
from crisis.checkins.models import Case, CheckIn, LadderStep
from crisis.journal.models import Entry
from simulator.testing import Running
from tasks.ladder import climb
from tests.functional.crowds import crowd
from tests.functional.factories import citizen, issued, reachable
from tests.functional.silent import (  # noqa: F401
    MAIL,
    MOTHER,
    TOKYO,
    At,
    Step,
    _morning,
    answer,
    chat,
    later,
    letters,
    named,
    round_of,
    steps,
    told,
)
from tests.functional.test_console import form


def test_the_form_says_when_and_blank_is_never(sim: Running, at: At, signed_in: Callable[[str], Client]) -> None:
    officer = signed_in("officer")
    page = officer.get("/console/exercise/new/earthquake/").content.decode()
    assert 'name="remind_after" value="60"' in page
    shown = officer.post("/console/exercise/new/earthquake/preview/", form(remind_after="45")).content.decode()
    assert "after 45 minutes" in shown
    assert "Reminder: Earthquake" in shown
    wrong = officer.post("/console/exercise/new/earthquake/preview/", form(remind_after="5")).content.decode()
    assert "Between 10 minutes and 24 hours" in wrong
    officer.post("/console/exercise/new/earthquake/", form(remind_after=""))
    assert Alert.objects.get().remind_after is None
    assert "remind_after" not in officer.get("/console/exercise/new/demonstration/").content.decode()


def test_whom_to_call_is_a_list_of_its_own(sim: Running, at: At, signed_in: Callable[[str], Client]) -> None:
    contact = citizen(sim=sim, name="Emma Peeters")
    reachable(contact, "sms", "+99955512345")
    Contact.objects.filter(kind="sms").update(state=Contact.State.GONE)
    named(contact, simulated=False)
    alert = told()
    for minutes in (61, 31):
        later(at, minutes)
        round_of(alert)
    assert not Case.objects.exists(), "it drowns no call for help"
    clerk, officer = signed_in("clerk"), signed_in("officer")
    page = clerk.get("/console/calls/").content.decode()
    assert "Emma Peeters" in page
    assert "I call this person" in page
    assert "+99955512345" not in page
    listed = clerk.post("/console/calls/export/", {"form": "csv"}).content.decode()
    assert "Emma Peeters" in listed
    assert "'+99955512345" in listed
    assert Entry.objects.get(action="checkins.export_calls").data["people"] == 1
    assert signed_in("approver").post("/console/calls/export/", {"form": "csv"}).status_code == 403
    step = LadderStep.objects.get(step=Step.PERSON)
    clerk.post(f"/console/calls/{step.pk}/take/")
    assert "SMS: +99955512345" in clerk.get("/console/calls/").content.decode()
    assert MOTHER not in clerk.get("/console/calls/").content.decode(), "a drill frightens nobody's mother"
    contact.citizen.simulated = True
    contact.citizen.save(update_fields=["simulated"])
    assert f"Mama: {MOTHER}" in clerk.get("/console/calls/").content.decode()
    assert "+99955512345" not in officer.get("/console/calls/").content.decode()
    officer.post(f"/console/calls/{step.pk}/take/")
    step.refresh_from_db()
    assert step.taken_by is not None
    assert step.taken_by.username == "clerk", "one person calls"
    officer.post(f"/console/calls/{step.pk}/settle/", {"outcome": "safe"})
    assert not CheckIn.objects.exists()

    clerk.post(f"/console/calls/{step.pk}/settle/", {"outcome": "no_reply"})
    assert "I call this person" in clerk.get("/console/calls/").content.decode()
    officer.post(f"/console/calls/{step.pk}/take/")
    officer.post(f"/console/calls/{step.pk}/settle/", {"outcome": "safe", "text": "All is well."})
    checkin = CheckIn.objects.get()
    assert (checkin.source, checkin.safety, checkin.rollcall_id) == ("staff", "safe", alert.rollcall.pk)
    assert "Nobody is to be called" in clerk.get("/console/calls/").content.decode()
    taken = Entry.objects.filter(action="checkins.take_call", subject=f"citizen:{contact.citizen_id}")
    assert taken.count() == 2


def test_whoever_calls_is_shown_no_address_that_nobody_has_confirmed_and_stays_on_their_own_list(
    sim: Running, at: At, signed_in: Callable[[str], Client]
) -> None:
    contact = citizen(sim=sim, name="Emma Peeters")
    for kind, address, state in (("sms", "+99955512345", Contact.State.GONE), ("email", MAIL, Contact.State.PENDING)):
        reachable(contact, kind, address)
        Contact.objects.filter(kind=kind).update(state=state)
    alert = told()
    for minutes in (61, 31):
        later(at, minutes)
        round_of(alert)
    clerk, step = signed_in("clerk"), LadderStep.objects.get(step=Step.PERSON)
    mine = f"/console/calls/?rollcall={alert.rollcall.pk}&mode=exercise"
    listed = clerk.get(mine).content.decode()
    (taking,) = re.findall(rf'action="(/console/calls/{step.pk}/take/[^"]*)"', listed)
    assert clerk.post(taking.replace("&amp;", "&"))["Location"] == mine
    page = clerk.get(mine).content.decode()
    assert "+99955512345" in page, "what no notice reaches may still be called"
    assert MAIL not in page, "it may be anybody's"
    assert clerk.post(f"/console/calls/{step.pk}/settle/?mode=exercise&x=1", {"outcome": "no_reply"})["Location"] == (
        "/console/calls/?mode=exercise"
    )


def test_the_most_exposed_are_called_first_and_whoever_was_called_in_vain_behind_all(
    sim: Running, at: At, signed_in: Callable[[str], Client]
) -> None:
    """Their places in the list were the order in which the ladder came to them, which says nothing of the danger."""
    far, near = citizen("Hiroshima", name="Far Away", sim=sim), citizen("Osaka", name="Near By", sim=sim)
    reachable(near, "sms", "+99955512345")
    Contact.objects.filter(kind="sms").update(state=Contact.State.GONE)
    alert = told(countries=["JP"], circle=Circle("Osaka", 400))
    later(at, 61)
    round_of(alert)
    later(at, 31)
    round_of(alert)
    other = told()
    clerk = signed_in("clerk")

    def listed(query: str = "") -> list[str]:
        return re.findall(r"Far Away|Near By", clerk.get(f"/console/calls/{query}").content.decode())

    steps_of = {
        step.citizen.name: step for step in LadderStep.objects.filter(step=Step.PERSON).select_related("citizen")
    }
    assert (steps_of["Near By"].rank, steps_of["Far Away"].rank > 250) == (
        Notice.objects.get(run__purpose="alert", run__alert=alert, contact=near).rank, True,
    )  # fmt: skip
    assert listed() == ["Near By", "Far Away"]
    assert f"{steps_of['Far Away'].rank} km from the danger" in clerk.get("/console/calls/").content.decode()
    assert listed(f"?rollcall={other.rollcall.pk}") == []
    step = steps_of["Near By"]
    clerk.post(f"/console/calls/{step.pk}/take/")
    clerk.post(f"/console/calls/{step.pk}/settle/", {"outcome": "no_reply"})
    assert listed(f"?rollcall={alert.rollcall.pk}") == ["Far Away", "Near By"]
    assert "called in vain at" in clerk.get("/console/calls/").content.decode()
    printed = clerk.post("/console/calls/export/", {"form": "print", "rollcall": str(alert.rollcall.pk)})
    assert printed["Cache-Control"] == "no-store"
    page = printed.content.decode()
    assert page.index("Far Away") < page.index("Near By") < page.index("+99955512345")
    assert page.count('<td data-label="Mode">EXERCISE</td>') == 2, "on paper no drill looks live"
    assert Entry.objects.get(action="checkins.export_calls").data["form"] == "print"
    assert far.citizen.name not in str(Entry.objects.values())


def test_who_answers_leaves_the_list_by_itself(sim: Running, at: At, signed_in: Callable[[str], Client]) -> None:
    contact = citizen(sim=sim)
    alert = told()
    for minutes in (61, 31):
        later(at, minutes)
        round_of(alert)
    answer(contact, alert)
    assert "Nobody is to be called" in signed_in("clerk").get("/console/calls/").content.decode()
    assert signed_in("approver").get("/console/calls/").status_code == 403


def test_two_thousand_are_taken_in_slices_and_each_once(sim: Running, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "SLICE", 300)
    people = crowd(2_000, second=4)
    alert = issued()
    Notice.objects.filter(run__alert=alert).update(state=NoticeState.ACCEPTED, accepted_at=clock.now())
    for person in people[:50]:
        CheckIn.objects.create(
            rollcall=alert.rollcall,
            citizen=person,
            safety="safe",
            people=1,
            source="bot",
            ref=f"x{person.pk}",
            at=clock.now(),
        )
    later(at, 61)
    climb()
    assert LadderStep.objects.filter(step=Step.REMINDER).count() == 1_950
    climb()
    assert LadderStep.objects.count() == Notice.objects.filter(run__purpose="reminder").count() == 1_950
    assert alert.notice_runs.get(purpose="reminder").expected == 1_950
    found = notice_ledger.fresh_chunks(limit=50, size=100, again=True)
    assert sum(last - first + 1 for _, first, last in found) == 1_950
    Notice.objects.filter(run__purpose="reminder").update(state=NoticeState.ACCEPTED, accepted_at=clock.now())
    later(at, 31)
    climb()
    by_step = {step: LadderStep.objects.filter(step=step).count() for step in Step}
    with_mail = sum(1 for n in range(50, 2_000) if n % 4 == 0)
    assert by_step == {
        Step.REMINDER: 1_950,
        Step.OTHER_WAY: with_mail,
        Step.EMERGENCY: 0,
        Step.PERSON: 1_950 - with_mail,
    }


def test_an_alert_is_rung_for_before_any_reminder(sim: Running, at: At) -> None:
    citizen(sim=sim)
    alert = told()
    later(at, 61)
    climb()
    newer = issued()
    found = notice_ledger.fresh_chunks(limit=5, size=50, again=False)
    assert [run for run, _, _ in found] == [newer.notice_runs.get(purpose="alert").pk]
    again = notice_ledger.fresh_chunks(limit=5, size=50, again=True)
    assert [run for run, _, _ in again] == [alert.notice_runs.get(purpose="reminder").pk]
