"""The alert's page: every language, its status, light, and no opening for anybody."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert, Rollcall
from crisis.alerts.where import Circle
from crisis.broadcast.operations import stop
from crisis.registry.models import DirectoryEntry, Installation
from crisis.staff.models import Officer
from public import copies, pages
from tests.functional.factories import citizen, drafted, issued


def page(client: Client, alert: Alert) -> str:
    response = client.get(f"/a/{alert.code}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_says_everything_in_every_language(client: Client, sim: Any) -> None:
    shown = page(client, issued(slots={"place": "Osaka"}))
    for words in (
        "Aardbeving: Osaka, Japan", "Tremblement de terre\u00a0: Osaka, Japon", "Erdbeben: Osaka, Japan",
        "Earthquake: Osaka, Japan", "OEFENING: dit is een oefening", "EXERCICE\u00a0: ceci est un exercice",
        "ÜBUNG: Dies ist eine Übung", "EXERCISE: this is a drill",
        "Noodnummer, dag en nacht: <a", "Numéro d’urgence, jour et nuit\u00a0: <a", "Envoyée\u00a0: ", "Issued: ",
        "Embassy of Belgium in Tokyo", "+32 2 501 40 00", "Wij vragen nooit om geld", "?start=a_",
    ):  # fmt: skip
        assert words in shown


def order(shown: str) -> list[str]:
    """Return the languages in which a page speaks, in the order in which it does."""
    return re.findall(r'<section id="(..)" lang="\1">', shown)


@pytest.mark.parametrize(
    ("asked", "browser", "first"),
    [("", "fr-BE,fr;q=0.9,en;q=0.8", "fr"), ("", "es,de;q=0.5", "de"), ("en", "fr", "en"), ("", "es", "nl"), ("xx", "", "nl")],
)  # fmt: skip
def test_the_readers_language_stands_first_and_the_others_below(
    client: Client, sim: Any, asked: str, browser: str, first: str
) -> None:
    alert = issued()
    response = client.get(f"/a/{alert.code}", {"l": asked} if asked else {}, headers={"Accept-Language": browser})
    shown = response.content.decode()
    assert order(shown) == [first, *(each for each in ("nl", "fr", "de", "en") if each != first)]
    assert f'<html lang="{first}">' in shown
    asks = re.findall(r'<a class="go" lang="(..)"', shown)
    assert asks == order(shown), "and to answer in it is offered first"
    assert "Accept-Language" in response["Vary"]
    assert shown.count('lang="en">Embassy') == 1


def test_the_title_speaks_the_readers_language_and_says_once_that_it_is_a_drill(client: Client, sim: Any) -> None:
    alert = issued()
    title = {"nl": "<title>OEFENING: Aardbeving", "fr": "<title>EXERCICE\u00a0: Tremblement"}
    for language, words in title.items():
        assert words in client.get(f"/a/{alert.code}?l={language}").content.decode()


def test_on_the_wire_it_is_light(client: Client, sim: Any) -> None:
    alert = issued(countries=["US", "CA", "MX", "BR"])
    response = client.get(f"/a/{alert.code}", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < 14 * 1024


def test_a_number_that_is_corrected_is_right_on_pages_that_are_out(
    client: Client, sim: Any, at: Callable[[datetime], None]
) -> None:
    alert, now = issued(), clock.now()
    at(now)
    assert 'href="tel:+3225014000"' in page(client, alert)
    pages.keep(alert.code, pages.states([alert.code], now)[alert.code], now)
    DirectoryEntry.objects.filter(value="+32 2 501 40 00").update(value="+32 2 501 99 99")
    cache.clear()  # what is known of the registry may be some seconds old
    at(now + pages.FRESH)
    for shown in (page(client, alert), copies.shown(alert.code, clock.now())["en"]):
        assert 'href="tel:+3225014000"' not in shown
        assert 'href="tel:+3225019999"' in shown


def test_the_page_is_light_and_needs_no_script(client: Client, sim: Any) -> None:
    import gzip

    shown = page(client, issued(countries=["US", "CA", "MX", "BR"]))
    assert "<script" not in shown
    assert "http://127.0.0.1:1" in shown or "https://" in shown
    assert len(gzip.compress(shown.encode())) < 14 * 1024
    assert "<link" not in shown, "its style stands in it"


def test_small_letters_lead_to_the_same_page(client: Client, sim: Any) -> None:
    alert = issued()
    assert client.get(f"/a/{alert.code.lower()}")["Location"] == f"/a/{alert.code}"
    asked = client.get(f"/a/{alert.code.lower()}?l=fr")
    assert asked["Location"] == f"/a/{alert.code}?l=fr", "the language stays"


@pytest.mark.parametrize("code", ["ABC123", "a-b", "x" * 200])
def test_an_unknown_code_is_said_to_be_none_of_ours(client: Client, code: str) -> None:
    response = client.get(f"/a/{code.upper()}", headers={"Accept-Language": "de"})
    assert response.status_code == 404
    shown = response.content.decode()
    assert "Do not trust it" in shown
    assert '<html lang="de">' in shown
    assert re.findall(r'class="status" lang="(..)"', shown) == ["de", "nl", "fr", "en"]


def test_a_draft_has_no_page(client: Client) -> None:
    assert client.get(f"/a/{drafted().code}").status_code == 404


def test_a_stopped_alert_says_so_and_asks_nothing(client: Client, sim: Any, officer: Officer) -> None:
    alert = issued()
    stop(alert=alert, by=officer, now=clock.now())
    shown = page(client, alert)
    assert "This alert was stopped." in shown
    assert "?start=a_" not in shown


def test_a_page_is_drawn_once_for_everybody_and_anew_at_once_when_its_alert_changes(
    client: Client, sim: Any, officer: Officer, django_assert_max_num_queries: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    alert = issued(countries=[], circle=Circle("Goma", 60))
    pages.keep(alert.code, pages.states([alert.code], clock.now())[alert.code], clock.now())
    with django_assert_max_num_queries(20):
        first = page(client, alert)
    with django_assert_max_num_queries(0):
        assert page(client, alert) == first
    with django_capture_on_commit_callbacks(execute=True):
        stop(alert=alert, by=officer, now=clock.now())
    assert "This alert was stopped." in page(client, alert)


def test_what_another_process_changed_shows_within_a_second(
    client: Client, sim: Any, at: Callable[[datetime], None], django_assert_max_num_queries: Any
) -> None:
    alert, now = issued(), clock.now()
    at(now)
    assert "?start=a_" in page(client, alert)
    Alert.objects.filter(pk=alert.pk).update(state="stopped", stopped_at=now)
    at(now + pages.FRESH)
    assert "This alert was stopped." in page(client, alert)
    at(now + 2 * pages.FRESH)
    with django_assert_max_num_queries(4):
        page(client, alert)


def test_a_page_that_is_kept_expires_and_closes_in_time(client: Client, sim: Any, at: Any) -> None:
    alert = issued()
    assert "?start=a_" in page(client, alert)
    Rollcall.objects.filter(alert=alert).update(closed_at=clock.now())
    at(clock.now() + pages.FRESH)
    assert "?start=a_" not in page(client, alert)
    assert alert.expires_at is not None
    at(alert.expires_at)
    assert "This alert has expired." in page(client, alert)


def test_who_is_signed_in_makes_no_difference(client: Client, sim: Any, officer: Officer) -> None:
    alert = issued()
    client.force_login(officer)
    response = client.get(f"/a/{alert.code}")
    assert response.content == Client().get(f"/a/{alert.code}").content
    assert "Cookie" not in response.headers.get("Vary", "")


def test_an_expired_alert_says_so(client: Client, sim: Any) -> None:
    alert = issued()
    Alert.objects.filter(pk=alert.pk).update(expires_at=alert.issued_at)
    assert "Cette alerte n’est plus en vigueur." in page(client, alert)


def test_a_live_alert_never_says_exercise(client: Client, sim: Any, officer: Officer, approver: Officer) -> None:
    from crisis.broadcast.issue import approve_and_issue
    from crisis.broadcast.operations import submit
    from crisis.broadcast.preflight import look
    from crisis.registry.models import Mode

    Installation.objects.update(kind="live")
    citizen("Tokyo")
    alert = drafted(mode=Mode.LIVE)
    ticks = look(alert, clock.now()).ticks
    submit(alert=alert, revision=1, acknowledged=ticks, by=officer, now=clock.now())
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now(), read=ticks["unreviewed_texts"])
    shown = page(client, alert)
    assert "This alert is genuine and holds now." in shown
    assert not any(word in shown for word in ("EXERCISE", "OEFENING", "EXERCICE", "ÜBUNG"))
    assert 'content="index"' in shown


def test_only_what_is_safe_to_ask(client: Client) -> None:
    assert client.post("/a/ABC123").status_code == 405
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/").status_code == 200
    assert client.get("/a/../console/").status_code in (302, 404)
