"""Subscribing by oneself on the web: confirmed by a link, never telling whose address is known, managed by another link."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisis import clock
from crisis.audience import confirming, contacts, leaving
from crisis.audience.addresses import found, opened
from crisis.audience.models import Citizen, Contact, Stay
from crisis.broadcast.models import Notice
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import record
from crisis.journal.models import Entry
from crisis.privacy import purging
from crisis.retention import kept
from platforms.measure.sms import sms
from public import subscribing as pages
from simulator.testing import Running
from tasks import presence
from tasks.links import forget_old, send
from tests.functional.factories import citizen, issued, notify_all, reachable
from tests.functional.pages import Visitor, fields
from tests.functional.subscribers import FORM, MAIL, PHONE, confirmed, letters, link


def test_nothing_is_written_before_the_link_is_opened_and_its_button_pressed(sim: Running, asks: Any) -> None:
    response = asks(**FORM)
    assert (response.status_code, response["Location"]) == (303, "/subscribe/sent?l=en")
    contact = found("email", MAIL)
    assert contact is not None
    assert (contact.state, contact.citizen.language, contact.citizen.people) == ("pending", "nl", 3)
    assert MAIL not in contact.address + contact.sealed
    notify_all(issued(countries=["CD"]))
    (letter,) = letters(sim)
    assert letter["recipient"] == MAIL
    assert letter["subject"] == "Bevestig uw adres", "in the language that was asked for"
    path = link(letter)

    for _ in range(2):
        assert Visitor().get(path).status_code == 200, "a scanner opens every link"
    contact.refresh_from_db()
    assert contact.state == "pending"
    assert not Notice.objects.filter(contact=contact).exists()

    done = Visitor().post(path, {})
    assert "U krijgt onze waarschuwingen op dit adres" in done.content.decode()
    contact.refresh_from_db()
    assert contact.state == "active"
    stay = Stay.objects.get(citizen=contact.citizen)
    assert (stay.country, stay.place_name, stay.lives_here, stay.until_on) == ("CD", "Goma", True, None)
    alert = issued(countries=["CD"])
    notify_all(alert)
    assert Notice.objects.get(contact=contact, run__alert=alert).state == "accepted"
    actions = Entry.objects.filter(actor="web").values_list("action", "subject")
    assert set(actions) == {(f"audience.{verb}", f"contact:{contact.pk}") for verb in ("ask", "confirm")}


@pytest.mark.parametrize(("way", "address"), [("sms", PHONE), ("whatsapp", PHONE)])
@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_by_phone_too_and_in_every_language(sim: Running, asks: Any, way: str, address: str, language: str) -> None:
    contact, path = confirmed(asks, sim, way=way, address=address, speak=language)
    (letter,) = letters(sim, way)
    assert letter["recipient"] == address
    if way == "sms":
        real = letter["text"].replace("http://127.0.0.1:8000", "https://crisis.ministry.example.org")
        counted = sms(real)
        assert counted.forcing == (), "no letter that makes it dear"
        assert counted.segments <= 2
    assert contact.state == "active"
    assert f'<html lang="{language}">' in Visitor().get(path).content.decode()


@pytest.mark.parametrize("path", ["/subscribe?l=en", "/manage?l=en"])
def test_a_form_that_is_too_big_is_said_to_be(sim: Running, path: str) -> None:
    response = Visitor().post(path, {"where": "x" * 21_000})
    assert response.status_code == 400
    assert "That is more than we can take." in response.content.decode()


def test_the_page_says_the_same_of_an_address_that_is_known_and_nothing_of_it_is_changed(
    sim: Running, asks: Any
) -> None:
    known = reachable(citizen("Tokyo", language="fr", people=2), "email", MAIL)
    stranger = asks(**FORM | {"address": "nobody@post.example"})
    answer = asks(**FORM)
    assert (answer.status_code, answer["Location"]) == (stranger.status_code, stranger["Location"])
    known.refresh_from_db()
    assert (known.state, known.citizen.people, known.citizen.language) == ("active", 2, "fr")
    assert Stay.objects.get(citizen=known.citizen, ended_at=None).place_name == "Tokyo"
    letter = next(each for each in letters(sim) if each["recipient"] == MAIL)
    assert link(letter).startswith("/manage/"), "its owner may change it"
    assert letter["subject"] == "Vos alertes de crise"


def test_an_address_that_somebody_else_named_and_nobody_confirmed_is_whoevers_who_asks(
    sim: Running, asks: Any, at: Any
) -> None:
    other = reachable(citizen("Tokyo", sim=sim), "email", MAIL)
    alert = issued()
    notify_all(alert)
    Contact.objects.filter(pk=other.pk).update(state=Contact.State.PENDING)
    counted = Notice.objects.filter(contact__citizen=other.citizen).count()

    contact, _ = confirmed(asks, sim)

    assert contact.citizen_id != other.citizen_id
    assert contact.citizen.people == int(FORM["people"])
    claimed = Contact.objects.get(pk=other.pk)
    assert (claimed.state, opened(claimed)) == ("pending", MAIL), "whoever named it first sees no difference"
    at(clock.now() + confirming.GRACE)
    assert confirming.due(clock.now(), kinds=["email"]) == []
    assert Notice.objects.filter(contact__citizen=other.citizen).count() == counted, "what was sent stays counted"


def test_who_had_stopped_is_asked_once_and_resumes_only_by_the_button(sim: Running, asks: Any) -> None:
    known = reachable(citizen("Tokyo"), "email", MAIL)
    Contact.objects.filter(pk=known.pk).update(state="stopped")
    asks(**FORM)
    path = link(letters(sim)[0])
    known.refresh_from_db()
    assert known.state == "stopped"
    Visitor().post(path, {})
    known.refresh_from_db()
    assert known.state == "active"
    Contact.objects.filter(pk=known.pk).update(state="stopped")
    assert Visitor().post(path, {}).status_code == 404, "an old link does not undo a later stop"
    known.refresh_from_db()
    assert known.state == "stopped"


def test_one_request_is_one_link_whoever_rings_and_however_often_it_is_sent(
    sim: Running, asks: Any, rung: list[tuple[Any, ...]], django_capture_on_commit_callbacks: Any, at: Any
) -> None:
    form = fields(Visitor().get("/subscribe?l=en").content.decode()) | FORM
    with django_capture_on_commit_callbacks(execute=True):
        states = [Visitor().post("/subscribe?l=en", form).status_code for _ in range(3)]
    assert states == [303, 303, 303]
    bells = list(rung)
    for bell in (*bells, *bells):
        send(*bell)
    contact = found("email", MAIL)
    assert contact is not None
    assert len(letters(sim)) == 1
    at(clock.now() + confirming.GRACE)
    assert confirming.due(clock.now(), kinds=["email"]) == [], "the sweep finds nothing left to do"


def test_a_lost_bell_is_made_up_for_by_the_sweep_for_who_waits_and_for_who_comes_back(sim: Running, at: Any) -> None:
    back = reachable(citizen("Tokyo"), "email", "back@post.example")
    never = reachable(citizen("Tokyo"), "email", "never@post.example")
    Contact.objects.filter(pk__in=[back.pk, never.pk]).update(state="stopped")
    for address in (MAIL, "back@post.example"):
        assert Visitor().send("/subscribe?l=en", **FORM | {"address": address}).status_code == 303
    contact = found("email", MAIL)
    assert contact is not None
    at(clock.now() + confirming.GRACE)
    due = confirming.due(clock.now(), kinds=["email"])
    assert set(due) == {contact.pk, back.pk}
    for pk in due:
        send(pk, "confirm")
    assert {letter["recipient"] for letter in letters(sim)} == {MAIL, "back@post.example"}
    assert confirming.due(clock.now(), kinds=["email"]) == []


def test_a_link_of_before_a_stop_takes_nothing_back(sim: Running, asks: Any) -> None:
    for _ in range(2):
        asks(**FORM)
    first, second = (link(letter) for letter in letters(sim))
    Visitor().post(first, {})
    contact = found("email", MAIL)
    assert contact is not None
    leaving.leave(contact)
    assert Visitor().post(second, {}).status_code == 404
    contact.refresh_from_db()
    assert contact.state == "stopped"


def test_where_several_countries_may_count_the_person_says_which(
    sim: Running, asks: Any, settings: Any, tmp_path: Path
) -> None:
    shipped = [row for row in settings.AREAS_FILE.read_text("utf-8").splitlines() if not row.startswith("kashmir")]
    settings.AREAS_FILE = tmp_path / "areas.csv"
    row = 'kashmir,Kashmir,"ring 37 73, 37 78, 32 78, 32 73",IN|PK,,Asked here'
    settings.AREAS_FILE.write_text("\n".join([*shipped, row]), encoding="utf-8")
    asked = asks(**FORM | {"where": "Srinagar, 1255634"})
    assert asked.status_code == 400
    shown = asked.content.decode()
    assert {"IN", "PK"} == set(re.findall(r'name="country" value="(\w+)"', shown))
    assert asks(**FORM | {"where": "Srinagar, 1255634", "country": "BE"}).status_code == 400
    assert not Contact.objects.filter(kind="email").exists()
    assert (
        Visitor()
        .post("/subscribe?l=en", fields(shown) | FORM | {"where": "Srinagar, 1255634", "country": "PK"})
        .status_code
        == 303
    )
    assert Stay.objects.get().country == "PK"


def test_an_address_gets_three_links_a_day_whoever_asks(sim: Running, asks: Any, at: Any) -> None:
    for _ in range(5):
        assert asks(**FORM).status_code == 303
    assert len(letters(sim)) == 3
    assert asks("/manage?l=en", way="email", address=MAIL).status_code == 303
    assert len(letters(sim)) == 3
    at(clock.now() + timedelta(days=1, seconds=5))
    asks(**FORM)
    assert len(letters(sim)) == 4


def test_the_house_pays_for_so_many_links_an_hour_and_loses_none(
    sim: Running, asks: Any, at: Any, settings: Any, signed_in: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LINKS_HOURLY = {"sms": 2}
    begin = clock.now()
    at(begin)
    asks(**FORM | {"way": "sms", "address": "+99955500001"})
    assert "very many people have asked" not in signed_in("officer").get("/console/").content.decode()
    waits = citizen()
    for number in (2, 3):
        contacts.add(citizen=waits.citizen, kind="sms", address=f"+9995550000{number}", now=begin)
        send(Contact.objects.get(citizen=waits.citizen, kind="sms").pk, "confirm")
    asked = asks(**FORM | {"way": "sms", "address": "+99955500004"})
    assert (asked.status_code, "choose another way" in asked.content.decode()) == (400, True)
    assert fields(asked.content.decode())["address"] == "+99955500004", "what was typed is kept"
    assert asks("/manage?l=en", way="sms", address="+99955500001").status_code == 400, "known or not"
    assert asks(**FORM).status_code == 303, "other ways go on"
    assert [letter["recipient"] for letter in letters(sim, "sms")] == ["+99955500001", "+99955500002"]
    assert "SMS</strong>: very many people have asked" in signed_in("officer").get("/console/").content.decode()
    assert [each.levelname for each in caplog.records if "links are spent" in each.message] == ["ERROR"], "told once"

    at(begin + timedelta(hours=1, seconds=5))
    for pk in confirming.due(clock.now(), kinds=["sms"]):
        send(pk, "confirm")
    assert letters(sim, "sms")[-1]["recipient"] == "+99955500003"


def test_too_many_requests_from_one_connection_are_held_back(
    sim: Running, asks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ASKED", 2)
    states = [asks(**FORM | {"address": f"n{number}@post.example"}).status_code for number in range(3)]
    assert states == [303, 303, 400]
    assert Contact.objects.filter(kind="email").count() == 2


def test_of_several_towns_one_is_chosen_and_what_was_typed_is_kept(sim: Running, asks: Any) -> None:
    response = asks(**FORM | {"where": "London"})
    assert response.status_code == 400
    shown = response.content.decode()
    choices = re.findall(r'name="place" value="(\d+)">([^<]+)<', shown)
    assert {"London, United Kingdom", "London, Canada"} <= {label for _, label in choices}
    number = next(number for number, label in choices if label == "London, Canada")
    kept = fields(shown)
    assert (kept["where"], kept["address"].strip(), kept["people"]) == ("London", MAIL.title(), "3")
    assert Visitor().post("/subscribe?l=en", kept | {"speak": "nl", "place": number}).status_code == 303
    assert Stay.objects.get().country == "CA"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("way", "carrier pigeon"), ("way", "telegram"), ("address", "nobody"), ("address", ""), ("where", "Xyzzyburg"),
        ("where", ""), ("until", "2020-01-01"), ("until", "tomorrow"), ("until", "2999-01-01"), ("people", "0"),
        ("people", "many"), ("website", "https://spam.example"), ("slip", "none of ours"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    sim: Running, asks: Any, field: str, typed: str
) -> None:
    response = asks(**FORM | {field: typed})
    assert response.status_code == 400
    shown = response.content.decode()
    linked = "send" if field == "slip" else field
    assert f'<a href="#{linked}">' in shown
    assert f'id="{linked}"' in shown
    assert not Contact.objects.filter(kind="email").exists()
    assert letters(sim) == []


def test_who_never_says_yes_is_forgotten_and_nobody_else(sim: Running, asks: Any, at: Any) -> None:
    stays = reachable(citizen("Tokyo"), "email", "stays@post.example")
    waits = reachable(citizen("Tokyo"), "email", "waits@post.example")
    Contact.objects.filter(pk=waits.pk).update(state="pending", linked_at=clock.now())
    asks(**FORM)
    calls = citizen("Tokyo")
    contacts.add(citizen=calls.citizen, kind="email", address="calls@post.example", now=clock.now())
    record(
        rollcall=None, citizen=calls.citizen, contact=calls, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT, ref="1",
        now=clock.now(),
    )  # fmt: skip
    begin = clock.now()
    for after, gone in ((kept("pending") - timedelta(hours=1), False), (kept("pending") + timedelta(hours=1), True)):
        at(begin + after)
        forget_old()
        presence.tick()
        purging.purge(now=clock.now(), go_on=lambda: True)
        assert (found("email", MAIL) is None, found("email", "waits@post.example") is None) == (gone, gone)
    assert found("email", "calls@post.example") is not None, "staff may have to reach them there"
    assert Contact.objects.filter(pk=stays.pk).exists()
    assert Citizen.objects.filter(pk=waits.citizen_id).exists(), "who has a chat too is somebody we know"
