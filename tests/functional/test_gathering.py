"""Person-bound codes: released by a second person, told only to those chosen, checked once at the door, stored nowhere."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import serializers
from django.test import Client, override_settings

from config.logging import redact
from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Citizen, Contact, Member
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import record
from crisis.checkins.queries import people
from crisis.gathering import codes, sending
from crisis.gathering.models import Gathering, Pass
from crisis.gathering.operations import NotCalled, call, let_in, look, release, withdraw
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from simulator.testing import Running
from tasks.passes import tell
from tests.functional.factories import NOW, citizen, issued

TEXTS = {"fr": "Venez à la porte 3.", "nl": "Kom naar poort 3.", "en": "Come to gate 3.", "de": "Kommen Sie zu Tor 3."}


def in_need(sim: Running, name: str, **more: Any) -> Contact:
    return citizen("Tokyo", name=name, sim=sim, **more)


def asked(*contacts: Contact) -> Alert:
    """An alert to which these people answer that they need help."""
    alert = issued()
    for contact in contacts:
        record(
            rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP,
            source=CheckIn.Source.BOT, ref=f"g{contact.pk}", now=clock.now(),
        )  # fmt: skip
    return alert


def called(alert: Alert, officer: Officer, **more: Any) -> Gathering:
    chosen = people(alert.rollcall, status="needs_help")
    given: dict[str, Any] = {"texts": TEXTS, "expires_at": clock.now() + timedelta(hours=6)} | more
    return call(rollcall=alert.rollcall, citizens=chosen, by=officer, now=clock.now(), **given)


def messages(sim: Running, contact: Contact) -> list[str]:
    chat = sim.control("GET", f"chats/{contact.address}")
    return [message["text"] for message in chat["messages"] if message["sender"] == "bot"]


def code_of(gathering: Gathering, contact: Contact) -> str:
    given = gathering.passes.get(citizen=contact.citizen)
    return codes.of_digest(gathering.pk, contact.citizen_id, given.digest)


def test_only_those_chosen_are_told_each_with_a_code_of_their_own_after_a_second_person(
    sim: Running, officer: Officer, approver: Officer
) -> None:
    emma, tom, other = in_need(sim, "Emma", people=3), in_need(sim, "Tom", language="nl"), in_need(sim, "Safe")
    alert = asked(emma, tom)
    gathering = called(alert, officer)
    tell()
    assert messages(sim, emma) == [], "nobody has released it"
    with pytest.raises(NotAllowed):
        release(gathering=gathering, by=officer, now=clock.now())
    release(gathering=gathering, by=approver, now=clock.now())
    tell()
    tell()
    (to_emma,), (to_tom,) = messages(sim, emma), messages(sim, tom)
    assert messages(sim, other) == []
    mine, theirs = code_of(gathering, emma), code_of(gathering, tom)
    assert codes.shown(mine) in to_emma
    assert theirs not in to_emma.replace("-", "")
    assert "Venez à la porte 3." in to_emma
    assert "Nombre de personnes\u00a0: 3" in to_emma
    assert "Kom naar poort 3." in to_tom
    assert f"{settings.PUBLIC_URL}/pass/{theirs}?l=nl" in to_tom
    assert to_emma.startswith("EXERCICE")
    assert to_emma.rstrip().endswith("Il ne s’est rien passé.")
    assert sending.counted(gathering)["Accepted"] == 2


def test_no_code_is_stored_or_logged_or_published(
    sim: Running, client: Client, officer: Officer, approver: Officer, caplog: pytest.LogCaptureFixture
) -> None:
    emma = in_need(sim, "Emma")
    gathering = called(asked(emma), officer)
    release(gathering=gathering, by=approver, now=clock.now())
    tell()
    code = code_of(gathering, emma)
    kept = serializers.serialize("json", [*Pass.objects.all(), *Gathering.objects.all(), *Entry.objects.all()])
    for form in (code, codes.shown(code)):
        assert form not in kept
        assert form not in caplog.text
        assert form not in redact(f"GET /pass/{form}?l=nl and /console/passes/{form}/")
    assert "porte 3" not in client.get(f"/a/{gathering.rollcall.alert.code}").content.decode()


def test_a_code_opens_the_door_once_and_then_says_when_and_by_whom(
    sim: Running, officer: Officer, approver: Officer, clerk: Officer
) -> None:
    emma = in_need(sim, "Emma")
    gathering = called(asked(emma), officer)
    code = code_of(gathering, emma)
    assert "Not released" in look(code, clock.now()).problem
    release(gathering=gathering, by=approver, now=clock.now())
    for form in (
        code,
        code.lower(),
        codes.shown(code),
        f"https://x/console/passes/{code}/",
        f" {code[:4]} {code[4:]} ",
    ):
        assert look(form, clock.now()).problem == "", form
    with pytest.raises(NotAllowed):
        let_in(typed=code, by=approver, now=clock.now())
    assert let_in(typed=code, by=clerk, now=clock.now()).problem == ""
    again = let_in(typed=code, by=officer, now=clock.now())
    assert "Used already" in again.problem
    assert str(clerk) in again.problem
    assert gathering.passes.get().used_by == clerk
    assert Entry.objects.filter(action="gathering.let_in", subject=f"citizen:{emma.citizen_id}").count() == 1


@pytest.mark.parametrize("typed", ["", "ABCDEFGH", "23456789", "O0O0-1111", "💥", "x" * 500, "ABC", "\0"])
def test_what_is_no_code_of_ours_lets_nobody_in(clerk: Officer, typed: str) -> None:
    assert "no code of ours" in let_in(typed=typed, by=clerk, now=clock.now()).problem


def test_expired_or_withdrawn_it_opens_nothing_and_nothing_more_leaves(
    sim: Running, officer: Officer, approver: Officer, clerk: Officer
) -> None:
    emma = in_need(sim, "Emma")
    gathering = called(asked(emma), officer)
    release(gathering=gathering, by=approver, now=clock.now())
    code = code_of(gathering, emma)
    assert look(code, gathering.expires_at).problem == "Expired."
    withdraw(gathering=gathering, by=officer, now=clock.now())
    tell()
    assert messages(sim, emma) == []
    assert "Withdrawn" in let_in(typed=code, by=clerk, now=clock.now()).problem


def test_when_the_alert_is_stopped_nothing_more_leaves(sim: Running, officer: Officer, approver: Officer) -> None:
    emma = in_need(sim, "Emma")
    gathering = called(asked(emma), officer)
    release(gathering=gathering, by=approver, now=clock.now())
    Alert.objects.update(state="stopped", stopped_at=clock.now())
    tell()
    assert messages(sim, emma) == []
    assert gathering.passes.get().state == Pass.State.QUEUED


def test_what_cannot_be_done_is_said_and_nothing_is_stored(sim: Running, officer: Officer, clerk: Officer) -> None:
    emma = in_need(sim, "Emma", language="de")
    alert = asked(emma)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"texts": {"fr": "Venez"}}, "Somebody reads de"),
        ({"texts": TEXTS | {"de": "x" * 700}}, "within 600"),
        ({"expires_at": clock.now()}, "expired already"),
    ]
    for given, said in wrong:
        with pytest.raises(NotCalled, match=said):
            called(alert, officer, **given)
    with pytest.raises(NotCalled, match="Nobody"):
        call(rollcall=alert.rollcall, citizens=[], texts=TEXTS, expires_at=NOW, by=officer, now=clock.now())
    with pytest.raises(NotAllowed):
        called(alert, clerk)
    assert not Gathering.objects.exists()
    assert not Pass.objects.exists()


def test_who_says_stop_before_it_leaves_is_not_written_to(sim: Running, officer: Officer, approver: Officer) -> None:
    emma = in_need(sim, "Emma")
    gathering = called(asked(emma), officer)
    release(gathering=gathering, by=approver, now=clock.now())
    Contact.objects.filter(pk=emma.pk).update(state=Contact.State.STOPPED)
    tell()
    assert messages(sim, emma) == []


def test_who_cannot_be_written_to_stands_on_the_list(sim: Running, officer: Officer, approver: Officer) -> None:
    emma = in_need(sim, "Emma")
    alert = asked(emma)
    Contact.objects.filter(pk=emma.pk).update(state=Contact.State.STOPPED)
    gathering = called(alert, officer)
    release(gathering=gathering, by=approver, now=clock.now())
    tell()
    assert messages(sim, emma) == []
    assert gathering.passes.get().state == Pass.State.NO_WAY


def test_what_a_platform_refuses_or_leaves_unknown_is_seen_and_never_told_twice(
    sim: Running, officer: Officer, approver: Officer, at: Callable[[datetime], None]
) -> None:
    emma, gone = in_need(sim, "Emma"), in_need(sim, "Gone", deactivated=True)
    gathering = called(asked(emma, gone), officer)
    release(gathering=gathering, by=approver, now=clock.now())
    stuck = gathering.passes.get(citizen=emma.citizen)
    assert sending.claim(stuck.pk, clock.now()) is not None, "a worker takes it, and dies"
    assert sending.claim(stuck.pk, clock.now()) is None
    tell()
    at(clock.now() + sending.LEASE + timedelta(seconds=1))
    tell()
    states = dict(gathering.passes.values_list("citizen__name", "state"))
    assert states == {"Emma": Pass.State.UNKNOWN, "Gone": Pass.State.FAILED}
    assert messages(sim, emma) == []


def test_a_key_in_front_changes_no_code_that_was_told(sim: Running, officer: Officer) -> None:
    from cryptography.fernet import Fernet

    emma = in_need(sim, "Emma")
    gathering = called(asked(emma), officer)
    code = code_of(gathering, emma)
    with override_settings(TOCSIN_KEYS=[Fernet.generate_key().decode(), *settings.TOCSIN_KEYS]):
        assert code_of(gathering, emma) == code
        found = look(code, clock.now())
        assert found.given is not None
    with override_settings(TOCSIN_KEYS=[Fernet.generate_key().decode()]):
        assert code_of(gathering, emma) == ""
        assert look(code, clock.now()).given is None


def test_the_pages_lead_from_the_board_to_the_door(
    sim: Running, signed_in: Callable[[str], Client], client: Client
) -> None:
    emma = in_need(sim, "Emma Peeters", people=2)
    Member.objects.create(citizen=emma.citizen, name="Tom Peeters", told_at=NOW)
    alert = asked(emma)
    writer, second, door = signed_in("officer"), signed_in("approver"), signed_in("clerk")
    address = f"/console/rollcalls/{alert.rollcall.pk}/call/"
    assert address in writer.get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()
    assert door.get(address).status_code == 403
    form = writer.get(address).content.decode()
    assert "<strong>1</strong> household, who read fr" in form
    given = {"status": "needs_help", "post": "", "hours": "6"}
    assert "Somebody reads fr" in writer.post(address, given | {"text_nl": "Kom"}).content.decode()
    made = writer.post(address, given | {f"text_{k}": v for k, v in TEXTS.items()})
    gathering = Gathering.objects.get()
    assert made["Location"] == f"/console/gatherings/{gathering.pk}/"
    assert "Release: tell them now" not in writer.get(made["Location"]).content.decode()
    assert "Release: tell them now" in second.get(made["Location"]).content.decode()
    second.post(f"{made['Location']}release/")
    code = code_of(gathering, emma)
    own = client.get(f"/pass/{code}")
    assert codes.shown(code) in own.content.decode()
    assert "<svg" in own.content.decode()
    assert own["Cache-Control"] == "no-store"
    assert client.get("/pass/ABC").status_code == 404
    assert client.get(f"/console/passes/{code}/").status_code == 302, "only staff are told"
    scanned = door.get(f"/console/passes/{code}/").content.decode()
    assert "Emma Peeters" in scanned
    assert "Tom Peeters" in scanned
    assert "2 people" in scanned
    assert "Good: not used yet" in scanned
    assert gathering.passes.get().used_at is None, "looking uses nothing up"
    inside = door.post("/console/passes/", {"code": code, "step": "let_in"}).content.decode()
    assert "Let in, and marked as used" in inside
    assert "Used already" in door.post("/console/passes/", {"code": code, "step": "let_in"}).content.decode()
    listed = door.get(f"/console/gatherings/{gathering.pk}/list/").content.decode()
    assert f"…{code[-2:]}" in listed
    assert code not in listed
    looks = Entry.objects.filter(subject=f"citizen:{emma.citizen_id}", action="privacy.look")
    pages = {entry.data["page"] for entry in looks}
    assert {"door"} <= pages


def test_a_household_that_is_erased_has_no_code_any_more(sim: Running, officer: Officer, clerk: Officer) -> None:
    emma = in_need(sim, "Emma")
    alert = issued()
    chosen = Citizen.objects.filter(pk=emma.citizen_id)
    gathering = call(
        rollcall=alert.rollcall, citizens=chosen, texts=TEXTS, expires_at=clock.now() + timedelta(hours=1), by=officer,
        now=clock.now(),
    )  # fmt: skip
    code = code_of(gathering, emma)
    Citizen.objects.filter(pk=emma.citizen_id).delete()
    assert "no code of ours" in let_in(typed=code, by=clerk, now=clock.now()).problem


def test_the_alphabet_has_no_look_alikes_and_codes_differ() -> None:
    assert not set("01ILOU") & set(codes.ALPHABET)
    made = {codes.made(gathering, each) for gathering in range(3) for each in range(2_000)}
    assert len(made) == 6_000
    assert all(codes.normal(code) == code for code in made)
