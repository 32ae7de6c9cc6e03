"""Headquarters: whom to invite, what ending it means, when to warn; and that nothing secret stands anywhere."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client

from config.logging import LineFormatter, redact
from crisis import clock
from crisis.encryption import Secrets
from crisis.health.queries import canaries
from crisis.journal.models import Entry
from crisis.registry.invitations import digest, invite
from crisis.registry.models import Account, Credential, Installation, Invitation, Mode
from crisis.registry.operations import RegistryError, pause
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from demo import furnish
from platforms.contract import Verifies
from simulator.testing import Running
from tasks import wiring
from tests.functional.connecting import Editor, account_on, end, entries, link_to, me, other_than
from tests.functional.factories import NOW, shadow

pytestmark = pytest.mark.usefixtures("one_connection")

SCREENS = ["x", "facebook"]


# --- headquarters ----------------------------------------------------------------------------------------------------------


def test_inviting_needs_a_right_and_sense(officer: Officer, approver: Officer, settings: Any) -> None:
    account = account_on("x")
    with pytest.raises(NotAllowed):
        invite(account=account, by=officer, now=NOW)
    assert account.shadow_of is not None
    with pytest.raises(RegistryError, match="demo"):
        invite(account=account.shadow_of, by=approver, now=NOW)
    youtube = Account.objects.filter(platform="youtube", mode=Mode.EXERCISE)[0]
    with pytest.raises(RegistryError, match="nothing to connect"):
        invite(account=youtube, by=approver, now=NOW)
    settings.APP_SECRETS = settings.APP_SECRETS | {"X_CONSUMER_SECRET": ""}
    with pytest.raises(RegistryError, match="X_CONSUMER_SECRET"):
        invite(account=account, by=approver, now=NOW)


def test_a_shadow_gets_a_test_account_and_never_a_real_one(sim: Running, editor: Editor, approver: Officer) -> None:
    account = shadow("x", "belgiumembjapan")
    Credential.objects.filter(account=account).delete()
    Account.objects.filter(pk=account.pk).update(address="", address_key="", platform_id="")
    account.refresh_from_db()
    with pytest.raises(RegistryError, match="which test account"):
        invite(account=account, by=approver, now=NOW)
    with pytest.raises(RegistryError, match="never share"):
        invite(account=account, by=approver, now=NOW, address="@BelgiumEmbJapan")
    with pytest.raises(RegistryError, match="another shadow"):
        invite(account=account, by=approver, now=NOW, address=other_than(account).address)
    sim.control("PUT", "accounts", [{"platform": "x", "address": "be_test_1", "name": "Test"}])
    assert "@" not in editor.connects(link_to(account, address="@BE_test_1"), account="be_test_1").split("<h1>")[1][:30]
    account.refresh_from_db()
    assert account.address == "be_test_1"
    assert account.platform_id


def test_a_shadow_never_takes_a_live_accounts_number(sim: Running, editor: Editor) -> None:
    account = account_on("facebook")
    assert account.shadow_of is not None
    live = Account.objects.filter(pk=account.shadow_of.pk)
    live.update(address_key=f"embassy-in-oslo-{account.platform_id}")
    assert "other purpose" in editor.connects(link_to(account), 409, **me(account))
    live.update(address_key="embassy", platform_id=account.platform_id)
    assert "other purpose" in editor.connects(link_to(account), 409, **me(account))


def test_in_a_live_installation_a_live_account_is_connected(sim: Running, editor: Editor, headquarters: Client) -> None:
    Installation.objects.update(kind="live")
    account = Account.objects.get(platform="x", address="belgiumembjapan", mode=Mode.LIVE)
    sim.control("PUT", "accounts", [{"platform": "x", "address": "BelgiumEmbJapan", "name": "Embassy"}])
    editor.connects(link_to(account), account="BelgiumEmbJapan")
    assert wiring.target(Account.objects.get(pk=account.pk)).secrets["access_token"]
    headquarters.post(f"/console/accounts/{account.pk}/release/")
    assert Account.objects.get(pk=account.pk).paused_at is None


def test_a_paused_account_stays_paused(sim: Running, editor: Editor) -> None:
    account = account_on("x")
    pause(account=account, why="a reason", actor="test", now=NOW)
    editor.connects(link_to(account), **me(account))
    account.refresh_from_db()
    assert (account.paused_at is not None, account.paused_why) == (True, "a reason")


@pytest.mark.parametrize("platform", ["x", "facebook", "telegram"])
def test_disconnecting_ends_it_here_and_there(
    sim: Running, editor: Editor, headquarters: Client, platform: str
) -> None:
    account = account_on(platform)
    target = wiring.target(Account.objects.get(pk=account.pk))
    path = link_to(account)
    assert "the platform was told" in end(account, headquarters)
    account.refresh_from_db()
    assert account.paused_why == "disconnected"
    assert not Credential.objects.filter(account=account).exists()
    assert [entry.data["outcome"] for entry in entries(account, "revoke")] == ["revoked"]
    assert len(entries(account, "disconnect")) == 1
    editor.opens(path, 404)
    held = sim.world.accounts.named(platform, account.address)
    assert held is not None
    assert held.secrets == {}
    assert not set(target.secrets.values()) & {"", None}
    assert "is not connected" in end(account, headquarters)
    assert not canaries().filter(account=account, failures__gt=0).exists()


def test_a_demo_that_is_furnished_again_keeps_what_was_connected_and_what_was_not(
    sim: Running, editor: Editor, headquarters: Client
) -> None:
    kept = [account_on(platform) for platform in SCREENS]
    for account in kept:
        end(account, headquarters)
        editor.connects(link_to(account), **me(account))
    gone = other_than(kept[0])
    end(gone, headquarters)
    furnish.shadows(NOW)
    for account in Account.objects.filter(pk__in=[account.pk for account in kept]):
        adapter = wiring.adapter(account.platform)
        assert isinstance(adapter, Verifies)
        assert adapter.verify(wiring.target(account)).platform_id == account.platform_id
    assert not Credential.objects.filter(account=gone).exists()


def test_ending_one_page_of_the_demo_ends_no_other(sim: Running, headquarters: Client) -> None:
    first = account_on("facebook")
    second = other_than(first)
    Credential.objects.filter(account=second).update(secrets=Secrets({"page_token": "of an older demo"}))
    furnish.shadows(NOW)
    assert "the platform was told" in end(first, headquarters)
    held = sim.world.accounts.named("facebook", second.address)
    assert held is not None
    assert held.secrets["page_token"] == "of an older demo"
    assert "the platform was told" in end(second, headquarters)


def test_one_persons_other_pages_stay_connected(sim: Running, editor: Editor, headquarters: Client) -> None:
    first = account_on("facebook")
    second = other_than(first)
    for account in (first, second):
        editor.connects(link_to(account), pages=f"{first.address},{second.address}")
    assert "The platform was not told" in end(first, headquarters)
    held = sim.world.accounts.named("facebook", second.address)
    assert held is not None
    assert held.secrets["page_token"] == second.credential.secrets["page_token"]
    assert "the platform was told" in end(second, headquarters)


@pytest.mark.parametrize(
    ("platform", "fault", "code"),
    [
        ("x", "error_html", "platform_down"),
        ("x", "unauthorized", "bad_credentials"),
        ("telegram", "cut_before", "unexpected_response"),
    ],
)
def test_a_platform_that_does_not_end_it_keeps_us_from_nothing(
    sim: Running, headquarters: Client, platform: str, fault: str, code: str
) -> None:
    account = account_on(platform)
    sim.control("POST", "faults", {"fault": fault, "platform": platform, "times": 1})
    page = end(account, headquarters)
    assert "did not confirm that it ended it too: look in the account’s own settings" in page
    assert code not in page, "staff read sentences; the journal keeps the code"
    assert not Credential.objects.filter(account=account).exists()
    assert [entry.data["outcome"] for entry in entries(account, "revoke")] == [code]


def test_only_who_may_disconnects(client: Client) -> None:
    account = account_on("x")
    assert client.post(f"/connect/end/{account.pk}/")["Location"].startswith("/console/login/")
    client.force_login(Officer.objects.get(username="officer"))
    assert client.post(f"/connect/end/{account.pk}/").status_code == 403
    assert client.get(f"/connect/end/{account.pk}/").status_code == 405
    assert Credential.objects.filter(account=account).exists()


@pytest.mark.parametrize(("days", "look", "words"), [(20, "", "20 days"), (13, "soon", "13 days"), (6, "week", "6 days"),
                                                     (0, "day", "within a day"), (-1, "day", "has ended")])  # fmt: skip
def test_the_accounts_page_warns_before_an_access_ends(headquarters: Client, days: int, look: str, words: str) -> None:
    account = account_on("x")
    Credential.objects.filter(account=account).update(expires_at=clock.now() + timedelta(days=days, hours=1))
    page = headquarters.get("/console/accounts/", {"q": account.address}).content.decode()
    assert f'class="ends {look}"' in page
    assert words in page
    assert words in headquarters.get(f"/console/accounts/{account.pk}/connection/").content.decode()
    assert (words in headquarters.get("/console/").content.decode()) == (look != ""), "the first page says it too"


# --- nothing is given away -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", SCREENS)
def test_no_secret_stands_anywhere(
    sim: Running, editor: Editor, headquarters: Client, caplog: pytest.LogCaptureFixture, platform: str
) -> None:
    account = account_on(platform)
    end(account, headquarters)
    with caplog.at_level(logging.DEBUG):
        path = link_to(account)
        editor.connects(path, **me(account))
        editor.opens(path, 404)
        end_secrets = dict(Credential.objects.get(account=account).secrets)
        end(account, headquarters)
    secrets = [value for name, value in end_secrets.items() if name != "user_id"]
    secrets += [settings.APP_SECRETS[name] for name in ("X_CONSUMER_SECRET", "FACEBOOK_APP_SECRET")]
    logged = "\n".join(LineFormatter().format(record) for record in caplog.records)
    token = path.split("/")[2]
    journalled = json.dumps(list(Entry.objects.values("actor", "subject", "data")), default=str)
    for secret in secrets:
        assert secret not in "\n".join(editor.seen)
        assert secret not in logged
        assert secret not in journalled
    assert token not in logged
    assert token not in journalled
    assert not Invitation.objects.filter(digest=token).exists()
    assert Invitation.objects.filter(digest=digest(token)).exists()
    assert sim.control("GET", "requests")["tokens_in_urls"] == 0
    assert "Secrets" in repr(Secrets(end_secrets))


def test_what_a_proxy_would_log_is_hidden() -> None:
    token = "a" * 43
    line = f"GET /connect/{token}/ /connect/callback/facebook/?code=AQ123&state=abc"
    line += " /connect/callback/x/?oauth_token=t1&oauth_verifier=v1"
    hidden = redact(line)
    for secret in (token, "AQ123", "abc", "t1&", "v1"):
        assert secret not in hidden
    assert "code=canary_rings" in redact("a canary rings code=canary_rings")


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_pages_speak_the_editors_language(sim: Running, language: str) -> None:
    editor = Editor()
    path = link_to(account_on("telegram"))
    titles = {"nl": "verbinden", "fr": "Connecter", "de": "verbinden", "en": "Connect"}
    response = editor.client.get(path, headers={"Accept-Language": language})
    assert titles[language] in response.content.decode()
    assert f'<html lang="{language}">' in editor.opens(f"{path}?l={language}")
    assert f'<html lang="{language}">' in editor.opens(path), "it is kept"
    assert "<script" not in response.content.decode()
    assert response["Cache-Control"].startswith("max-age=0")
    assert "noindex" in response["X-Robots-Tag"]


def test_looking_at_a_link_changes_nothing(sim: Running) -> None:
    path = link_to(account_on("telegram"))
    before = Invitation.objects.values().get()
    for _ in range(3):
        Editor().opens(path)
        Client().head(path)
    assert Invitation.objects.values().get() == before


def test_a_wrong_way_back_is_refused_by_the_platform(sim: Running, editor: Editor) -> None:
    screen = editor.begins(link_to(account_on("facebook")))
    elsewhere = screen.replace("connect%2Fcallback", "elsewhere")
    assert requests.get(elsewhere, timeout=5).status_code == 400
