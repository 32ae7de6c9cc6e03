"""Whether people are still where they said, and the link that confirms an address: what the workers send, by real adapters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from crisis import clock
from crisis.audience import confirming, contacts, stays
from crisis.audience.contacts import Added
from crisis.audience.models import Contact, Link, Stay
from crisis.privacy.access import everything
from simulator.testing import Running
from tasks import bells, links, presence, sweep, throttle
from tests.functional.factories import NOW, citizen, issued, reachable
from tests.functional.phones import Person, buttons, text

Persons = Callable[..., Person]
Clock = Callable[[datetime], None]
NOON = (NOW + timedelta(days=100)).astimezone(ZoneInfo("Asia/Tokyo")).replace(hour=12, minute=0)
YES = {
    "nl": "Ja, ik ben er nog",
    "fr": "Oui, j’y suis encore",
    "de": "Ja, ich bin noch dort",
    "en": "Yes, I am still there",
}


def in_tokyo(person: Persons, language: str = "en") -> Person:
    me = person(language)
    me.does("text", text="/start")
    me.does("text", text="Tokio" if language in ("nl", "de") else "Tokyo")
    return me


def asked(me: Person) -> list[dict[str, Any]]:
    return [message for message in me.messages() if any(data.startswith("t:") for data in buttons(message))]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's Redis takes bells that no worker of a test answers.
    monkeypatch.setattr("tasks.presence.bells.waiting", lambda _: 0)


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_who_said_nothing_for_long_is_asked_once_by_day_and_answers_with_one_tap(
    person: Persons, at: Clock, language: str
) -> None:
    me = in_tokyo(person, language)
    at(NOON.replace(hour=3))
    presence.tick()
    assert asked(me) == [], "not at night, where the person is"
    at(NOON)
    presence.tick()
    presence.tick()
    (question,) = asked(me)
    assert question["inline_keyboard"][0][0]["text"] == YES[language]
    assert "Tok" in question["text"]

    old = me.stay
    assert old is not None
    told = me.does("press", message_id=question["message_id"], button=0)
    assert me.stay is not None
    assert (me.stay.place_name, me.stay.confirmed_at, me.stay.asked_at) == (old.place_name, NOON, None)
    assert me.stay.pk != old.pk
    assert "q:until:home" in buttons(told[-1])
    presence.tick()
    assert len(asked(me)) == 1


def test_a_visitor_is_asked_after_the_last_day_and_a_resident_once_a_year(person: Persons, at: Clock) -> None:
    visitor, resident = in_tokyo(person), in_tokyo(person)
    visitor.does("press", data="q:until:7")
    resident.does("press", data="q:until:home")
    at(NOON - timedelta(days=94))
    presence.tick()
    assert asked(visitor) == []
    at(NOON - timedelta(days=91))
    presence.tick()
    assert (len(asked(visitor)), asked(resident)) == (1, [])
    at(NOON)
    presence.tick()
    assert asked(resident) == []
    at(NOON + timedelta(days=270))
    presence.tick()
    assert len(asked(resident)) == 1


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_who_does_not_answer_is_told_that_the_stay_ends_and_can_undo_it(
    person: Persons, at: Clock, language: str
) -> None:
    from crisis.audience import letters

    me = in_tokyo(person, language)
    at(NOON)
    presence.tick()
    at(NOON + timedelta(days=13))
    presence.tick()
    assert Stay.objects.filter(ended_at=None).exists()
    at(NOON + timedelta(days=15))
    presence.tick()
    presence.tick()
    assert not Stay.objects.filter(ended_at=None).exists()
    ended = Stay.objects.latest("pk")
    words, _ = letters.stay_ended(ended, language)
    assert [message["text"] for message in asked(me)][1:] == [words]
    me.does("press", button=0)
    assert me.stay is not None
    assert me.stay.country == "JP"


def test_who_has_gone_home_or_moved_says_so(person: Persons, at: Clock) -> None:
    home, moved = in_tokyo(person), in_tokyo(person)
    at(NOON)
    presence.tick()
    assert "no longer count you" in text(home.does("press", button=2))
    assert home.stay is None
    assert "Where are you now" in text(moved.does("press", button=1))
    moved.does("text", text="Kinshasa")
    assert moved.stay is not None
    assert (moved.stay.country, moved.contact.asked) == ("CD", "me:until")
    old = asked(moved)[0]
    assert "Kinshasa" in text(moved.does("press", message_id=old["message_id"], button=0)), (
        "an old button moves nobody back"
    )
    assert moved.stay.country == "CD"


def test_nobody_is_asked_where_an_alert_holds_nor_who_has_stopped(person: Persons, at: Clock) -> None:
    me, stopped = in_tokyo(person), in_tokyo(person)
    stopped.does("text", text="/stop")
    noon = (NOW + timedelta(days=1)).astimezone(ZoneInfo("Asia/Tokyo")).replace(hour=12)
    Stay.objects.update(confirmed_at=noon - timedelta(days=91))
    at(noon)
    issued()
    presence.tick()
    assert asked(me) == asked(stopped) == []
    at(noon + timedelta(days=10))
    presence.tick()
    assert (len(asked(me)), asked(stopped)) == (1, [])


def test_a_question_that_did_not_leave_is_asked_again(person: Persons, at: Clock, sim: Running) -> None:
    me = in_tokyo(person)
    at(NOON)
    sim.control(
        "POST",
        "faults",
        {"platform": "telegram", "fault": "rate_limit", "method": "sendMessage", "params": {"retry_after": 1}},
    )
    presence.tick()
    assert me.stay is not None
    assert (asked(me), me.stay.asked_at) == ([], None)


def letters_to(sim: Running, way: str = "email") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way={way}")
    return found


def gives(person: Contact, kind: str, address: str) -> Contact:
    assert contacts.add(citizen=person.citizen, kind=kind, address=address, now=clock.now()) == Added.PENDING
    return Contact.objects.get(citizen=person.citizen, kind=kind)


def token_in(letter: dict[str, Any]) -> str:
    return str(letter["text"].partition("/confirm/")[2].split()[0])


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
@pytest.mark.parametrize(("kind", "address"), [("email", "emma@example.org"), ("sms", "+99955512345")])
def test_one_message_with_a_link_confirms_an_address(sim: Running, kind: str, address: str, language: str) -> None:
    waits = gives(citizen(language=language), kind, address)
    links.send(waits.pk, "confirm")
    links.send(waits.pk, "confirm")
    (letter,) = letters_to(sim, kind)
    assert letter["recipient"] == address
    with override(language):
        name = waits.citizen.ministry.name(language)
    # An SMS has a name without the letters that make it dear.
    assert (name if kind == "email" else name.split()[0]) in letter["text"]
    token = token_in(letter)
    assert not Link.objects.filter(digest__contains=token).exists()
    assert confirming.confirm(token=f"{token}x", now=clock.now()) is None
    assert confirming.confirm(token=token, now=clock.now()) == waits
    waits.refresh_from_db()
    assert waits.state == Contact.State.ACTIVE
    assert confirming.confirm(token=token, now=clock.now()) == waits, "doing it again changes nothing"
    assert confirming.confirm(token=token, now=clock.now() + timedelta(days=3)) is None


def test_a_link_to_an_earlier_address_confirms_no_later_one(sim: Running) -> None:
    person = citizen()
    waits = gives(person, "email", "first@example.org")
    links.send(waits.pk, "confirm")
    (letter,) = letters_to(sim)
    gives(person, "email", "second@example.org")
    assert confirming.confirm(token=token_in(letter), now=clock.now()) is None
    waits.refresh_from_db()
    assert waits.state == Contact.State.PENDING
    links.send(waits.pk, "confirm")
    assert [each["recipient"] for each in letters_to(sim)] == ["first@example.org", "second@example.org"]


def test_nobody_floods_others_and_a_try_counts_whoever_has_the_address(sim: Running) -> None:
    holder = reachable(citizen(), "email", "emma@example.org")
    now = clock.now()
    assert contacts.add(citizen=holder.citizen, kind="email", address="emma@example.org", now=now) == Added.KNOWN
    for known in (True, False):
        stranger = citizen()
        for number in range(contacts.MOST_CONFIRMATIONS):
            address = "emma@example.org" if known else f"a{number}@example.org"
            links.send(gives(stranger, "email", address).pk, "confirm")
        for address in ("emma@example.org", "b@example.org"):
            last = contacts.add(citizen=stranger.citizen, kind="email", address=address, now=now)
            assert last == Added.TOO_OFTEN
    assert len(letters_to(sim)) == contacts.MOST_CONFIRMATIONS
    assert confirming.due(now + confirming.GRACE, kinds=["email"]) == [], "of a claim no link is due"


def test_whether_an_address_is_known_only_whoever_reads_it_there_learns(
    person: Persons, sim: Running, rung: list[tuple[Any, ...]], django_capture_on_commit_callbacks: Any
) -> None:
    holder = reachable(citizen(), "email", "emma@example.org")
    seen = []
    for name in ("emma", "edna"):
        me = in_tokyo(person)
        me.does("text", text="/me")
        me.does("press", data="m:contact")
        with django_capture_on_commit_callbacks(execute=True):
            told = me.does("text", text=f"{name}@example.org")
        own = Contact.objects.get(citizen=me.contact.citizen, kind="email")
        links.send(own.pk, "confirm")
        told += me.does("text", text="/me")
        told += me.does("press", data=f"m:again:{own.pk}")
        me.does("press", data="m:emergency")
        me.does("press", data="q:emergency:yes")
        told += me.does("text", text=f"Emma {name}@example.org")
        shown = everything(citizen=own.citizen, now=clock.now())
        (mail,) = (each | {"since": ""} for each in shown["contacts"] if each["way"] == "email")
        seen.append(f"{text(told)} {mail} {shown['links']}".replace(f"{name}@", "…@"))
    assert seen[0] == seen[1]
    assert [letter["recipient"] for letter in letters_to(sim)] == ["edna@example.org"]
    assert rung == [(holder.pk, "manage")]
    links.send(*rung[0])
    assert letters_to(sim)[-1]["recipient"] == "emma@example.org"
    assert "/manage/" in letters_to(sim)[-1]["text"], "its owner may see and change what it is known for"


def test_the_sweep_rings_for_whoever_waits_and_a_link_that_did_not_leave_is_made_anew(
    sim: Running, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(bells, "ring_confirmations", rung.extend)
    waits = gives(citizen(), "email", "emma@example.org")
    begin = clock.now()
    at(begin + confirming.GRACE)
    sweep._ring_confirmations(clock.now())
    assert rung == [waits.pk]

    sim.control("POST", "faults", {"platform": "email", "fault": "rate_limit", "times": 1, "method": "create"})
    links.send(waits.pk, "confirm")
    assert letters_to(sim) == []
    sweep._ring_confirmations(clock.now())
    assert rung == [waits.pk], "not at once"
    at(begin + timedelta(minutes=6))
    sweep._ring_confirmations(clock.now())
    assert rung == [waits.pk, waits.pk]
    throttle._client().flushall()  # its clock is not the test's
    links.send(waits.pk, "confirm")
    assert len(letters_to(sim)) == 1


def test_a_stay_that_goes_on_is_counted_once(at: Clock) -> None:
    person = citizen("Tokyo")
    stay = Stay.objects.get(citizen=person.citizen)
    now = clock.now()
    first = stays.still_there(citizen=person.citizen, stay_id=stay.pk, now=now)
    assert first is not None
    assert stays.still_there(citizen=person.citizen, stay_id=stay.pk, now=now) is None, "a press that comes again"
    assert Stay.objects.filter(citizen=person.citizen, ended_at=None).count() == 1
