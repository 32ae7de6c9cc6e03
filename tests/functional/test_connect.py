"""Connecting an account: a link from headquarters, the platform's own consent, the identity decides; nobody pastes a secret."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.registry import claims
from crisis.registry.invitations import LINK_HOLDS
from crisis.registry.models import Account, Credential, Invitation
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.connecting import Editor, account_on, end, entries, link_to, me, other_than, query
from tests.functional.factories import deliver_all, issued, one
from tests.functional.phones import work

pytestmark = pytest.mark.usefixtures("one_connection")

SCREENS = ["x", "facebook"]


# --- the whole way -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", SCREENS)
def test_from_the_link_to_a_publication(
    sim: Running, editor: Editor, headquarters: Client, approver: Officer, platform: str
) -> None:
    account = account_on(platform)
    end(account, headquarters)
    assert not Credential.objects.filter(account=account).exists()

    made = headquarters.post(f"/console/accounts/{account.pk}/invite/")
    assert made.status_code == 201
    link = re.search(r'id="made" class="copy">(http[^<]+/connect/[^<]+)<', made.content.decode())
    assert link
    assert link[1] not in headquarters.get(f"/console/accounts/{account.pk}/connection/").content.decode(), "shown once"
    path = link[1].removeprefix(settings.PUBLIC_URL)
    assert account.address in editor.opens(path)

    page = editor.connects(path, **me(account))
    assert f"{account.address} is connected" in page
    account.refresh_from_db()
    credential = account.credential
    assert credential.connected_by == approver
    assert credential.scopes
    assert account.verified_on == clock.now().date()
    assert account.paused_at is not None, "only a person releases it"
    (noted,) = [entry for entry in entries(account, "connect") if entry.actor == "connect"]
    assert noted.data["scopes"] == credential.scopes
    assert noted.data["invited_by"] == approver.actor

    assert headquarters.post(f"/console/accounts/{account.pk}/release/").status_code == 302
    alert = issued()
    deliver_all()
    assert one(alert, platform).state == "posted"


def test_a_channel_is_claimed_by_a_code(sim: Running, editor: Editor, headquarters: Client, approver: Officer) -> None:
    account = account_on("telegram")
    told = end(account, headquarters)
    assert "the platform was told" in told
    assert not sim.world.accounts.named("telegram", account.address).admins  # type: ignore[union-attr] # it is furnished

    path = link_to(account)
    page = editor.opens(path)
    assert "@tocsin_test_bot" in page
    editor.presses(path)
    page = editor.opens(path)
    (code,) = set(re.findall(r"TOCSIN-\w{4}-\w{4}", page))
    assert 'http-equiv="refresh"' in page

    # The bot hears nothing of a channel in which it is no administrator.
    sim.control("POST", f"channels/{account.address}/post", {"text": code})
    work()
    assert code in editor.opens(path)

    sim.control(
        "PUT", "accounts", [{"platform": "telegram", "address": account.address, "admins": ["tocsin_test_bot"]}]
    )
    sim.control("POST", f"channels/{account.address}/post", {"text": f"hello {code.lower()}."})
    work()
    assert f"{account.address} is connected" in editor.opens(path)
    messages = sim.control("GET", f"chats/{account.address}")["messages"]
    assert messages[-1]["deleted_at"], "the bot tidies the code away"
    assert len(messages) == 2, "and says nothing in the channel"
    assert account.credential.connected_by == approver
    assert account.credential.scopes == ["post_messages"]


def test_a_code_in_another_channel_is_refused_and_of_no_more_use(sim: Running, editor: Editor) -> None:
    account = account_on("telegram")
    sim.control("PUT", "accounts", [{"platform": "telegram", "address": "@another_channel", "name": "Another"}])
    path = link_to(account)
    editor.presses(path)
    code = re.findall(r"TOCSIN-\w{4}-\w{4}", editor.opens(path))[0]
    for where in ("@another_channel", account.address):
        sim.control("POST", f"channels/{where}/post", {"text": code})
        work()
    page = editor.opens(path)
    assert "stood in @another_channel" in page
    assert code not in page
    assert [entry.data["why"] for entry in entries(account, "connect_refused")] == ["wrong_identity"]
    assert Invitation.objects.get(account=account).used_at is None


def test_a_bot_that_may_not_post_connects_nothing(sim: Running, editor: Editor) -> None:
    account = account_on("telegram")
    path = link_to(account)
    editor.presses(path)
    said: dict[str, Any] = {"code": re.findall(r"TOCSIN-\w{4}-\w{4}", editor.opens(path))[0], "now": clock.now()}
    said |= {"channel": account.address, "platform_id": account.platform_id}
    assert claims.claim(**said, may_post=False) == claims.Claimed.MAY_NOT_POST
    assert "may not post in" in editor.opens(path)
    assert claims.claim(**said, may_post=True) == claims.Claimed.UNKNOWN, "it was used"


def test_a_code_lives_for_half_an_hour(sim: Running, editor: Editor, at: Callable[[datetime], None]) -> None:
    account = account_on("telegram")
    path = link_to(account)
    editor.presses(path)
    code = re.findall(r"TOCSIN-\w{4}-\w{4}", editor.opens(path))[0]
    at(clock.now() + timedelta(minutes=40))
    sim.control("POST", f"channels/{account.address}/post", {"text": code})
    work()
    assert "Show the code" in editor.opens(path)
    assert Invitation.objects.get(account=account).used_at is None


# --- what must not connect -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", SCREENS)
def test_another_account_is_refused_and_both_are_named(sim: Running, editor: Editor, platform: str) -> None:
    account, other = account_on(platform), account_on(platform)
    other = other_than(account)
    before = dict(account.credential.secrets)
    path = link_to(account)
    page = editor.connects(path, 409, **me(other))
    assert f"This link is for {account.address}" in page
    assert other.address in page
    assert dict(Credential.objects.get(account=account).secrets) == before
    assert [entry.data["why"] for entry in entries(account, "connect_refused")] == ["wrong_identity"]
    # The link may be used again, by the right one.
    assert f"{account.address} is connected" in editor.connects(path, **me(account))


def test_the_screen_of_x_suggests_the_account_of_the_link(sim: Running, editor: Editor) -> None:
    account = account_on("x")
    screen = editor.begins(link_to(account))
    assert query(screen)["screen_name"] == account.address
    assert f'value="{account.address}" required' in requests.get(screen, timeout=5).text


def test_of_many_pages_the_registered_one_is_taken(sim: Running, editor: Editor) -> None:
    account = account_on("facebook")
    other = other_than(account)
    editor.connects(link_to(account), pages=f"{other.address}, {account.address.upper()}")
    assert Credential.objects.get(account=account).secrets["page_token"] != ""
    assert Account.objects.get(pk=account.pk).platform_id == account.platform_id


@pytest.mark.parametrize("name", ["{}", "Embassy-of-Belgium-in-Oslo-{}"])
def test_a_page_is_known_by_its_number_too(sim: Running, editor: Editor, name: str) -> None:
    account = account_on("facebook")
    address, registered = account.address, name.format(account.platform_id)
    Account.objects.filter(pk=account.pk).update(address=registered, address_key=registered.casefold())
    account.refresh_from_db()
    assert "is connected" in editor.connects(link_to(account), pages=address)


@pytest.mark.parametrize("platform", SCREENS)
def test_who_says_no_connects_nothing(sim: Running, editor: Editor, platform: str) -> None:
    account = account_on(platform)
    path = link_to(account)
    page = editor.connects(path, 400, answer="no", **me(account))
    assert "You did not allow it" in page
    assert path in page
    assert Invitation.objects.get(account=account).used_at is None
    assert [entry.data["why"] for entry in entries(account, "connect_refused")] == ["consent_declined"]


def test_a_permission_that_is_left_out_is_a_no(sim: Running, editor: Editor) -> None:
    account = account_on("facebook")
    page = editor.connects(link_to(account), 400, allow_pages_manage_posts="", **me(account))
    assert "or not all of it" in page


@pytest.mark.parametrize("platform", SCREENS)
def test_a_link_works_once(sim: Running, editor: Editor, platform: str) -> None:
    account = account_on(platform)
    path = link_to(account)
    back = editor.answers(editor.begins(path), **me(account))
    editor.opens(back)
    assert "This link does not work" in editor.opens(path, 404)
    editor.opens(back, 400)
    assert "This link does not work" in Editor().opens(path, 404)


def test_only_the_newest_link_works_and_none_for_ever(
    sim: Running, editor: Editor, at: Callable[[datetime], None]
) -> None:
    account = account_on("x")
    older, newer = link_to(account), link_to(account)
    editor.opens(older, 404)
    editor.opens(newer)
    begun = editor.begins(newer)
    at(clock.now() + LINK_HOLDS)
    editor.opens(newer, 404)
    assert "This link does not work" in editor.opens(editor.answers(begun, **me(account)), 404)
    assert Client().post(older).status_code == 404
    for nonsense in ("nonsense", "x" * 43, "0" * 200, "%00", "..%2f"):
        editor.opens(f"/connect/{nonsense}/", 404)


@pytest.mark.parametrize("platform", SCREENS)
def test_an_answer_belongs_to_the_browser_that_asked(sim: Running, editor: Editor, platform: str) -> None:
    account = account_on(platform)
    path = link_to(account)
    back = editor.answers(editor.begins(path), **me(account))
    assert "does not belong to this browser" in Editor().opens(back, 400)
    # Another answer than the one to our question: nothing is exchanged.
    name = "oauth_token" if platform == "x" else "state"
    forged = back.replace(query(back)[name], "f" * 32)
    assert forged != back
    assert "does not belong to this browser" in editor.opens(forged, 400)
    editor.opens(back, 400)
    assert Invitation.objects.get(account=account).used_at is None


@pytest.mark.parametrize(("platform", "fault"), [("x", "error_html"), ("x", "cut_before"), ("facebook", "empty_json")])
def test_a_platform_that_does_not_answer_costs_nothing(sim: Running, editor: Editor, platform: str, fault: str) -> None:
    account = account_on(platform)
    path = link_to(account)
    back = editor.answers(editor.begins(path), **me(account))
    sim.control("POST", "faults", {"fault": fault, "platform": platform, "method": "access_token", "times": 1})
    assert "did not answer as it should" in editor.opens(back, 502)
    assert f"{account.address} is connected" in editor.connects(path, **me(account))


def test_an_app_that_the_platform_does_not_know_is_the_administrators_matter(
    sim: Running, editor: Editor, settings: Any
) -> None:
    settings.APP_SECRETS = settings.APP_SECRETS | {"X_CONSUMER_SECRET": "another"}
    response = editor.presses(link_to(account_on("x")))
    assert response.status_code == 502
    assert "not set up properly" in response.content.decode()
