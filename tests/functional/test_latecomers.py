"""Whoever comes to an alert late is told and asked by the bot: the board, the plan of notices and a retraction know of them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.audience.operations import Place, move
from crisis.broadcast import filling
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.latecomers import told_by_bot
from crisis.broadcast.models import Notice, NoticeRun, NoticeState
from crisis.broadcast.operations import stop
from crisis.broadcast.queries import progress, sentence
from crisis.broadcast.retract import retract, retractable
from crisis.checkins.counting import board
from crisis.checkins.queries import described, people
from crisis.health import tallies
from crisis.places.queries import search
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks.notices import fill as fill_task
from tests.functional.factories import citizen, fill, issued, notify_all, submitted
from tests.functional.phones import Person, text

Persons = Callable[..., Person]


def arrives(person: Persons, where: str = "Osaka") -> Person:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text=where)
    return me


def moved(contact: Contact, where: str) -> None:
    town = search(where, limit=1)[0]
    move(citizen=contact.citizen, to=Place(town.lat, town.lon, town.name), now=clock.now())


def plan(alert: Alert) -> tuple[str, int, int]:
    """A run's state, how many notices it expects, and how many there are."""
    run = NoticeRun.objects.get(alert=alert)
    return run.state, run.expected, Notice.objects.filter(run=run).count()


def test_who_comes_late_is_asked_on_the_board_and_then_answers(person: Persons) -> None:
    citizen("Tokyo")
    alert = issued()
    Notice.objects.update(state=NoticeState.ACCEPTED, accepted_at=clock.now())

    me = arrives(person)
    total = board(alert.rollcall).total
    assert (total.registered, total.accepted, total.no_answer) == (2, 2, 2)
    assert me.contact.citizen in people(alert.rollcall, status="no_answer")
    (mine,) = described(alert.rollcall, [me.contact.citizen])
    assert mine.post == "Embassy of Belgium in Tokyo"

    me.does("press", button=0)
    (row,) = board(alert.rollcall).rows
    assert (row.registered, row.no_answer, row.answers) == (2, 1, {"safe": 1})


def test_who_comes_late_makes_no_plan_differ_and_is_there_once(person: Persons) -> None:
    citizen("Tokyo")
    alert = issued()
    me = arrives(person)
    me.does("location", latitude=35.68, longitude=139.77)
    me.does("text", text=f"/start a_{alert.code}_1")

    assert plan(alert) == ("filled", 2, 2)
    notify_all(alert)
    told = progress(alert, clock.now())
    assert (told.expected_notices, told.notices_open, told.mismatch) == (2, 1, False), "one chat is on no simulator"
    assert Notice.objects.get(contact=me.contact).reason == "asked_by_bot"
    assert "later" in sentence("asked_by_bot")
    shown = [message for message in me.messages() if alert.marker in message["text"]]
    assert len(shown) == 3, "each time because the person did something; never by a notice"


def test_who_comes_late_tells_nothing_of_the_pace_and_changes_no_count_that_is_final(person: Persons) -> None:
    alert = issued()
    run = NoticeRun.objects.get(alert=alert)
    arrives(person)
    told = progress(alert, clock.now())
    assert (told.last_accepted_at, told.accepted_lately, told.done) == (None, 0, progress(alert).done)
    assert tallies.count(run.pk).states == []
    assert tallies.tally(run, clock.now() + tallies.QUIET + timedelta(seconds=1))


def test_who_was_told_by_the_bot_is_told_of_the_retraction(person: Persons, officer: Officer) -> None:
    alert = issued()
    me = arrives(person)
    assert retractable(alert).people == 1

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    assert cancel.notice_runs.get().expected == 1
    fill_task(cancel.notice_runs.get().pk)
    notify_all(cancel)

    assert plan(cancel) == ("filled", 1, 1)
    assert "Correction: earthquake alert withdrawn" in me.messages()[-1]["text"]


def test_the_link_of_an_alert_that_was_taken_back_shows_what_took_its_place(person: Persons, officer: Officer) -> None:
    alert = issued()
    retract(alert=alert, by=officer, now=clock.now())
    told = person("en").does("text", text=f"/start a_{alert.code}_1")
    assert "Correction: earthquake alert withdrawn" in text(told)


@pytest.mark.parametrize("ends", ["stopped", "retracted", "expired"])
def test_an_alert_that_does_not_hold_any_more_tells_nobody(sim: Running, officer: Officer, ends: str) -> None:
    alert, late = issued(), citizen("Osaka")
    now = clock.now() + timedelta(days=9 if ends == "expired" else 0)
    if ends == "stopped":
        stop(alert=alert, by=officer, now=now)
    elif ends == "retracted":
        retract(alert=alert, by=officer, now=now)
    assert not told_by_bot(contact=late, alert=alert, now=now)
    assert not Notice.objects.exists()


def test_who_could_not_be_reached_and_comes_by_is_asked_then(sim: Running) -> None:
    contact = citizen("Tokyo")
    alert = issued()
    Notice.objects.update(state=NoticeState.UNDELIVERED, reason="recipient_gone")
    assert told_by_bot(contact=contact, alert=alert, now=clock.now())
    total = board(alert.rollcall).total
    assert (total.registered, total.undelivered, total.no_answer) == (1, 0, 1)
    assert plan(alert) == ("filled", 1, 1)


@pytest.mark.parametrize("state", [NoticeState.SENDING, NoticeState.UNCONFIRMED])
def test_what_is_on_its_way_stays_so(sim: Running, state: NoticeState) -> None:
    contact = citizen("Tokyo")
    alert = issued()
    Notice.objects.update(state=state, lease_until=clock.now())
    assert told_by_bot(contact=contact, alert=alert, now=clock.now())
    assert Notice.objects.get().state == state


def test_whose_notice_waits_is_told_once_and_of_the_retraction_too(person: Persons, officer: Officer) -> None:
    me = arrives(person, "Tokyo")
    alert = issued()
    me.does("text", text=f"/start a_{alert.code}_1")
    notify_all(alert)
    assert len([message for message in me.messages() if alert.marker in message["text"]]) == 1
    assert plan(alert) == ("filled", 1, 1)

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    fill_task(cancel.notice_runs.get().pk)
    notify_all(cancel)
    assert "Correction: earthquake alert withdrawn" in me.messages()[-1]["text"]


def test_who_answers_before_the_notice_comes_still_gets_it_with_what_to_do(person: Persons, approver: Officer) -> None:
    me = arrives(person, "Tokyo")
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    assert "Recorded" in text(me.does("text", text="/safe"))
    assert not Notice.objects.exists(), "it is still to be written"
    fill(alert)
    me.does("text", text="/safe")
    notify_all(alert)
    assert alert.marker in me.messages()[-1]["text"]
    assert plan(alert) == ("filled", 1, 1)


@pytest.mark.parametrize(("before", "expected"), [("Tokyo", 2), ("Paris", 3), ("", 3)])
def test_who_moves_while_the_notices_are_being_written_is_counted_once(
    sim: Running, approver: Officer, before: str, expected: int
) -> None:
    """Two are meant, perhaps the mover one of them; a newer contact never is."""
    mover = citizen(before)
    citizen("Osaka")
    if before != "Tokyo":
        citizen("Tokyo")
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    moved(mover, "Osaka")
    assert told_by_bot(contact=mover, alert=alert, now=clock.now())
    assert told_by_bot(contact=citizen("Osaka"), alert=alert, now=clock.now())

    fill(alert)

    assert plan(alert) == ("filled", expected + 1, expected + 1)
    assert set(Notice.objects.filter(contact=mover).values_list("state", flat=True)) == {"accepted"}
    assert not filling.meant(run_id=alert.notice_runs.get().pk).contacts


def test_who_has_said_no_place_yet_gets_a_post_with_it(sim: Running) -> None:
    alert, late = issued(), citizen("")
    told_by_bot(contact=late, alert=alert, now=clock.now())
    assert Notice.objects.get().post is None
    moved(late, "Osaka")
    told_by_bot(contact=late, alert=alert, now=clock.now())
    assert [row.post for row in board(alert.rollcall).rows] == ["Embassy of Belgium in Tokyo"]
