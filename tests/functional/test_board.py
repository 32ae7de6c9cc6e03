"""Check-ins and the board: counts are people, the latest answer counts, and everybody is somewhere in the sums."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert, Rollcall
from crisis.audience.models import Contact
from crisis.broadcast.models import Notice
from crisis.checkins.counting import board
from crisis.checkins.ending import close_case
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import RollcallClosed, record
from crisis.checkins.queries import cases, counts_of_cases, described, people
from crisis.journal.models import Entry
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from tests.functional.factories import NOW, citizen, issued

_refs = iter(range(1, 10_000))


def says(contact: Contact, rollcall: Rollcall | None, safety: Safety, ref: str = "") -> CheckIn:
    return record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
        ref=ref or f"t:{next(_refs)}", now=clock.now(),
    ).checkin  # fmt: skip


@pytest.fixture
def crisis_in_congo(sim: Any) -> dict[str, Any]:
    names = {
        "safe": citizen("Kinshasa", name="Sàfe Person", people=4),
        "help": citizen("Lubumbashi", name="Help Person", people=2),
        "silent": citizen("Kinshasa", name="Silent Person"),
        "elsewhere": citizen("Kinshasa", name="Elsewhere", people=3),
        "unreachable": citizen("Lubumbashi", name="Unreachable"),
    }
    alert = issued(countries=["CD"])
    notices = Notice.objects.filter(run__alert=alert)
    notices.update(state="accepted", accepted_at=NOW)
    notices.filter(contact=names["unreachable"]).update(state="undelivered", reason="recipient_gone")
    says(names["safe"], alert.rollcall, Safety.SAFE)
    says(names["help"], alert.rollcall, Safety.NEEDS_HELP)
    says(names["elsewhere"], alert.rollcall, Safety.NOT_THERE)
    return names | {"alert": alert}


def test_the_board_counts_people_by_post(crisis_in_congo: dict[str, Any]) -> None:
    found = board(crisis_in_congo["alert"].rollcall)
    rows = {row.post: row for row in found.rows}

    kinshasa, lubumbashi = rows["Embassy of Belgium in Kinshasa"], rows["Consulate General of Belgium in Lubumbashi"]
    assert (kinshasa.registered, kinshasa.accepted, kinshasa.no_answer, kinshasa.undelivered) == (8, 8, 1, 0)
    assert kinshasa.answers == {"safe": 4, "not_there": 3}
    assert (lubumbashi.registered, lubumbashi.accepted, lubumbashi.no_answer, lubumbashi.undelivered) == (3, 2, 0, 1)
    assert lubumbashi.answers == {"needs_help": 2}
    assert found.rows[0] is lubumbashi, "those in need stand first"
    assert found.total.registered == 11
    answered = sum(found.total.answers.values())
    assert answered + found.total.no_answer + found.total.undelivered == found.total.registered
    assert Case.objects.filter(state="open").count() == 1


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, {"Sàfe Person", "Help Person", "Silent Person", "Elsewhere", "Unreachable"}),
        ({"status": "safe"}, {"Sàfe Person"}),
        ({"status": "needs_help"}, {"Help Person"}),
        ({"status": "no_answer"}, {"Silent Person"}),
        ({"status": "undelivered"}, {"Unreachable"}),
        ({"status": "unclear"}, set()),
        ({"name": "safe person"}, {"Sàfe Person"}),
        ({"name": "PERSON", "status": "no_answer"}, {"Silent Person"}),
        ({"name": "%"}, set()),
    ],
)
def test_the_list_can_be_filtered(crisis_in_congo: dict[str, Any], chosen: dict[str, Any], names: set[str]) -> None:
    rows = people(crisis_in_congo["alert"].rollcall, **chosen)
    assert {row.name for row in rows} == names


def test_the_list_of_a_post(crisis_in_congo: dict[str, Any]) -> None:
    from crisis.registry.models import Post

    post = Post.objects.get(code="be-lubumbashi-cg").pk
    assert {row.name for row in people(crisis_in_congo["alert"].rollcall, post_id=post)} == {
        "Help Person",
        "Unreachable",
    }


FILTERS: list[dict[str, Any]] = [
    {}, {"status": "safe"}, {"status": "no_answer"}, {"status": "undelivered"}, {"post_id": 1}, {"name": "person"},
    {"name": "82000"},
]  # fmt: skip


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's query plan")
@pytest.mark.parametrize("chosen", FILTERS, ids=str)
def test_nobodys_notices_are_looked_through_for_somebody_else(
    crisis_in_congo: dict[str, Any], chosen: dict[str, Any]
) -> None:
    """With 100,000 citizens, what is asked again for each of them never ends: each condition is a set that is made once."""
    rows = people(crisis_in_congo["alert"].rollcall, **chosen)
    for query in (rows[:50], rows.values("pk")):
        steps = query.explain().splitlines()
        assert not any("CORRELATED" in step for step in steps), steps


def test_a_page_of_people_costs_a_few_queries(
    crisis_in_congo: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    rollcall = crisis_in_congo["alert"].rollcall
    with django_assert_max_num_queries(9):
        page = described(rollcall, people(rollcall)[:50])
    shown = {
        person.citizen.name: (person.answer and person.answer.safety, person.post, person.place) for person in page
    }
    assert shown["Sàfe Person"] == ("safe", "Embassy of Belgium in Kinshasa", "Kinshasa")
    assert shown["Silent Person"] == (None, "Embassy of Belgium in Kinshasa", "Kinshasa")
    assert next(person for person in page if person.citizen.name == "Help Person").case == Case.objects.get().pk


def test_an_answer_without_a_notice_counts_too_and_the_sums_hold(crisis_in_congo: dict[str, Any]) -> None:
    alert: Alert = crisis_in_congo["alert"]
    passer_by = citizen("Goma", name="Passer-by", people=2)
    says(passer_by, alert.rollcall, Safety.SAFE)
    found = board(alert.rollcall)
    assert found.total.answers["safe"] == 6
    assert found.total.registered == 13, "who answered without being told is registered by that"
    answered = sum(found.total.answers.values())
    assert answered + found.total.no_answer + found.total.undelivered == found.total.registered
    assert "Passer-by" in {row.name for row in people(alert.rollcall, status="safe")}


def test_the_same_answer_twice_is_one(crisis_in_congo: dict[str, Any]) -> None:
    alert, contact = crisis_in_congo["alert"], crisis_in_congo["silent"]
    first = says(contact, alert.rollcall, Safety.SAFE, ref="t:same")
    assert says(contact, alert.rollcall, Safety.SAFE, ref="t:same").pk == first.pk
    assert board(alert.rollcall).total.answers["safe"] == 5


def test_a_correction_moves_the_person_and_keeps_the_past(crisis_in_congo: dict[str, Any]) -> None:
    alert, contact = crisis_in_congo["alert"], crisis_in_congo["safe"]
    says(contact, alert.rollcall, Safety.NEEDS_HELP)
    total = board(alert.rollcall).total
    assert (total.answered("safe"), total.answered("needs_help")) == (0, 6)
    assert CheckIn.objects.filter(citizen=contact.citizen).count() == 2
    assert CheckIn.objects.filter(citizen=contact.citizen, current=True).count() == 1


def test_an_answer_that_comes_late_never_replaces_a_newer_one(crisis_in_congo: dict[str, Any]) -> None:
    alert, contact = crisis_in_congo["alert"], crisis_in_congo["silent"]
    says(contact, alert.rollcall, Safety.NEEDS_HELP, ref="telegram:1000")
    late = says(contact, alert.rollcall, Safety.SAFE, ref="telegram:999")
    assert not late.current
    assert CheckIn.objects.get(citizen=contact.citizen, current=True).safety == "needs_help"
    says(contact, alert.rollcall, Safety.SAFE, ref="telegram:1001")
    assert CheckIn.objects.get(citizen=contact.citizen, current=True).safety == "safe"


def test_a_late_call_for_help_still_opens_a_case(crisis_in_congo: dict[str, Any]) -> None:
    alert, contact = crisis_in_congo["alert"], crisis_in_congo["silent"]
    says(contact, alert.rollcall, Safety.SAFE, ref="telegram:1000")
    late = says(contact, alert.rollcall, Safety.NEEDS_HELP, ref="telegram:999")
    assert late.case is not None
    assert CheckIn.objects.get(citizen=contact.citizen, current=True).safety == "safe"


def test_numbers_that_begin_anew_after_a_quiet_week_are_not_compared(crisis_in_congo: dict[str, Any]) -> None:
    alert, contact = crisis_in_congo["alert"], crisis_in_congo["silent"]
    says(contact, alert.rollcall, Safety.SAFE, ref="telegram:1000")
    CheckIn.objects.filter(citizen=contact.citizen).update(at=clock.now() - timedelta(days=8))
    assert says(contact, alert.rollcall, Safety.NEEDS_HELP, ref="telegram:5").current


def test_the_database_knows_one_current_answer_only(crisis_in_congo: dict[str, Any]) -> None:
    contact = crisis_in_congo["safe"]
    says(contact, crisis_in_congo["alert"].rollcall, Safety.NOT_THERE)
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckIn.objects.filter(citizen=contact.citizen).update(current=True)


def test_a_closed_rollcall_takes_calls_for_help_only(crisis_in_congo: dict[str, Any]) -> None:
    alert, contact = crisis_in_congo["alert"], crisis_in_congo["silent"]
    Rollcall.objects.filter(pk=alert.rollcall.pk).update(closed_at=NOW)
    closed = Rollcall.objects.select_related("alert").get(pk=alert.rollcall.pk)
    with pytest.raises(RollcallClosed):
        says(contact, closed, Safety.SAFE)
    called = says(contact, closed, Safety.NEEDS_HELP)
    assert called.rollcall is None
    assert called.case is not None
    assert called.post is not None
    assert called.post.code == "be-kinshasa-emb"


def test_a_real_call_for_help_on_a_quiet_day_is_live(sim: Any) -> None:
    contact = citizen("Kinshasa")
    Installation.objects.update(kind="live")
    says(contact, None, Safety.NEEDS_HELP)
    assert Case.objects.get().mode == "live"


def test_live_cases_stand_first_and_open_before_closed(sim: Any, clerk: Officer, client: Client) -> None:
    drill = issued(countries=["CD"])
    for name in ("Drill One", "Drill Two"):
        says(citizen("Kinshasa", name=name), drill.rollcall, Safety.NEEDS_HELP)
    Installation.objects.update(kind="live")
    for name in ("Real Closed", "Real Open"):
        says(citizen("Kinshasa", name=name), None, Safety.NEEDS_HELP)
    close_case(case=Case.objects.get(citizen__name="Real Closed"), outcome="at home", by=clerk, now=NOW)
    says(citizen("Kinshasa", name="Real Unclear"), None, Safety.UNCLEAR)

    live, exercise = counts_of_cases()
    assert (live.mode, live.needs_help, live.unclear) == ("live", 1, 1)
    assert (exercise.mode, exercise.needs_help, exercise.unclear) == ("exercise", 2, 0)
    shown = [case.citizen.name for case in cases()]
    assert shown == ["Real Open", "Real Unclear", "Real Closed", "Drill One", "Drill Two"]

    client.force_login(clerk)
    page = client.get("/console/cases/?mode=live&state=all").content.decode()
    assert "Real Open" in page
    assert "Drill One" not in page
    home = client.get("/console/").content.decode()
    assert home.index("LIVE: <strong>1</strong>") < home.index("EXERCISE: <strong>2</strong>")


def test_closing_a_case_needs_an_outcome_and_a_right(
    crisis_in_congo: dict[str, Any], clerk: Officer, approver: Officer
) -> None:
    case = Case.objects.get()
    with pytest.raises(NotAllowed):
        close_case(case=case, outcome="fine", by=approver, now=NOW)
    with pytest.raises(ValueError, match="what came of it"):
        close_case(case=case, outcome=" ", by=clerk, now=NOW)
    close_case(case=case, outcome="Brought to the embassy", by=clerk, now=NOW)
    with pytest.raises(ValueError, match="meanwhile"):
        close_case(case=case, outcome="again", by=clerk, now=NOW)
    assert Case.objects.get().outcome == "Brought to the embassy"


def test_the_journal_holds_no_personal_data(crisis_in_congo: dict[str, Any]) -> None:
    for entry in Entry.objects.all():
        assert "Person" not in str(entry.data)
        assert crisis_in_congo["safe"].address not in str(entry.data) + entry.subject + entry.actor


def test_a_case_tells_what_the_person_said_since(sim: Any, client: Client) -> None:
    contact = citizen("Tokyo", name="Sam")
    rollcall = issued().rollcall
    for at, safety in enumerate((Safety.NEEDS_HELP, Safety.SAFE)):
        record(
            rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
            ref=f"telegram:{at}", text="", now=clock.now(),
        )  # fmt: skip
    client.force_login(Officer.objects.get(username="clerk"))
    page = client.get("/console/cases/").content.decode()
    assert "Since then: <strong>Safe</strong>" in page
