"""The accessibility statement: in every language, with the contacts of the installation, from the foot of the public pages."""

from typing import Any

import pytest
from django.conf import settings as ours
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils.translation import override

from config import guard
from crisis.registry.queries import home_ministry
from public.accessibility import enforcement, feedback, statement

pytestmark = pytest.mark.django_db


def said(language: str) -> set[str]:
    with override(language):
        parts = [*feedback().values(), *enforcement().values()]
        return {*parts, *(line for heading, lines in statement() for line in [heading, *lines] if line)}


@pytest.mark.parametrize(
    ("language", "day"), [("nl", "november"), ("fr", "novembre"), ("de", "November"), ("en", "Nov")]
)
def test_it_says_all_of_it_in_every_language(client: Client, settings: Any, language: str, day: str) -> None:
    settings.ACCESSIBILITY_CONTACT = "access@ministry.example"
    settings.ACCESSIBILITY_ENFORCEMENT = "https://ombudsman.example"
    page = client.get("/accessibility", {"l": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert home_ministry().name(language) in page
    assert day in page
    assert 'href="mailto:access@ministry.example"' in page
    assert 'href="https://ombudsman.example"' in page
    assert language == "en" or not said(language) & said("en"), "nothing is left in English"


def test_every_foot_leads_there_in_its_language(client: Client) -> None:
    for path in ("/", "/privacy", "/atlas/", "/accessibility"):
        page = client.get(path).content.decode()
        assert all(f"/accessibility?l={code}" in page for code, _ in ours.LANGUAGES), path


def test_without_a_contact_it_names_other_ways(client: Client, settings: Any) -> None:
    settings.ACCESSIBILITY_CONTACT = settings.ACCESSIBILITY_ENFORCEMENT = ""
    page = client.get("/accessibility", {"l": "en"}).content.decode()
    assert "your embassy" in page
    assert "mailto:" not in page


@pytest.mark.parametrize("value", ["javascript:alert(1)", "http://plain.example", "nobody", "a@b@c"])
def test_what_is_no_address_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ACCESSIBILITY_CONTACT", value)
    with pytest.raises(ImproperlyConfigured, match="ACCESSIBILITY_CONTACT"):
        guard.optional_contact("ACCESSIBILITY_CONTACT")
