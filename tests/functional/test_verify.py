"""/verify: whoever was sent a message, or found an account, learns in one line whether it is ours."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from crisis import clock
from crisis.broadcast.retract import retract
from crisis.registry.models import Account, Mode
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import issued
from tests.functional.phones import Person, buttons, text


@pytest.mark.parametrize(
    ("language", "ours", "holds", "not_ours", "money"),
    [
        ("en", "this message is ours", "It holds now", "do not pass it on", "never ask"),
        ("nl", "dit bericht is van ons", "Het geldt nu", "stuur het niet door", "nooit"),
        ("fr", "ce message est de nous", "valable en ce moment", "ne le transmettez pas", "jamais"),
        ("de", "diese Nachricht ist von uns", "gilt jetzt", "geben Sie es nicht weiter", "nie"),
    ],
)
def test_a_code_is_known_or_not(
    person: Callable[..., Person], language: str, ours: str, holds: str, not_ours: str, money: str
) -> None:
    me = person(language)
    alert = issued()
    told = text(me.does("text", text=f"/verify {alert.code}"))
    assert ours in told
    assert holds in told
    assert money in told
    assert f"/a/{alert.code}" in told
    unknown = me.does("text", text="/verify ZZZZZZ")
    assert not_ours in text(unknown)
    assert "ZZZZZZ" in text(unknown)
    assert money in text(unknown)
    assert buttons(unknown[0]) == ["h:now"]


@pytest.mark.parametrize("form", ["{code}/1", "{lower}", "http://127.0.0.1:8000/a/{code}", "  {code}  "])
def test_a_code_may_be_written_as_it_was_seen(person: Callable[..., Person], form: str) -> None:
    me = person("en")
    alert = issued()
    asked = form.format(code=alert.code, lower=alert.code.lower())
    assert "this message is ours" in text(me.does("text", text=f"/verify {asked}"))


def test_an_exercise_is_called_one(person: Callable[..., Person]) -> None:
    alert = issued()
    assert alert.exercise
    assert "EXERCISE" in text(person("en").does("text", text=f"/verify {alert.code}"))


def test_what_was_taken_back_is_said_to_hold_no_longer(person: Callable[..., Person], officer: Officer) -> None:
    alert = issued()
    retract(alert=alert, by=officer, now=clock.now())
    told = text(person("en").does("text", text=f"/verify {alert.code}"))
    assert "taken back or is over" in told
    assert "It holds now" not in told


def test_what_has_ended_is_said_to_hold_no_longer(
    person: Callable[..., Person], at: Callable[[datetime], None]
) -> None:
    alert = issued()
    assert alert.expires_at is not None
    me = person("en")
    at(alert.expires_at + timedelta(minutes=1))
    assert "It no longer holds" in text(me.does("text", text=f"/verify {alert.code}"))


@pytest.mark.parametrize("form", ["@{address}", "{address}", "{upper}", "https://x.com/{address}?lang=nl"])
def test_an_account_of_ours_is_named_with_its_holder(person: Callable[..., Person], form: str) -> None:
    account = Account.objects.filter(platform="x", mode=Mode.LIVE, is_home=True).select_related("holder").first()
    assert account is not None
    address = account.address.lstrip("@")
    told = text(person("en").does("text", text="/verify " + form.format(address=address, upper=address.upper())))
    assert "on X is ours" in told
    assert account.holder.name in told


@pytest.mark.parametrize("asked", ["@belgium_help_now", "https://t.me/", "@", "/", "a" * 4000, "💥", "'; DROP TABLE"])
def test_a_strange_one_is_none_of_ours(person: Callable[..., Person], asked: str) -> None:
    told = text(person("en").does("text", text=f"/verify {asked}"))
    assert "We have no message and no account" in told
    assert len(told) < 1000


def test_a_shadow_is_no_account_of_ours(person: Callable[..., Person], sim: Running) -> None:
    shadow = Account.objects.filter(platform="x", mode=Mode.EXERCISE).exclude(address="").first()
    assert shadow is not None
    assert "We have no message" in text(person("en").does("text", text=f"/verify {shadow.address}"))


def test_without_a_word_it_says_how_to_ask(person: Callable[..., Person]) -> None:
    assert "/verify 3T6GQY" in text(person("en").does("text", text="/verify"))
