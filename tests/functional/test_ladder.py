"""The ladder for the silent: each step once, by the right way, and nothing twice after a crash."""

from datetime import UTC, timedelta

import pytest

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience import contacts
from crisis.audience.models import Contact
from crisis.broadcast import notice_ledger
from crisis.broadcast.models import Notice
from crisis.broadcast.queries import progress
from crisis.checkins import ladder
from crisis.checkins.counting import board
from crisis.checkins.models import LadderStep
from crisis.registry.models import Installation
from simulator.testing import Running
from tasks.ladder import climb
from tests.functional.factories import citizen, reachable
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


def test_whoever_has_not_answered_is_reminded_once_by_the_same_way(sim: Running, at: At) -> None:
    silent, safe = citizen(sim=sim, name="Silent", people=3, language="en"), citizen(sim=sim, name="Safe")
    alert = told()
    answer(safe, alert)
    later(at, 59)
    round_of(alert)
    assert steps(alert) == []

    later(at, 2)
    for _ in range(3):
        round_of(alert)

    assert steps(alert) == [("reminder", "accepted")]
    first, second = chat(sim, silent)
    assert len(chat(sim, safe)) == 1
    assert second["text"].startswith("EXERCISE")
    assert second["text"].endswith("EXERCISE")
    assert "Reminder: Earthquake, Japan. We do not know yet how you are" in second["text"]
    assert second["inline_keyboard"] == first["inline_keyboard"], "it is answered like the alert"
    total = board(alert.rollcall).total
    assert (total.registered, total.accepted, total.no_answer) == (4, 4, 3), "a reminder changes no count of the alert"
    assert progress(alert, clock.now()).expected_notices == 2


def test_a_round_goes_on_where_the_last_one_stopped(sim: Running, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the first must wait for, the morning at home, keeps nobody behind them from their next step."""
    for name in ("waits", "behind"):
        contact = citizen(sim=sim, name=name)
        if name == "waits":
            named(contact)
    alert = told()
    later(at, 61)
    round_of(alert)
    at((clock.now().astimezone(TOKYO) + timedelta(days=1)).replace(hour=10).astimezone(UTC))
    assert alert.expires_at is not None
    Alert.objects.update(expires_at=clock.now() + timedelta(hours=1))
    monkeypatch.setattr(ladder, "SLICE", 1)
    monkeypatch.setattr("tasks.ladder.ROUND_S", 0)
    climb()
    assert [step for step, _ in steps(alert)] == ["reminder", "reminder"]
    climb()
    assert [step for step, _ in steps(alert)] == ["reminder", "reminder", "person"]


def test_then_another_way_then_the_emergency_contact_then_a_person(sim: Running, at: At) -> None:
    contact = citizen(sim=sim, name="Emma Peeters", language="fr")
    reachable(contact, "email", MAIL)
    named(contact)
    alert = told(slots={"details": ""})
    expected = [("reminder", "accepted"), ("other_way", "accepted"), ("emergency", "accepted"), ("person", None)]
    for taken, minutes in enumerate((61, 31, 31, 61), start=1):
        later(at, minutes - 2)
        round_of(alert)
        assert steps(alert) == expected[: taken - 1]
        later(at, 2)
        for _ in range(2):
            round_of(alert)
        assert steps(alert) == expected[:taken]
    later(at, 60)
    round_of(alert)
    assert steps(alert) == expected

    assert len(chat(sim, contact)) == 2
    (reminder,) = letters(sim, MAIL)
    assert reminder["subject"].startswith("EXERCICE")
    assert "Rappel : Tremblement de terre, Japon" in reminder["text"]
    (asked,) = letters(sim, MOTHER)
    assert asked["text"].startswith("OEFENING")
    assert asked["text"].rstrip().endswith("OEFENING")
    assert "We proberen contact te krijgen met Emma Peeters" in asked["text"]
    assert "+32 2 501 40 00" in asked["text"]
    for word in (alert.code, "Aardbeving", "Japan", "Tokyo", "http"):
        assert word not in asked["text"] + asked["subject"], word
    assert "List-Unsubscribe" not in asked["body"]


def test_what_was_asked_of_somebody_stays_counted_once_they_are_forgotten(sim: Running, at: At) -> None:
    told_apart = [citizen(sim=sim, language="en") for _ in range(2)]
    for number, contact in enumerate(told_apart):
        named(contact, f"mother{number}@example.org")
    alert = told(slots={"details": ""})
    later(at, 61)
    round_of(alert)
    later(at, 31)
    round_of(alert)
    before = [len(chat(sim, contact)) for contact in told_apart]
    asked = Notice.objects.filter(run__purpose="emergency")
    asked.filter(contact=told_apart[1]).update(state="queued", not_before=clock.now())
    for contact in told_apart:
        contacts.ask_nowhere(citizen=contact.citizen)
    later(at, 1)
    round_of(alert)
    assert set(asked.values_list("state", "reason")) == {("accepted", ""), ("undelivered", "left")}
    assert [len(chat(sim, contact)) for contact in told_apart] == before, "least of all to the person"
    assert [len(letters(sim, f"mother{number}@example.org")) for number in range(2)] == [1, 1]


def test_who_has_one_way_and_nobody_else_goes_to_a_person_after_the_reminder(sim: Running, at: At) -> None:
    citizen(sim=sim)
    alert = told()
    for minutes in (61, 31):
        later(at, minutes)
        round_of(alert)
    assert steps(alert) == [("reminder", "accepted"), ("person", None)]


def test_a_reminder_that_is_not_delivered_is_followed_without_waiting(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    reachable(contact, "email", MAIL)
    alert = told()
    sim.control("POST", f"people/{contact.address}/act", {"kind": "block"})
    later(at, 61)
    round_of(alert)
    round_of(alert)
    assert steps(alert) == [("reminder", "undelivered"), ("other_way", "accepted")]


def test_a_worker_that_dies_with_it_says_nothing_twice(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    alert = told()
    later(at, 61)
    climb()
    step = LadderStep.objects.select_related("notice").get()
    assert step.notice is not None
    chunk = {"run_id": step.notice.run_id, "first": step.notice.pk, "last": step.notice.pk}
    _, claimed = notice_ledger.claim_window(**chunk, now=clock.now())
    assert len(claimed) == 1
    later(at, 2)
    for _ in range(3):
        round_of(alert)
        later(at, 2)
    assert steps(alert)[0] == ("reminder", "unconfirmed"), "it may have left: it is not said again"
    assert len(chat(sim, contact)) == 1
    later(at, 30)
    round_of(alert)
    assert steps(alert)[-1] == ("person", None), "the ladder goes on"


def test_a_round_that_dies_halfway_leaves_nothing_half_done(
    sim: Running, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen(sim=sim)
    alert = told()
    later(at, 61)
    with monkeypatch.context() as broken:
        broken.setattr(LadderStep.objects, "bulk_create", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            climb()
    assert not LadderStep.objects.exists()
    assert not Notice.objects.filter(run__purpose="reminder").exists()
    round_of(alert)
    assert steps(alert) == [("reminder", "accepted")]


def test_a_live_alert_asks_the_emergency_contact_in_live_operation(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    named(contact, simulated=False)
    alert = told()
    Alert.objects.update(mode="live")
    Installation.objects.update(kind="live")
    for minutes in (61, 31):
        later(at, minutes)
        climb()
        Notice.objects.filter(state="queued").update(state="accepted", accepted_at=clock.now())
    assert [step for step, _ in steps(alert)] == ["reminder", "emergency"]
    asked = Notice.objects.get(emergency__isnull=False)
    assert "OEFENING" not in asked.wording.text
    assert "{who}" in asked.wording.text, "no name is stored with the text"


def test_without_a_number_to_give_nobody_else_is_asked(sim: Running, at: At) -> None:
    from crisis.registry.models import DirectoryEntry

    contact = citizen(sim=sim)
    named(contact)
    alert = told()
    DirectoryEntry.objects.filter(post=None, kind="phone").delete()
    for minutes in (61, 31):
        later(at, minutes)
        round_of(alert)
    assert steps(alert) == [("reminder", "accepted"), ("person", None)]


def test_an_emergency_contact_whose_address_is_dead_says_nothing_of_the_person(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    named(contact, "gone@example.org")
    alert = told()
    for minutes in (61, 31, 1):
        later(at, minutes)
        round_of(alert)
    assert steps(alert) == [("reminder", "accepted"), ("emergency", "undelivered"), ("person", None)]
    contact.refresh_from_db()
    assert contact.state == Contact.State.ACTIVE
