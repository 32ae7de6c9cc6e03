"""The console speaks each officer's language; what it stores, and what the public sees, is not changed by that."""

import html
import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import gettext, override

from console.templatetags.tocsin import both, cap_word
from crisis import clock
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.checkins.replying import ready
from crisis.journal.models import Entry
from crisis.places.names import fold, unknown_countries
from crisis.registry.operations import pause
from crisis.staff.models import Officer, Role
from tests.functional.factories import drafted, issued, shadow
from tests.functional.two_posts import World, member, path_of, views, world

pytestmark = pytest.mark.django_db

LANGUAGES = ("nl", "fr", "de", "en")


@pytest.fixture
def made(sim: Any) -> World:
    return world()


def language_of(html: str) -> str:
    found = re.search(r'<html lang="(\w+)"', html)
    assert found
    return found.group(1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_sign_in_the_browser_says_which(client: Client, language: str) -> None:
    answer = client.get("/console/login/", headers={"Accept-Language": f"{language}-XX,{language};q=0.9,ja;q=0.5"})
    with override(language):
        assert gettext("Sign in") in answer.content.decode()
    assert language_of(answer.content.decode()) == language
    assert "Accept-Language" in answer["Vary"]


def test_an_officer_chooses_and_the_choice_goes_before_the_browser(client: Client, made: World) -> None:
    person = member(Role.CLERK, made)
    client.force_login(person)
    answer = client.post(
        "/console/account/language/", {"language": "de"}, headers={"Referer": "http://testserver/console/cases/"}
    )
    assert answer["Location"].endswith("/console/cases/")
    shown = client.get("/console/cases/", headers={"Accept-Language": "fr"}).content.decode()
    assert language_of(shown) == "de"
    assert re.search(r'lang="de" aria-current="true"', shown)
    entry = Entry.objects.get(action="staff.language")
    assert (entry.subject, entry.data["language"]) == (f"officer:{person.pk}", "de")


def test_what_the_console_does_not_speak_is_refused(client: Client, made: World) -> None:
    person = member(Role.CLERK, made)
    client.force_login(person)
    client.post("/console/account/language/", {"language": "tlh"})
    person.refresh_from_db()
    assert person.language == ""
    assert "does not speak" in client.get("/console/").content.decode()


def test_nobody_who_is_not_signed_in_chooses_anything(client: Client) -> None:
    assert client.post("/console/account/language/", {"language": "de"})["Location"].startswith("/console/login/")


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_every_page_is_shown_in_the_officers_language(made: World, language: str) -> None:
    """A translation that names what its text does not would break its page."""
    for role in (Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR):
        person = member(role, made)
        Officer.objects.filter(pk=person.pk).update(language=language)
        client = Client()
        client.force_login(Officer.objects.get(pk=person.pk))
        for pattern in views():
            answer = client.get(path_of(pattern, made, made.own))
            if answer.status_code == 200 and b"<html" in answer.content:
                assert language_of(answer.content.decode()) == language, pattern.name


def test_a_public_page_is_the_same_whatever_staff_read(client: Client, made: World) -> None:
    person = member(Role.OFFICER, made)
    Officer.objects.filter(pk=person.pk).update(language="de")
    page = f"/a/{made.alert.code}"
    before = client.get(page, {"l": "en"}).content
    client.force_login(Officer.objects.get(pk=person.pk))
    client.get("/console/")
    assert client.get(page, {"l": "en"}).content == before


def test_what_the_ledger_says_is_stored_in_english(made: World) -> None:
    pause(account=shadow("x", "belgiumembjapan"), why="by hand", actor="test", now=clock.now())
    with override("de"):
        alert = issued()
    details = Delivery.objects.filter(alert=alert, state=DeliveryState.SKIPPED).values_list("detail", flat=True)
    assert set(details) == {"The account is paused: by hand."}


def test_lists_name_places_and_alerts_in_the_officers_language(client: Client, made: World) -> None:
    person = member(Role.OFFICER, made)
    Officer.objects.filter(pk=person.pk).update(language="de")
    client.force_login(Officer.objects.get(pk=person.pk))
    posts = client.get("/console/posts/", {"q": "tokyo"}).content.decode()
    assert "Marshallinseln" in posts or "Japan" in posts
    serving = client.get("/console/posts/", {"q": "seoul"}).content.decode()
    assert "Südkorea" in serving
    assert "South Korea" not in serving
    answer = client.get(f"/console/people/{made.own.citizen.pk}/answer/").content.decode()
    assert "Erdbeben" in answer
    assert "Earthquake" not in answer


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_ready_answers_and_countries_are_called_as_the_officer_calls_them(made: World, language: str) -> None:
    english = {each.label for each in ready(made.own.case)}
    with override(language):
        assert english.isdisjoint(each.label for each in ready(made.own.case))
        told = unknown_countries(["Congo", "Narnia"])
    assert "do you mean" not in told
    assert "Unknown" not in told


def test_what_explains_a_field_can_be_read_out_with_it(made: World) -> None:
    client, pages = Client(), [*map(partial(path_of, made=made, side=made.own), views()), "/console/account/forgotten/"]
    client.force_login(Officer.objects.get(username="approver"))
    named = 0
    for page in pages:
        for answer in (client.get(page), client.post(page, {"name": ""})):
            html = answer.content.decode() if answer.headers.get("Content-Type", "").startswith("text/html") else ""
            wanted = {each for ids in re.findall(r'aria-describedby="([^"]+)"', html) for each in ids.split()}
            assert wanted <= set(re.findall(r'\bid="([^"]+)"', html)), page
            named += len(wanted)
    assert named > 20


def test_months_are_written_as_each_language_writes_them() -> None:
    wanted = {"nl": "30 nov 2026", "fr": "30 nov. 2026", "de": "30. Nov. 2026", "en": "30 Nov 2026"}
    at = datetime(2026, 11, 30, 5, 6, tzinfo=UTC)
    for language, day in wanted.items():
        with override(language):
            assert date_format(at, "SHORT_DATE_FORMAT") == day
            assert both(at) == f"{day.removesuffix(' 2026')} 05:06:00 UTC"


def test_french_has_a_space_before_a_colon_and_words_for_what_cap_says(made: World) -> None:
    person = member(Role.OFFICER, made)
    Officer.objects.filter(pk=person.pk).update(language="fr")
    client = Client()
    client.force_login(Officer.objects.get(pk=person.pk))
    alert = drafted()
    page = client.get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "Tremblement de terre\u00a0: Japon" in page
    assert not re.search(r"(</strong>|</a>): ", page)
    shown = client.get("/console/exercise/new/").content.decode()
    parts = [re.findall(r"<strong>([^<]+)</strong>", part) for part in shown.split("<h2>")[1:]]
    assert [len(part) for part in parts] == [11, 8, 3], (
        "what threatens lives first, then the rest, then what is routine"
    )
    for part in parts:
        names = [html.unescape(each) for each in part]
        assert names == sorted(names, key=fold), "in the order of its own alphabet"
    with override("fr"):
        assert cap_word("Severe") == "Grave"
