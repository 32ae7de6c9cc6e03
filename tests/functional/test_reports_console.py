"""Reports before a clerk: seen first, matched, confirmed or dismissed; until then counted apart and stopping nothing."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact, Member
from crisis.broadcast.operations import stop
from crisis.checkins.counting import board
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.checkins.reported import calls_for_help, counts_of_reports, reports, unregistered, who_may_it_be
from crisis.checkins.reports import Settled, Told, close, confirm, dismiss, report
from crisis.checkins.unverified import Report
from crisis.journal.models import Entry
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from tests.functional.factories import NOW, citizen, issued, reachable
from watch.collector import LedgerCollector

_forms = (f"{number:032x}" for number in range(10_000))


def reported(alert: Alert, said: str = "safe", *, form: str = "", really: bool = False, **words: Any) -> Report:
    told = Told(said=Report.Said(said), people=words.pop("people", 1), language="fr", **words)
    return report(
        told=told, alert=alert, really=really, form=form or next(_forms), source=CheckIn.Source.WEB, now=clock.now()
    )


@pytest.fixture
def alert(sim: Any) -> Alert:
    return issued(countries=["CD"])


def test_what_is_reported_is_on_no_column_but_its_own(alert: Alert, clerk: Officer) -> None:
    before = board(alert.rollcall)
    reported(alert, "safe", people=4, unrepresented=2, other_nationality=1, where="Lubumbashi")
    confirm(report=reported(alert, "needs_help", people=2, where="Lubumbashi"), citizen=None, by=clerk, now=clock.now())
    dismiss(report=reported(alert, "safe", people=50), reason="a joke", by=clerk, now=clock.now())
    assert board(alert.rollcall) == before
    (row,) = unregistered(alert.rollcall)
    assert row.post == "Consulate General of Belgium in Lubumbashi"
    assert (row.unverified, row.confirmed) == ({"safe": 4}, {"needs_help": 2})
    assert (row.unrepresented, row.other_nationality) == (2, 1)


def test_a_reported_call_for_help_stands_where_calls_for_help_are_looked_for(alert: Alert, signed_in: Any) -> None:
    reported(alert, "safe", people=2)
    reported(alert, "needs_help", people=3)
    clerk = signed_in("clerk")
    assert "EXERCISE 1<" in clerk.get("/console/cases/badge/").content.decode(), "who is safe is waited for by nobody"
    assert "<strong>1</strong> reported call for help" in clerk.get("/console/cases/").content.decode()
    shown = clerk.get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()
    assert "<strong>3</strong> need help, as reported, unverified" in shown
    assert "<strong>5</strong> reported, unverified" in shown
    assert '<a class="status needs_help" href="?status=needs_help#people"><strong>0</strong>' in shown


def test_confirming_records_the_answer_of_whom_it_is_by_staff(alert: Alert, clerk: Officer) -> None:
    contact = citizen("Kinshasa", people=3)
    told = reported(alert, "needs_help", text="water", where="Gombe")
    confirm(report=told, citizen=contact.citizen, by=clerk, now=clock.now())
    told.refresh_from_db()
    checkin = CheckIn.objects.get()
    assert (checkin.source, checkin.safety, checkin.people, checkin.text) == ("staff", "needs_help", 3, "Gombe water")
    assert (told.state, told.checkin, told.citizen, told.by) == ("confirmed", checkin, contact.citizen, clerk)
    assert told.closed_at is not None
    assert Case.objects.get().citizen == contact.citizen
    assert unregistered(alert.rollcall) == []
    assert board(alert.rollcall).total.answers == {"needs_help": 3}
    entry = Entry.objects.get(action="checkins.confirm_report")
    assert entry.data == {"citizen": contact.citizen_id, "checkin": checkin.pk}


def test_a_name_that_is_looked_for_stands_in_no_address(alert: Alert, signed_in: Any) -> None:
    citizen("Kinshasa", name="Zoé Vandenbroucke")
    page = f"/console/reports/{reported(alert, names='Anna').pk}/"
    clerk = signed_in("clerk")
    assert 'name="wanted"' in clerk.get(page).content.decode()
    assert "Vandenbroucke" not in clerk.get(f"{page}?q=zoe+vanden&wanted=zoe+vanden").content.decode()
    assert "Vandenbroucke" in clerk.post(page, {"wanted": "zoe vanden"}).content.decode()


def test_some_of_them_safe_becomes_a_case_for_a_person(alert: Alert, clerk: Officer) -> None:
    contact = citizen("Kinshasa")
    confirm(report=reported(alert, "some", text="Jan?"), citizen=contact.citizen, by=clerk, now=clock.now())
    assert Case.objects.get().kind == Safety.UNCLEAR


def test_a_newer_answer_of_the_persons_own_is_never_replaced(alert: Alert, clerk: Officer) -> None:
    contact = citizen("Kinshasa")
    told = reported(alert, "safe")
    record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP,
        source=CheckIn.Source.BOT, ref="b:1", now=clock.now(),
    )  # fmt: skip
    confirm(report=told, citizen=contact.citizen, by=clerk, now=clock.now())
    assert CheckIn.objects.get(current=True).safety == "needs_help"
    told.refresh_from_db()
    assert (told.state, told.checkin) == ("confirmed", None)


def test_nobody_confirms_twice_or_without_the_right(alert: Alert, clerk: Officer, approver: Officer) -> None:
    contact = citizen("Kinshasa")
    told = reported(alert, "needs_help")
    with pytest.raises(NotAllowed):
        confirm(report=told, citizen=contact.citizen, by=approver, now=clock.now())
    confirm(report=told, citizen=contact.citizen, by=clerk, now=clock.now())
    for again in (
        lambda: confirm(report=told, citizen=None, by=clerk, now=clock.now()),
        lambda: dismiss(report=told, reason="no", by=clerk, now=clock.now()),
        lambda: close(report=told, outcome="no", by=clerk, now=clock.now()),
    ):
        with pytest.raises(Settled):
            again()
    assert CheckIn.objects.count() == 1


def test_after_the_alert_only_a_call_for_help_becomes_an_answer(alert: Alert, clerk: Officer, officer: Officer) -> None:
    contact = citizen("Kinshasa")
    safe, helps = reported(alert, "safe"), reported(alert, "needs_help")
    stop(alert=alert, by=officer, now=clock.now())
    with pytest.raises(Settled, match="This rollcall is over"):
        confirm(report=safe, citizen=contact.citizen, by=clerk, now=clock.now())
    safe.refresh_from_db()
    assert (safe.state, safe.citizen) == ("open", None)
    confirm(report=helps, citizen=contact.citizen, by=clerk, now=clock.now())
    assert CheckIn.objects.get().safety == "needs_help"


def test_a_confirmed_call_for_help_waits_until_somebody_says_what_came_of_it(alert: Alert, clerk: Officer) -> None:
    told = reported(alert, "needs_help")
    confirm(report=told, citizen=None, by=clerk, now=clock.now())
    assert counts_of_reports()[0].needs_help == 1
    with pytest.raises(Settled):
        close(report=told, outcome=" ", by=clerk, now=clock.now())
    close(report=told, outcome="brought to the consulate", by=clerk, now=clock.now())
    assert counts_of_reports() == []
    assert unregistered(alert.rollcall)[0].confirmed == {"needs_help": 1}


def test_live_stands_first_and_of_each_the_calls_for_help(alert: Alert) -> None:
    drill_help, drill_safe = reported(alert, "needs_help"), reported(alert, "safe")
    Installation.objects.update(kind="live")
    real = reported(alert, "needs_help", really=True)
    assert list(reports(state="waiting")) == [real, drill_help, drill_safe]
    assert [(each.mode, each.needs_help, each.others) for each in counts_of_reports()] == [
        ("live", 1, 0), ("exercise", 1, 1),
    ]  # fmt: skip
    waits = {(each.mode, each.kind): each.number for each in calls_for_help()}
    assert waits == {("live", "case"): 0, ("exercise", "case"): 0, ("live", "report"): 1, ("exercise", "report"): 1}


def test_who_it_may_be_is_found_by_address_then_by_name_also_in_a_household(alert: Alert) -> None:
    by_address = reachable(citizen("Kinshasa", name="Somebody Else"), "whatsapp", "+32470123456").citizen
    by_name = citizen("Kinshasa", name="Émma Peeters").citizen
    in_household = citizen("Goma", name="Jan Claes").citizen
    Member.objects.create(citizen=in_household, name="Emma Peeters", folded_name="emma peeters", told_at=NOW)
    waiting = reachable(citizen("Goma", name="X"), "sms", "+32470123456")
    Contact.objects.filter(pk=waiting.pk).update(state=Contact.State.PENDING)
    citizen("Kinshasa", name="Ann Other")
    told = reported(alert, "safe", names="Emma Peeters; Bob", contact=("sms", "+32470123456"))
    assert who_may_it_be(told) == [by_address, by_name, in_household]
    assert [each.name for each in who_may_it_be(told, "ann oth")] == ["Ann Other"]
    assert who_may_it_be(reported(alert, "safe", names="%, _, ab")) == []


def test_the_clerks_pages(alert: Alert, signed_in: Any, officer: Officer) -> None:
    contact = citizen("Kinshasa", name="Emma Peeters")
    told = reported(
        alert, "needs_help", names="Emma Peeters", where="Gombe", text="<b>water</b>", contact=("sms", "+32470123456")
    )
    client = signed_in("clerk")
    home = client.get("/console/").content.decode()
    assert "EXERCISE, without registration: <strong>1</strong> reported call for help" in home.replace(
        "Exercise,", "EXERCISE,"
    )
    listed = client.get("/console/reports/").content.decode()
    assert f"/console/reports/{told.pk}/" in listed
    assert "&lt;b&gt;water&lt;/b&gt;" in listed
    page = client.get(f"/console/reports/{told.pk}/").content.decode()
    assert f'name="citizen" value="{contact.citizen_id}"' in page
    assert "+32470123456" not in page
    shown = client.post(f"/console/reports/{told.pk}/contact/").content.decode()
    assert "+32470123456" in shown
    assert (
        Entry.objects.get(action="checkins.read_report_contact").actor
        == f"officer:{Officer.objects.get(username='clerk').pk}"
    )
    nothing = client.post(f"/console/reports/{told.pk}/confirm/", {}, follow=True).content.decode()
    assert "Choose who it is" in nothing
    done = client.post(f"/console/reports/{told.pk}/confirm/", {"citizen": str(contact.citizen_id)}, follow=True)
    assert "recorded as the citizen&#x27;s answer" in done.content.decode()
    counted = client.get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()
    assert "Without registration" not in counted
    reported(alert, "safe", people=7)
    counted = client.get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()
    assert "Without registration" in counted
    assert 'data-label="Safe, unverified" class="has unclear">7' in counted


def test_a_reported_call_for_help_is_in_the_metrics_until_a_clerk_has_looked(
    alert: Alert, clerk: Officer, at: Any
) -> None:
    told = reported(alert, "needs_help")
    at(clock.now() + timedelta(minutes=11))
    registry = CollectorRegistry()
    registry.register(LedgerCollector())
    labels = {"mode": "exercise", "kind": "report"}
    assert registry.get_sample_value("tocsin_calls_for_help", labels) == 1
    age = registry.get_sample_value("tocsin_call_for_help_oldest_age_seconds", labels)
    assert age == pytest.approx(660, abs=60)
    confirm(report=told, citizen=None, by=clerk, now=clock.now())
    assert registry.get_sample_value("tocsin_calls_for_help", labels) == 0
    assert registry.get_sample_value("tocsin_calls_for_help", labels | {"kind": "case"}) == 0


@pytest.mark.parametrize(
    "where", ["Lubumbashi", "lubumbashi, avenue X", "we sit near the station of Lubumbashi", "À Lubumbashi!"]
)
def test_the_post_is_that_of_the_town_they_wrote(alert: Alert, where: str) -> None:
    post = reported(alert, "safe", where=where).post
    assert post is not None
    assert post.code == "be-lubumbashi-cg"


@pytest.mark.parametrize("where", ["", "Paris", "the hotel"])
def test_a_place_that_nobody_knows_there_names_no_post_of_several(alert: Alert, where: str) -> None:
    assert reported(alert, "safe", where=where).post is None


def test_dismissing_asks_for_a_reason_and_an_approver_only_looks(alert: Alert, signed_in: Any) -> None:
    told = reported(alert, "safe")
    client = signed_in("clerk")
    assert "Say why" in client.post(f"/console/reports/{told.pk}/dismiss/", {}, follow=True).content.decode()
    client.post(f"/console/reports/{told.pk}/dismiss/", {"reason": "a hoax"})
    told.refresh_from_db()
    assert (told.state, told.outcome) == ("dismissed", "a hoax")
    approver = signed_in("approver")
    assert approver.get("/console/reports/?state=closed").status_code == 200
    for action in ("contact", "confirm", "dismiss", "close"):
        assert approver.post(f"/console/reports/{told.pk}/{action}/").status_code == 403


def test_in_a_demo_which_has_no_live_a_real_call_for_help_stands_out(alert: Alert, signed_in: Any) -> None:
    reported(alert, "needs_help")
    assert "IN EARNEST" not in signed_in("clerk").get("/console/reports/").content.decode()
    real = reported(alert, "needs_help", really=True)
    assert signed_in("clerk").get("/console/reports/").content.decode().count("IN EARNEST") == 1
    assert "IN EARNEST" in signed_in("clerk").get(f"/console/reports/{real.pk}/").content.decode()
