"""Invitations: one each whatever breaks, and the link joins the person's own chat, through the real bot and the simulator."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from crisis.audience import inviting, likenesses
from crisis.audience.lists import Invite, Likeness
from crisis.audience.models import Citizen, Contact, Link
from crisis.wording.catalogue import words
from platforms.measure.sms import sms
from simulator.testing import Running
from tasks import throttle
from tasks.invitations import send
from tests.functional.factories import NOW
from tests.functional.phones import Person, text
from tests.functional.test_import_citizens import begun, upload_of, worked

ROWS = "Emma Peeters,nl,2,JP,Tokyo,,,emma@example.org,+99955512345,\nLiam Maes,fr,1,JP,Osaka,,,,+99955512346,\n"
ADA = "Ada,de,1,,,,,ada@example.org,,\n"


@pytest.fixture
def invited(sim: Running) -> None:
    worked(begun(upload_of(ROWS), invite=True))


def letters(sim: Running, way: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way={way}")
    return found


def token_in(told: str) -> str:
    return told.split("?start=")[1].split(maxsplit=1)[0]


def states() -> list[str]:
    return list(Invite.objects.order_by("pk").values_list("state", flat=True))


def test_each_new_person_is_invited_once_by_the_cheapest_way(sim: Running, invited: None) -> None:
    for _ in range(3):
        send()
    (mail,), (short,) = letters(sim, "email"), letters(sim, "sms")
    assert mail["recipient"] == "emma@example.org"
    assert "Consular register" in mail["text"]
    assert mail["body"]["List-Unsubscribe"].strip("<>") in mail["text"]
    assert short["recipient"] == "+99955512346"
    assert states() == ["sent", "sent"]
    payload = token_in(mail["text"])
    assert payload.startswith("i_")
    assert len(payload) <= 64
    assert Link.objects.filter(purpose="invite").count() == 2
    assert not Link.objects.filter(digest__contains=payload[2:]).exists(), "what opens it stands nowhere"
    assert "Emma" not in mail["text"] + mail["subject"]


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_short_invitation_needs_no_dear_alphabet(language: str) -> None:
    link = f"https://t.me/some_ministry_bot?start=i_{'x' * 32}"
    told = words(language)["invitation_sms"].format(
        ministry="Ministry of Foreign Affairs", source="register", link=link
    )
    counted = sms(told)
    assert (counted.forcing, counted.segments <= 2) == ((), True)


def test_nobody_is_invited_twice_after_a_crash(sim: Running, invited: None, at: Callable[[Any], None]) -> None:
    for invite in inviting.due(NOW, kinds=["email", "sms"], limit=10):
        assert inviting.claim(invite, NOW)
        assert not inviting.claim(invite, NOW), "another worker has it"
    send()
    assert states() == ["sending", "sending"]
    at(NOW + timedelta(hours=1))
    send()
    assert states() == ["unknown", "unknown"]
    assert not letters(sim, "email")
    assert not letters(sim, "sms")


def test_a_refusal_before_anything_left_is_tried_again_later(
    sim: Running, invited: None, at: Callable[[Any], None]
) -> None:
    sim.control("POST", "faults", {"platform": "email", "fault": "rate_limit", "times": 1, "method": "create"})
    Invite.objects.filter(contact__kind="sms").delete()
    send()
    assert states() == ["queued"]
    send()
    assert not letters(sim, "email"), "not at once"
    throttle._client().flushall()  # the halt of a minute, by the machine's clock
    throttle._told.clear()
    at(NOW + timedelta(hours=1))
    send()
    assert states() == ["sent"]
    assert len(letters(sim, "email")) == 1


def test_what_may_have_left_is_never_sent_again(sim: Running, invited: None, at: Callable[[Any], None]) -> None:
    sim.control("POST", "faults", {"platform": "email", "fault": "cut_after", "times": 1, "method": "create"})
    Invite.objects.filter(contact__kind="sms").delete()
    send()
    assert states() == ["unknown"]
    at(NOW + timedelta(hours=1))
    send()
    assert len(letters(sim, "email")) == 1


@pytest.mark.parametrize("state", ["stopped", "pending", "gone"])
def test_who_is_not_to_be_written_to_is_not_invited(sim: Running, invited: None, state: str) -> None:
    Contact.objects.update(state=state)
    send()
    assert states() == ["failed", "failed"]
    assert not letters(sim, "email")
    assert not Link.objects.exists()


def test_a_paused_house_invites_nobody(sim: Running, invited: None) -> None:
    from crisis.registry.operations import pause_house

    pause_house(why="test", actor="test", now=NOW)
    send()
    assert states() == ["queued", "queued"]


# --- the chat --------------------------------------------------------------------------------------------------------


@pytest.fixture
def payload(sim: Running, invited: None) -> str:
    send()
    return token_in(letters(sim, "email")[0]["text"])


def test_the_link_joins_the_chat_to_the_person_on_the_list(person: Callable[..., Person], payload: str) -> None:
    phone = person("en")
    told = text(phone.does("text", text=f"/start {payload}"))
    emma = Citizen.objects.get(name="Emma Peeters")
    assert phone.contact.citizen == emma
    assert "verbonden met de lijst" in told, "in the language of the list"
    assert "Emma" not in told
    assert "Tokyo" not in told
    assert "Waar bent u nu" not in told, "the place is known"
    assert list(emma.contacts.order_by("rank").values_list("kind", "rank")) == [
        ("telegram", 0), ("email", 1), ("sms", 2),
    ]  # fmt: skip
    again = text(phone.does("text", text=f"/start {payload}"))
    assert "verbonden met de lijst" in again
    assert emma.contacts.count() == 3
    assert Citizen.objects.count() == 2


def test_a_link_that_was_passed_on_gives_nothing_away(person: Callable[..., Person], payload: str) -> None:
    own, other = person("nl"), person("fr")
    own.does("text", text=f"/start {payload}")
    told = text(other.does("text", text=f"/start {payload}"))
    assert "déjà été utilisée" in told
    assert other.contact.citizen.name == "Emma", "the name of the simulator's people; a person of their own"
    assert other.contact.citizen != own.contact.citizen
    assert not [word for word in ("Peeters", "example.org") if word in told]


def test_a_chat_that_is_here_already_is_left_and_laid_before_staff(
    person: Callable[..., Person], payload: str, approver: Any
) -> None:
    phone = person("de")
    phone.does("text", text="/start")
    before = phone.contact.citizen
    told = text(phone.does("text", text=f"/start {payload}"))
    assert "Sie waren schon hier" in told
    assert phone.contact.citizen == before
    pair = likenesses.waiting().get()
    assert (pair.why, pair.citizen, pair.other) == ("chat", before, Citizen.objects.get(name="Emma Peeters"))
    likenesses.decide(likeness=pair, same=True, by=approver, now=NOW)
    assert phone.contact.citizen.name == "Emma Peeters"
    assert Likeness.objects.get().verdict == "same"


@pytest.mark.parametrize("payload", ["i_", "i_nonsense", f"i_{'x' * 60}", "i_é", "i_a_b_1"])
def test_nonsense_is_answered_kindly_and_the_chat_works(person: Callable[..., Person], payload: str) -> None:
    phone = person("en")
    told = text(phone.does("text", text=f"/start {payload}"))
    assert "no longer valid" in told
    assert "Where are you now" in told


def test_an_invitation_ends(person: Callable[..., Person], payload: str, at: Callable[[Any], None]) -> None:
    at(NOW + timedelta(days=40))
    phone = person("fr")
    assert "n’est plus valable" in text(phone.does("text", text=f"/start {payload}"))
    assert Citizen.objects.count() == 3
