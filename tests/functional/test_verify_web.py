"""/verify for people and /api/verify for machines: the bot's own answers, and none for a page that only looks like ours."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from crisis import clock
from crisis.broadcast.retract import retract
from crisis.registry.models import Account, Mode
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import issued


def page(client: Client, asked: str, language: str = "en") -> str:
    response = client.get("/verify", {"q": asked, "l": language})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("language", "title", "ours", "not_ours", "pay"),
    [
        ("en", "Is it ours?", "Yes, this is ours. It holds now.", "No. We have no message", "Do not pay anything"),
        ("nl", "Is dit van ons?", "Ja, dit is van ons. Het geldt nu.", "Nee. We hebben geen bericht", "Betaal niets"),
        (
            "fr",
            "Est-ce bien nous\u00a0?",
            "Oui, c’est bien nous. C’est valable",
            "Non. Nous n’avons ni",
            "Ne payez rien",
        ),
        ("de", "Ist das von uns?", "Ja, das ist von uns. Es gilt jetzt.", "Nein. Wir haben keine", "Zahlen Sie nichts"),
    ],
)
def test_a_code_is_ours_or_not_in_every_language(
    client: Client, sim: Running, language: str, title: str, ours: str, not_ours: str, pay: str
) -> None:
    alert = issued()
    shown = page(client, alert.code, language)
    assert f'<html lang="{language}">' in shown
    assert title in shown
    assert ours in shown
    assert f"{settings.PUBLIC_URL}/a/{alert.code}" in shown
    unknown = page(client, "ZZZZZZ", language)
    assert not_ours in unknown
    assert pay in unknown
    assert "<script" not in shown
    assert home_ministry().name(language) in shown, "who answers"
    other = "en" if language == "nl" else "nl"
    assert f'<a href="?l={other}&amp;q={alert.code}" lang="{other}"' in shown


def test_the_browser_chooses_the_language(client: Client) -> None:
    assert 'lang="fr"' in client.get("/verify", headers={"Accept-Language": "fr-BE,fr;q=0.9"}).content.decode()
    assert 'lang="en"' in client.get("/verify", {"l": "xx"}).content.decode()


def test_the_house_is_asked_once_whose_it_is(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        page(client, "@nobody")
    assert sum('"registry_installation"' in each["sql"] for each in queries) == 1


@pytest.mark.parametrize(
    "form", ["{code}/1", "{lower}", "{spaced}", " {code} ", "{url}/a/{code}", "{host}/a/{code}", "{url}/a/{code}?v=1"]
)
def test_a_code_may_be_written_as_it_was_seen(client: Client, sim: Running, form: str) -> None:
    code = issued().code
    host = settings.PUBLIC_URL.partition("://")[2]
    asked = form.format(
        code=code, lower=code.lower(), spaced=f"{code[:3]} {code[3:]}", url=settings.PUBLIC_URL, host=host
    )
    assert client.get("/api/verify", {"q": asked}).json()["ours"] is True


@pytest.mark.parametrize(
    "form",
    ["https://evil.example/a/{code}", "evil.example/a/{code}", "{url}.evil.example/a/{code}", "{url}@evil.example/a/{code}",
     "{code}/9", "{code}X"],
)  # fmt: skip
def test_our_code_on_anybody_elses_page_is_not_ours(client: Client, sim: Running, form: str) -> None:
    asked = form.format(code=issued().code, url=settings.PUBLIC_URL)
    assert client.get("/api/verify", {"q": asked}).json()["ours"] is False


def test_what_was_replaced_taken_back_or_is_over_does_not_hold(
    client: Client, sim: Running, officer: Officer, at: Callable[[datetime], None]
) -> None:
    alert, other = issued(), issued()
    retract(alert=alert, by=officer, now=clock.now())
    told = client.get("/api/verify", {"q": alert.code}).json()["alert"]
    assert (told["standing"], told["status"], told["marker"]) == ("taken_back", "cancelled", f"{alert.code}/2")
    assert "taken back or is over" in page(client, alert.marker)
    assert other.expires_at is not None
    at(other.expires_at + timedelta(minutes=1))
    assert client.get("/api/verify", {"q": other.code}).json()["alert"]["standing"] == "over"


def x_account() -> Account:
    account = Account.objects.filter(platform="x", mode=Mode.LIVE, is_home=True).select_related("holder").first()
    assert account is not None
    return account


@pytest.mark.parametrize(
    "form",
    ["@{name}", "{name}", "{upper}", "https://x.com/{name}", "https://www.x.com/{name}/status/1", "twitter.com/{name}"],
)
def test_an_account_is_ours_on_its_own_platform(client: Client, form: str) -> None:
    account = x_account()
    name = account.address.lstrip("@")
    told = client.get("/api/verify", {"q": form.format(name=name, upper=name.upper())}).json()
    found = [each for each in told["accounts"] if each["platform"] == "x"]
    assert [each["holder"] for each in found] == [account.holder.name]


@pytest.mark.parametrize(
    "form", ["https://x.com.evil.example/{name}", "https://t.me/{name}", "https://evil.example/{name}", "https://x.com/evil/status/{name}",
             "https://x.com@evil.example/{name}", "https://x.com/evil#{name}", "https://x.com/evil?u={name}"]
)  # fmt: skip
def test_a_page_elsewhere_under_our_name_is_not_ours(client: Client, form: str) -> None:
    name = x_account().address.lstrip("@")
    told = client.get("/api/verify", {"q": form.format(name=name)}).json()
    assert [each for each in told["accounts"] if each["platform"] == "x"] == []


def test_a_name_on_several_platforms_tells_all_of_them(client: Client) -> None:
    live = Account.objects.filter(mode=Mode.LIVE, is_home=True)
    on_x = live.filter(platform="x").values("address_key")
    name = live.filter(platform="facebook", address_key__in=on_x).values_list("address", flat=True).first()
    assert name is not None, "the seed has posts that are called the same on both"
    assert {"x", "facebook"} <= {each["platform"] for each in client.get("/api/verify", {"q": name}).json()["accounts"]}
    shown = page(client, name)
    assert "on X is ours" in shown
    assert "on Facebook is ours" in shown


def test_the_interface_is_open_and_says_what_it_must(client: Client, sim: Running) -> None:
    alert = issued()
    response = client.get("/api/verify", {"q": alert.code})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    told = response.json()["alert"]
    assert told["status"] == "exercise"
    assert told["exercise"] is True
    assert set(told["headlines"]) == {"nl", "fr", "de", "en"}
    assert client.get("/api/verify").status_code == 400
    assert client.post("/api/verify", {"q": alert.code}).status_code == 405


def test_one_who_asks_too_often_is_slowed_and_nobody_else(client: Client) -> None:
    answers = [client.get("/api/verify", {"q": "@nobody"}) for _ in range(40)]
    slowed = [each for each in answers if each.status_code == 429]
    assert 5 <= len(slowed) < 15
    assert int(slowed[0]["Retry-After"]) >= 1
    assert client.get("/verify", {"q": "@nobody"}).status_code == 429, "one pace for both"
    assert client.get("/verify").status_code == 200
    assert client.get("/api/verify", {"q": "@nobody"}, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_behind_a_proxy_its_last_word_tells_who_asks(client: Client) -> None:
    with override_settings(PROXIES_IN_FRONT=1):
        answers = [
            client.get("/api/verify", {"q": "@x"}, headers={"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.4"})
            for n in range(40)
        ]
        assert answers[-1].status_code == 429, "what a client says of itself changes nothing"
        other = client.get("/api/verify", {"q": "@x"}, headers={"X-Forwarded-For": "198.51.100.4, 198.51.100.5"})
        assert other.status_code == 200


@pytest.mark.parametrize(
    "asked", ["💥", "'; DROP TABLE", "a" * 4000, "\0", "@", "/", "https://[", "<script>alert(1)</script>", "%00", "//"]
)
def test_whatever_is_asked_is_answered(client: Client, asked: str) -> None:
    assert client.get("/api/verify", {"q": asked}).status_code in (200, 400)
    shown = page(client, asked)
    assert "<script>alert" not in shown


def test_every_public_page_leads_to_both(client: Client, sim: Running) -> None:
    alert = issued()
    for path in ("/", f"/a/{alert.code}", "/a/ABC234", "/verify", "/privacy", "/leave/nonsense"):
        shown = client.get(path).content.decode()
        for language in ("nl", "fr", "de", "en"):
            assert f'href="/privacy?l={language}"' in shown, path
            assert f'href="/verify?l={language}"' in shown, path
