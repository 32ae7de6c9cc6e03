"""Ringing for an approval: whoever is next, by every way of theirs, each once, until somebody has seen it."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts import ringing
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import reject
from crisis.alerts.rings import Ring, RingMessage
from crisis.broadcast.operations import submit
from crisis.journal.models import Entry
from crisis.registry.models import Ministry
from crisis.staff.models import Officer
from crisis.staff.roster import Duty, Shift, Way
from crisis.staff.rostering import set_way
from simulator.testing import Running
from tasks import duty
from tasks.sweep import tick
from tests.functional.factories import NOW, submitted
from tests.functional.silent import letters

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]
CHATS = {"approver": 8_400_000_001, "deputy": 8_400_000_002}


def named(username: str) -> Officer:
    return Officer.objects.get(username=username)


def reachable(sim: Running, username: str, **simulated: Any) -> None:
    """Give somebody of the staff a chat and a mailbox."""
    chat = CHATS[username]
    person = {"chat_id": chat, "first_name": username, "language_code": "en", "started": True} | simulated
    sim.control("PUT", "people", [person])
    Way.objects.create(
        officer=named(username), kind=Way.Kind.TELEGRAM, address=str(chat), linked_at=NOW, confirmed_at=NOW
    )
    set_way(officer=named(username), kind=Way.Kind.EMAIL, text=mailbox(username), now=NOW)
    Way.objects.update(confirmed_at=NOW)


def mailbox(username: str) -> str:
    return f"{username}@ministry.example"


def on_duty(username: str, turn: int = 1, **more: Any) -> None:
    Shift.objects.create(
        officer=named(username),
        duty=Duty.APPROVER,
        turn=turn,
        weekdays=[*range(7)],
        begins=time(0),
        ends=time(0),
        **more,
    )


@pytest.fixture
def both(sim: Running, at: At) -> Running:
    """Two approvers on the roster, each with two ways."""
    at(NOW)
    for turn, username in enumerate(CHATS, start=1):
        reachable(sim, username)
        on_duty(username, turn)
    return sim


def work() -> None:
    """What two seconds do: the sweep, and the worker with what it rings for."""
    tick()
    for message in ringing.due(clock.now()):
        duty.send(message)


def later(at: At, **time_passed: float) -> None:
    at(clock.now() + timedelta(**time_passed))
    work()


def rung(alert: Alert) -> list[tuple[str, int]]:
    return list(Ring.objects.filter(alert=alert).values_list("officer__username", "turn"))


def chat(sim: Running, username: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"chats/{CHATS[username]}")["messages"]
    return found


def test_the_first_is_rung_by_two_ways_at_once_then_the_next_until_one_has_seen_it(
    both: Running, at: At, signed_in: SignIn
) -> None:
    alert = submitted()
    for _ in range(3):
        work()
    assert rung(alert) == [("approver", 1)]
    (message,) = chat(both, "approver")
    assert f"EXERCISE alert {alert.marker}: Earthquake, Japan" in message["text"]
    assert f"/console/exercise/{alert.pk}/" in message["text"]
    (letter,) = letters(both, mailbox("approver"))
    assert letter["subject"] == f"EXERCISE: {alert.marker} waits for your approval"
    later(at, minutes=2, seconds=59)
    assert rung(alert) == [("approver", 1)]
    later(at, seconds=1)
    assert rung(alert) == [("approver", 1), ("deputy", 2)]
    assert (len(chat(both, "approver")), len(chat(both, "deputy"))) == (1, 1)

    author = signed_in("officer")
    shown = author.get(f"/console/exercise/{alert.pk}/").content.decode()
    assert shown.count("not seen yet") == 2
    signed_in("deputy").get(f"/console/exercise/{alert.pk}/rings/")
    assert not Ring.objects.filter(seen_at__isnull=False).exists(), "what a page asks by itself is no reading"
    signed_in("deputy").get(f"/console/exercise/{alert.pk}/")
    shown = author.get(f"/console/exercise/{alert.pk}/rings/").content.decode()
    assert shown.count("not seen yet") == 1
    assert shown.count("has seen it") == 1
    later(at, minutes=9)
    assert len(rung(alert)) == 2
    later(at, minutes=2)
    assert rung(alert)[2:] == [("approver", 3)], "whoever has seen it says neither yes nor no"
    assert set(RingMessage.objects.values_list("state", flat=True)) == {"sent"}


def test_an_alert_for_which_nobody_can_be_found_keeps_none_of_the_others_back(both: Running, at: At) -> None:
    broken, sound = submitted(), submitted()
    elsewhere = Ministry.objects.get(pk=broken.ministry_id)
    elsewhere.pk, elsewhere.code, elsewhere.time_zone = None, "gone", "Nowhere/Gone"
    elsewhere.is_home = False
    elsewhere.save()
    Alert.objects.filter(pk=broken.pk).update(ministry=elsewhere)
    work()
    assert [rung(broken), rung(sound)] == [[], [("approver", 1)]]
    assert len(chat(both, "approver")) == 1


def test_each_is_rung_three_times_and_the_author_never(both: Running, at: At) -> None:
    on_duty("officer", turn=1)
    alert = submitted()
    for _ in range(30):
        later(at, minutes=3)
    assert [who for who, _ in rung(alert)] == ["approver", "deputy"] * 3
    assert Entry.objects.filter(action="alerts.ring").count() == 6


def test_only_whoever_is_on_duty_there_is_rung_first_then_everybody_else_who_may_approve(both: Running, at: At) -> None:
    Shift.objects.filter(officer__username="approver").update(countries=["PE"])
    alert = submitted()
    work()
    assert rung(alert) == [("deputy", 1)]
    later(at, minutes=3)
    assert rung(alert)[1:] == [("approver", 2)]


def test_whoever_cannot_be_reached_is_named_and_passed_over_at_once(sim: Running, at: At, signed_in: SignIn) -> None:
    at(NOW)
    on_duty("approver")
    on_duty("deputy", 2)
    reachable(sim, "deputy")
    alert = submitted()
    work()
    assert rung(alert) == [("approver", 1), ("deputy", 2)]
    page = signed_in("officer").get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "no way to reach this person is known: call them" in page


def test_with_nobody_to_reach_the_house_waits_for_a_way_and_rings_then(sim: Running, at: At) -> None:
    at(NOW)
    alert = submitted()
    for _ in range(5):
        later(at, minutes=3)
    assert sorted(rung(alert)) == [("approver", 1), ("deputy", 1)]
    reachable(sim, "deputy")
    later(at, minutes=3)
    assert rung(alert)[2:] == [("deputy", 2)]
    assert len(chat(sim, "deputy")) == 1


def test_who_has_blocked_the_bot_is_still_written_to_and_where_all_fails_the_next_is_rung(
    both: Running, at: At
) -> None:
    both.control(
        "PUT", "people", [{"chat_id": CHATS["approver"], "first_name": "a", "language_code": "en", "started": False}]
    )
    alert = submitted()
    work()
    states = dict(RingMessage.objects.values_list("kind", "state"))
    assert states == {"telegram": "failed", "email": "sent"}
    assert len(letters(both, mailbox("approver"))) == 1
    RingMessage.objects.update(state="failed")
    later(at, seconds=2)
    assert rung(alert)[1:] == [("deputy", 2)]


def test_a_dead_worker_loses_nothing_and_two_at_once_write_once(both: Running, at: At) -> None:
    submitted()
    tick()
    due = ringing.due(clock.now())
    held = [ringing.claim(message_id=pk, now=clock.now()) for pk in due]
    assert all(held), "and then the worker dies"
    assert ringing.due(clock.now()) == []
    for pk in due:
        duty.send(pk)
    assert chat(both, "approver") == []
    later(at, seconds=61)
    assert len(chat(both, "approver")) == 1
    assert held[0] is not None
    ringing.settle(held=held[0], error=None, again_at=None, now=clock.now())
    assert set(RingMessage.objects.values_list("attempt", flat=True)) == {2}


def test_nobody_is_told_of_what_was_decided_meanwhile(both: Running, at: At) -> None:
    alert = submitted()
    tick()
    reject(alert=alert, revision=alert.revision, note="the number is wrong", by=named("deputy"), now=clock.now())
    later(at, minutes=3)
    assert chat(both, "approver") == []
    assert set(RingMessage.objects.values_list("state", flat=True)) == {"dropped"}
    assert len(rung(alert)) == 1
    alert.refresh_from_db()
    assert alert.state == State.DRAFT
    submit(alert=alert, revision=alert.revision, acknowledged=alert.acknowledged, by=named("officer"), now=clock.now())
    work()
    assert len(chat(both, "approver")) == 1, "submitted anew, it is asked anew"


def test_a_slow_telegram_is_waited_for_and_the_message_kept(both: Running, at: At) -> None:
    both.control(
        "POST", "faults",
        {"platform": "telegram", "fault": "rate_limit", "times": 1, "method": "sendMessage", "params": {"retry_after": 30}},
    )  # fmt: skip
    submitted()
    work()
    assert RingMessage.objects.get(kind="telegram").state == "queued"
    assert len(letters(both, mailbox("approver"))) == 1, "the other way is independent of it"


def test_what_an_approver_reads_is_complete_and_a_no_is_for_what_was_read(both: Running, signed_in: SignIn) -> None:
    alert = submitted()
    approver = signed_in("approver")
    page = approver.get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "EXERCISE – Earthquake – Japan – 3 accounts – 0 people" in page
    stale = {"note": "wrong place", "revision": str(alert.revision + 1)}
    approver.post(f"/console/exercise/{alert.pk}/reject/", stale)
    alert.refresh_from_db()
    assert alert.state == State.SUBMITTED
    approver.post(f"/console/exercise/{alert.pk}/reject/", stale | {"revision": str(alert.revision)})
    alert.refresh_from_db()
    assert alert.state == State.DRAFT


@pytest.mark.parametrize(
    ("language", "subject", "asked"),
    [
        ("nl", "OEFENING: {marker} wacht op uw goedkeuring", "OEFENING-waarschuwing {marker}: Aardbeving, Japan"),
        (
            "fr",
            "EXERCICE : {marker} attend votre approbation",
            "alerte EXERCICE {marker} : Tremblement de terre, Japon",
        ),
        ("de", "ÜBUNG: {marker} wartet auf Ihre Freigabe", "ÜBUNG-Warnung {marker}: Erdbeben, Japan"),
    ],
)
def test_each_is_rung_in_their_own_language(both: Running, language: str, subject: str, asked: str) -> None:
    Officer.objects.filter(username="approver").update(language=language)
    alert = submitted()
    work()
    (letter,) = letters(both, mailbox("approver"))
    assert letter["subject"].replace("\N{NO-BREAK SPACE}", " ") == subject.format(marker=alert.marker)
    (message,) = chat(both, "approver")
    assert asked.format(marker=alert.marker) in message["text"].replace("\N{NO-BREAK SPACE}", " ")
    assert "asks for" not in message["text"] + letter["text"]
    assert f"/console/exercise/{alert.pk}/" in message["text"]
