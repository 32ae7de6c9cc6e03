"""What ends the ladder for the silent, and what lets it wait: answers, stops, findings, the night, drills."""

from collections.abc import Callable
from datetime import UTC

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert, Rollcall
from crisis.audience.contacts import take_away
from crisis.audience.models import Citizen, Stay
from crisis.broadcast.models import Notice
from crisis.broadcast.operations import stop as stop_alert
from crisis.broadcast.restoring import restored
from crisis.broadcast.retract import retract
from crisis.checkins.findings import lift_finding, note_finding
from crisis.checkins.models import Case, LadderStep, Safety
from crisis.checkins.silence import is_night
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks.ladder import climb
from tasks.notices import fill as fill_task
from tests.functional.factories import citizen, notify_all, reachable
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


def test_an_answer_takes_back_what_has_not_left(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    alert = told()
    later(at, 61)
    climb()
    answer(contact, alert, Safety.UNCLEAR)
    round_of(alert)
    assert steps(alert) == [("reminder", "stopped")]
    assert len(chat(sim, contact)) == 1
    later(at, 600)
    round_of(alert)
    assert steps(alert) == [("reminder", "stopped")]


@pytest.mark.parametrize("ends", ["alert", "closed", "button", "expires", "paused"])
def test_what_ends_the_asking_ends_the_ladder(
    sim: Running, at: At, officer: Officer, signed_in: Callable[[str], Client], ends: str
) -> None:
    contact = citizen(sim=sim)
    alert = told(expires_hours=1)
    later(at, 59)
    Rollcall.objects.update(remind_after=50)
    climb()
    assert steps(alert) == [("reminder", "queued")]
    match ends:
        case "alert":
            stop_alert(alert=alert, by=officer, now=clock.now())
        case "closed":
            Rollcall.objects.update(closed_at=clock.now())
        case "button":
            assert signed_in("clerk").post(f"/console/rollcalls/{alert.rollcall.pk}/stop-reminding/").status_code == 302
        case "expires":
            later(at, 2)
        case "paused":
            restored(now=clock.now())
    for _ in range(2):
        round_of(alert)
        later(at, 5)
    assert len(chat(sim, contact)) == 1
    assert len(steps(alert)) == 1
    assert steps(alert)[0][1] != "accepted"


def test_stopping_is_journalled_and_can_be_undone(sim: Running, at: At, signed_in: Callable[[str], Client]) -> None:
    citizen(sim=sim)
    alert = told()
    clerk, page = signed_in("clerk"), f"/console/rollcalls/{alert.rollcall.pk}/"
    assert "The next step is due" in clerk.get(page).content.decode()
    clerk.post(f"{page}stop-reminding/")
    assert "nobody is reminded or asked any further" in clerk.get(page).content.decode()
    later(at, 61)
    round_of(alert)
    assert steps(alert) == []
    clerk.post(f"{page}go-on-reminding/")
    round_of(alert)
    assert steps(alert) == [("reminder", "accepted")]
    actions = list(Entry.objects.filter(action__endswith="reminding").order_by("pk").values_list("action", "actor"))
    assert [action for action, _ in actions] == ["checkins.stop_reminding", "checkins.go_on_reminding"]
    assert signed_in("approver").post(f"{page}stop-reminding/").status_code == 403
    shown = clerk.get(page).content.decode()
    assert '<td data-label="Accepted">1</td>' in shown


def test_at_night_nobody_is_woken_unless_it_is_extreme(sim: Running, at: At) -> None:
    there, away = citizen(sim=sim, name="there"), citizen(sim=sim, name="away")
    Stay.objects.filter(citizen=away.citizen).update(time_zone="Europe/Lisbon")
    alert = told()
    at(clock.now().astimezone(TOKYO).replace(hour=22, minute=30).astimezone(UTC))
    round_of(alert)
    assert list(LadderStep.objects.values_list("citizen", flat=True)) == [away.citizen_id], "it is day where she is"
    later(at, 8 * 60)
    assert is_night("Asia/Tokyo", clock.now())
    round_of(alert)
    assert not LadderStep.objects.filter(citizen=there.citizen).exists()
    later(at, 31)
    round_of(alert)
    assert LadderStep.objects.filter(citizen=there.citizen, notice__state="accepted").exists()


def test_an_extreme_alert_spares_nobody(sim: Running, at: At) -> None:
    citizen(sim=sim)
    alert = told()
    Alert.objects.update(severity="Extreme")
    at(clock.now().astimezone(TOKYO).replace(hour=23).astimezone(UTC))
    round_of(alert)
    assert steps(alert) == [("reminder", "accepted")]


def test_what_waits_when_night_falls_waits_for_the_morning(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    alert = told()
    at(clock.now().astimezone(TOKYO).replace(hour=21, minute=59).astimezone(UTC))
    climb()
    later(at, 2)
    round_of(alert)
    assert steps(alert) == [("reminder", "queued")]
    later(at, 9 * 60)
    round_of(alert)
    assert steps(alert)[0] == ("reminder", "accepted")
    assert len(chat(sim, contact)) == 2


def test_a_finding_ends_it_for_every_alert_until_it_is_lifted(
    sim: Running, at: At, signed_in: Callable[[str], Client], clerk: Officer
) -> None:
    contact = citizen(sim=sim)
    alert, other = told(), told()
    case = answer(contact, alert, Safety.NEEDS_HELP).case
    assert case is not None
    cases = signed_in("clerk")
    cases.post(f"/console/cases/{case.pk}/close/", {"outcome": "She is in hospital.", "ending": "hospital"})
    assert (
        "In hospital: neither the person nor their contacts" in cases.get("/console/cases/?state=all").content.decode()
    )
    later(at, 61)
    round_of(other)
    assert steps(other) == []
    cases.post(f"/console/cases/{case.pk}/lift/")
    round_of(other)
    assert steps(other) == [("reminder", "accepted")]
    actions = Entry.objects.filter(action__endswith="_finding").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["checkins.note_finding", "checkins.lift_finding"]

    note_finding(case=case, finding="missing", by=clerk, now=clock.now())
    later(at, 61)
    round_of(other)
    assert steps(other) == [("reminder", "accepted")], "never again to the person or their contact"
    lift_finding(case=case, by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="Choose what is known"):
        note_finding(case=case, finding="asleep", by=clerk, now=clock.now())


def test_a_finding_in_a_drill_ends_nothing_in_earnest(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    case = Case.objects.create(
        citizen=contact.citizen, mode="exercise", kind="needs_help", people=1, opened_at=clock.now(), finding="missing"
    )
    alert = told()
    Alert.objects.update(mode="live")
    later(at, 61)
    climb()
    assert len(steps(alert)) == 1
    LadderStep.objects.all().delete()
    Case.objects.filter(pk=case.pk).update(mode="live")
    climb()
    assert steps(alert) == []


def test_a_drill_asks_no_real_persons_emergency_contact(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    named(contact, simulated=False)
    alert = told()
    for minutes in (61, 31):
        later(at, minutes)
        round_of(alert)
    assert steps(alert) == [("reminder", "accepted"), ("person", None)]
    assert letters(sim, MOTHER) == []


def test_who_takes_part_in_no_exercises_any_more_is_not_reminded(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    alert = told()
    Citizen.objects.filter(pk=contact.citizen_id).update(in_exercises=False)
    later(at, 61)
    round_of(alert)
    assert steps(alert) == []


def test_of_whoever_was_erased_nobody_is_asked_and_staff_call_nobody(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    alert = told()
    later(at, 61)
    round_of(alert)
    take_away(contact=contact)
    for _ in range(4):
        later(at, 61)
        round_of(alert)
    assert [step for step, _ in steps(alert)] == ["reminder"]


def test_a_correction_goes_wherever_a_reminder_went_but_not_to_the_emergency_contact(
    sim: Running, at: At, officer: Officer
) -> None:
    contact = citizen(sim=sim)
    reachable(contact, "email", MAIL)
    named(contact)
    alert = told()
    for minutes in (61, 31, 31):
        later(at, minutes)
        round_of(alert)
    assert [step for step, _ in steps(alert)] == ["reminder", "other_way", "emergency"]
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    for run in cancel.notice_runs.all():
        fill_task(run.pk)
    notify_all(cancel)
    rows = Notice.objects.filter(run__alert=cancel).values_list("run__kind", "run__purpose", "state")
    assert sorted(rows) == [("email", "alert", "accepted"), ("telegram", "alert", "accepted")]
    assert len(letters(sim, MOTHER)) == 1
    round_of(cancel)
    assert len(steps(alert)) == 3


def test_a_restore_stops_all_reminding_until_somebody_goes_on(sim: Running, at: At) -> None:
    citizen(sim=sim)
    alert = told()
    restored(now=clock.now())
    assert Rollcall.objects.get(alert=alert).quiet_since == clock.now()


def test_an_alert_that_reminds_nobody_has_no_ladder(sim: Running, at: At) -> None:
    citizen(sim=sim)
    alert = told(remind_after=None)
    later(at, 600)
    round_of(alert)
    assert steps(alert) == []


def test_a_mistake_over_one_question_keeps_no_other_from_its_steps(
    sim: Running, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen(sim=sim)
    alert = told()
    later(at, 61)
    monkeypatch.setattr("tasks.ladder.ladder.open_ladders", lambda _: [0, alert.rollcall.pk])
    with pytest.raises(Rollcall.DoesNotExist):
        climb()
    assert [step for step, _ in steps(alert)] == ["reminder"]
