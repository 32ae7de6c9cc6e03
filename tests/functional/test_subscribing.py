"""Subscribing by oneself on the web: confirmed by a link, never telling whose address is known, managed by another link."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisis import clock
from crisis.audience import confirming, leaving, subscribing
from crisis.audience.addresses import found
from crisis.audience.models import Citizen, Contact, Link, Stay
from crisis.broadcast.models import Notice
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import close_case, record
from crisis.checkins.queries import board
from crisis.encryption import open_sealed
from crisis.journal.models import Entry
from crisis.privacy import erasing
from crisis.staff.models import Officer
from platforms.measure.sms import sms
from public import subscribing as pages
from simulator.testing import Running
from tasks.links import forget_old, send
from tests.functional.factories import citizen, issued, notify_all, reachable
from tests.functional.pages import Visitor, fields

MAIL, PHONE = "anna.peeters@post.example", "+99955512345"
FORM = {
    "way": "email", "address": f" {MAIL.title()} ", "where": "Goma", "people": "3", "until": "", "speak": "nl",
}  # fmt: skip


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The bells, kept instead of handed to a broker."""
    bells: list[tuple[Any, ...]] = []

    def ring(name: str, arguments: list[tuple[Any, ...]], *, queue: str) -> int:
        assert (name, queue) == ("tasks.links.send", "slow")
        bells.extend(arguments)
        return len(arguments)

    monkeypatch.setattr("tasks.bells._send", ring)
    return bells


@pytest.fixture
def asks(django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]]) -> Callable[..., Any]:
    """Sends a form of a page, and does what the worker would do then."""

    def ask(path: str = "/subscribe?l=en", **typed: str) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            response = Visitor().send(path, **typed)
        while rung:
            send(*rung.pop(0))
        return response

    return ask


def letters(sim: Running, way: str = "email") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way={way}")
    return found


def link(letter: dict[str, Any]) -> str:
    (address,) = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", letter["text"])
    return str(address)


def confirmed(asks: Callable[..., Any], sim: Running, **typed: str) -> tuple[Contact, str]:
    """Somebody who has subscribed, and the link to manage that their browser was given."""
    asks(**FORM | typed)
    way = typed.get("way", "email")
    done = Visitor().post(link(letters(sim, way)[0]), {}).content.decode()
    (path,) = re.findall(r'href="(/manage/[^"]+)"', done)
    contact = found(way, typed.get("address", MAIL))
    assert contact is not None
    return contact, path


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
    Contact.objects.filter(pk=waits.pk).update(state="pending")
    asks(**FORM)
    forget_old()
    assert found("email", MAIL) is not None
    at(clock.now() + timedelta(days=2, minutes=1))
    forget_old()
    assert found("email", MAIL) is None
    assert {stays.pk, waits.pk} <= set(Contact.objects.values_list("pk", flat=True))
    assert Citizen.objects.filter(pk=waits.citizen_id).exists(), "who has a chat too is somebody we know"


def test_managing_shows_and_changes_what_is_known(sim: Running, asks: Any) -> None:
    contact, path = confirmed(asks, sim)
    reachable(contact, "sms", PHONE)
    shown = Visitor().get(path).content.decode()
    assert "Goma, Congo-Kinshasa" in shown
    assert MAIL not in shown
    assert PHONE not in shown
    kept = fields(shown)
    assert (kept["people"], kept["until"], kept["first"]) == ("3", "", "email")
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    changes = kept | {"do": "save", "where": "Kinshasa", "until": day, "people": "2", "speak": "fr", "first": "sms"}
    assert Visitor().post(path, changes).status_code == 303
    citizen_now = Citizen.objects.get(pk=contact.citizen_id)
    stay = Stay.objects.get(citizen=citizen_now, ended_at=None)
    assert (citizen_now.people, citizen_now.language) == (2, "fr")
    assert (stay.place_name, str(stay.until_on), stay.lives_here) == ("Kinshasa", day, False)
    assert list(citizen_now.contacts.order_by("rank").values_list("kind", flat=True)) == ["sms", "email"]
    wrong = Visitor().post(path, changes | {"people": "0", "where": "London"})
    assert wrong.status_code == 400
    assert 'name="place"' in wrong.content.decode()


def test_stopping_and_starting_again(sim: Running, asks: Any) -> None:
    contact, path = confirmed(asks, sim)
    Visitor().post(path, {"do": "stop"})
    contact.refresh_from_db()
    assert contact.state == "stopped"
    assert 'value="resume"' in Visitor().get(path).content.decode()
    Visitor().post(path, {"do": "resume"})
    contact.refresh_from_db()
    assert contact.state == "active"


def test_deleting_asks_once_and_leaves_nothing(sim: Running, asks: Any) -> None:
    contact, path = confirmed(asks, sim)
    asked = Visitor().post(path, {"do": "delete"})
    assert asked.status_code == 400
    assert Contact.objects.filter(pk=contact.pk).exists()
    assert "Het is gewist." in Visitor().post(path, {"do": "delete", "sure": "1"}).content.decode()
    assert not Citizen.objects.filter(pk=contact.citizen_id).exists()
    assert Visitor().get(path).status_code == 404


def test_deleting_somebody_who_answered_leaves_numbers_only(sim: Running, asks: Any) -> None:
    contact, path = confirmed(asks, sim)
    alert = issued(countries=["CD"])
    record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.SAFE, source=CheckIn.Source.WEB,
        ref="w:1", now=clock.now(), text="my name is Anna",
    )  # fmt: skip
    notify_all(alert)
    shown = Visitor().post(path, {"do": "delete", "sure": "1"}).content.decode()
    assert "zonder iets dat zegt wie u bent" in shown
    checkin = CheckIn.objects.get()
    assert (checkin.people, checkin.text) == (3, "")
    assert board(alert.rollcall).total.answers == {"safe": 3}
    assert not Stay.objects.filter(citizen=contact.citizen_id).exists()
    assert found("email", MAIL) is None


def test_whoever_has_called_for_help_is_deleted_only_once_that_is_closed(
    sim: Running, asks: Any, officer: Officer
) -> None:
    contact, path = confirmed(asks, sim)
    record(
        rollcall=None, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.WEB,
        ref="w:2", now=clock.now(),
    )  # fmt: skip
    shown = Visitor().post(path, {"do": "delete", "sure": "1"}).content.decode()
    assert "moeten u kunnen vinden" in shown
    contact.refresh_from_db()
    assert contact.state == "stopped"
    close_case(case=Case.objects.get(), outcome="brought home", by=officer, now=clock.now())
    assert erasing.finish(now=clock.now()) == 1, "nobody has to ask again"
    assert found("email", MAIL) is None


def test_the_link_to_manage_comes_to_whoever_is_known_and_holds_two_hours(sim: Running, asks: Any, at: Any) -> None:
    reachable(citizen("Tokyo", language="en"), "email", MAIL)
    answer = asks("/manage?l=en", way="email", address=MAIL)
    stranger = asks("/manage?l=en", way="email", address="nobody@post.example")
    assert (answer.status_code, answer["Location"]) == (stranger.status_code, stranger["Location"])
    (letter,) = letters(sim)
    path = link(letter)
    assert Visitor().get(path).status_code == 200
    token = path.rpartition("/")[2]
    assert not Link.objects.filter(digest=token).exists(), "the database holds a digest only"
    at(clock.now() + timedelta(hours=2, seconds=1))
    assert Visitor().get(path).status_code == 404
    assert Visitor().post(path, {"do": "delete", "sure": "1"}).status_code == 404
    assert Contact.objects.filter(kind="email").exists()


def test_the_wrong_link_opens_nothing(sim: Running, asks: Any) -> None:
    asks(**FORM)
    token = link(letters(sim)[0]).rpartition("/")[2]
    for path in (f"/manage/{token}", f"/c/{token}", "/confirm/none-of-ours", "/manage/x"):
        assert Visitor().get(path).status_code == 404, path
    assert Link.objects.get().used_at is None


def test_no_address_and_no_token_is_in_the_log(sim: Running, asks: Any, caplog: pytest.LogCaptureFixture) -> None:
    from config.logging import redact

    caplog.set_level("DEBUG")
    asks(**FORM)
    token = link(letters(sim)[0]).rpartition("/")[2]
    Visitor().get(f"/manage/{token}")
    written = redact(caplog.text + str([vars(record) for record in caplog.records]))
    assert MAIL not in written.lower()
    assert token not in written


def test_a_sealed_address_is_what_was_typed_in_its_one_form(sim: Running, asks: Any) -> None:
    asks(**FORM)
    assert open_sealed(Contact.objects.get(kind="email").sealed) == MAIL


def test_only_the_ways_that_this_house_has_are_offered(sim: Running, settings: Any) -> None:
    settings.PLATFORM_URLS = settings.PLATFORM_URLS | {"sms": "", "whatsapp": ""}
    shown = Visitor().get("/subscribe?l=en").content.decode()
    assert 'value="email"' in shown
    assert 'value="sms"' not in shown


@pytest.mark.parametrize("path", ["/subscribe", "/manage", "/subscribe/sent"])
def test_the_pages_are_light_and_do_nothing_else(sim: Running, path: str) -> None:
    page = Visitor().get(path)
    shown = page.content.decode()
    assert len(shown.encode()) < 14 * 1024
    assert not re.search(r"<script|<link|<img| style=| on\w+=", shown)
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert page["Cache-Control"] == "no-store"
    for name in set(re.findall(r'id="(\w+)" name="', shown)):
        assert f'for="{name}"' in shown


def test_preferring_keeps_every_way_in_one_order(sim: Running) -> None:
    contact = citizen("Tokyo")
    reachable(contact, "email", MAIL)
    reachable(contact, "sms", PHONE)
    subscribing.prefer(citizen=contact.citizen, kind="email")
    assert list(contact.citizen.contacts.order_by("rank").values_list("kind", "rank")) == [
        ("email", 0), ("telegram", 1), ("sms", 2),
    ]  # fmt: skip
