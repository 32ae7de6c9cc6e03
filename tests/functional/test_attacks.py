"""Attacks on the doors: each test fails as soon as its guard is removed. Another post's rows are in test_rights, passwords and
redirects in test_signing_in, and the journal's chain in test_journal."""

import hashlib
import hmac
import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.audience.models import Citizen
from crisis.checkins.models import InboxUpdate
from crisis.checkins.unverified import Letter, Report
from crisis.staff.models import Officer, Role
from crisis.staff.operations import add_officer
from receipts import urls as receipts
from tests.functional.factories import NOW
from tests.functional.test_console import form
from tests.functional.two_posts import World, path_of, right_of, views, world

# As a tag, as an attribute, and for a script that builds pages by hand.
HOSTILE = """javascript:attack() <script>attack()</script> <img src=x onerror=attack()> "><svg/onload=attack()>"""
_RUNS = re.compile(r"<(script|img|svg)[^>]*attack|<script>attack|href=.?javascript:")


@pytest.fixture
def made(sim: Any) -> World:
    return world()


@pytest.fixture
def mighty() -> Client:
    """Somebody who may open every page."""
    add_officer(username="officer", name="", password="", roles=[r for r in Role if r != Role.VOLUNTEER], now=NOW)
    client = Client(enforce_csrf_checks=True)
    client.force_login(Officer.objects.get(username="officer"))
    return client


def test_whatever_people_write_is_only_text_on_every_page(made: World, mighty: Client) -> None:
    side, text = made.own, HOSTILE
    Citizen.objects.filter(pk=side.citizen.pk).update(name=text)
    side.case.checkins.update(text=text)
    Report.objects.filter(pk=side.report.pk).update(name=text, where=text, text=text)
    Letter.objects.filter(pk=side.letter.pk).update(text=text, note=text)
    Officer.objects.filter(username="clerk").update(first_name=text)
    shown = 0
    for pattern in views():
        path = path_of(pattern, made, side)
        page = mighty.get(path)
        if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
            found = page.content.decode()
            assert not _RUNS.search(found), path
            shown += found.count("attack")
    assert shown >= 5, "it stands there, as text"


def test_whatever_an_officer_fills_in_is_only_text(signed_in: Any) -> None:
    text = HOSTILE
    for path in ("", "preview/"):
        page = (
            signed_in("officer")
            .post(f"/console/exercise/new/earthquake/{path}", form(slot_place=text, slot_details_en=text))
            .content.decode()
        )
        assert "attack" in page
        assert not _RUNS.search(page)


def test_no_form_of_the_console_is_taken_from_another_site(made: World, mighty: Client) -> None:
    for pattern in views():
        path = path_of(pattern, made, made.own)
        response = mighty.post(path, {"agreed": "yes"})
        assert response.status_code == 403, f"{path} needs our own token ({right_of(pattern)})"
        assert "Nothing was done" in response.content.decode(), path
    for path in (
        "/console/login/",
        "/console/logout/",
        "/console/account/password/",
        "/console/account/factor/authenticate/",
    ):
        assert mighty.post(path).status_code == 403, path


def test_no_door_of_a_platform_hears_what_is_forged() -> None:
    """Generated from the addresses: a new webhook that believes an unsigned word fails here."""
    told = {
        "update_id": 7, "reference": "1", "id": "1", "status": "delivered", "object": "page", "from": "+32470000000",
        "text": "HELP", "entry": [{"id": "1", "time": 1, "messaging": [], "changes": []}],
    }  # fmt: skip
    body = json.dumps(told).encode()
    doors = ["/telegram/webhook"]
    for pattern in receipts.urlpatterns:
        route = str(pattern.pattern)
        named = {
            "<slug:slug>": list(settings.VERIFY_TOKENS),
            "<slug:way>": [*settings.RECEIPTS_SECRETS, "sms", "email"],
        }
        kinds = next((names for kind, names in named.items() if kind in route), [""])
        doors += [f"/receipts/{re.sub(r'<.*>', kind, route)}" for kind in kinds]
    assert len(doors) > len(receipts.urlpatterns)
    forged = hmac.new(b"a key of somebody else", body, hashlib.sha256).hexdigest()
    now = str(int(clock.now().timestamp()))
    for door in doors:
        for headers in (
            {},
            {"X-Hub-Signature-256": f"sha256={forged}", "Tocsin-Signature": f"sha256={forged}", "Tocsin-Timestamp": now,
             "X-Telegram-Bot-Api-Secret-Token": "a-key-of-somebody-else"},
        ):  # fmt: skip
            response = Client().post(door, body, content_type="application/json", headers=headers)
            assert response.status_code == 403, (door, headers)
    assert not InboxUpdate.objects.exists()
    assert not Letter.objects.exists()
