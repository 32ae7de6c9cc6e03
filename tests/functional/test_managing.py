"""Managing on the web what is known of oneself, by a link that was sent: seen, changed, stopped, deleted."""

import re
from datetime import timedelta
from typing import Any

import pytest

from crisis import clock
from crisis.audience import subscribing
from crisis.audience.addresses import found
from crisis.audience.models import Citizen, Contact, Link, Stay
from crisis.checkins.counting import board
from crisis.checkins.ending import close_case
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.encryption import open_sealed
from crisis.privacy import erasing
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen, issued, notify_all, reachable
from tests.functional.pages import Visitor, fields
from tests.functional.subscribers import FORM, MAIL, PHONE, confirmed, letters, link


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


def test_a_link_that_has_confirmed_opens_nothing_more(sim: Running, asks: Any) -> None:
    contact, _ = confirmed(asks, sim)
    path = link(letters(sim)[0])
    before = Link.objects.count()
    for answer in (Visitor().post(path, {}), Visitor().get(path)):
        shown = answer.content.decode()
        assert "U krijgt onze waarschuwingen op dit adres" in shown, "a second tap is no mistake"
        assert 'href="/manage?l=nl"' in shown, "a fresh link is sent"
        assert "/manage/" not in shown
    assert Link.objects.count() == before
    contact.refresh_from_db()
    assert contact.state == "active"


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
