"""An account whose address names its own server: the registry, its shadow in a demo, its editor's consent, an alert."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.broadcast import ledger
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.registry import cells
from crisis.registry.models import Account, Credential, Holder
from crisis.registry.operations import RegistryError, add_account
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from demo import furnish
from simulator.testing import Running
from tasks.broadcast import _outgoing, deliver, read_back
from tests.functional.connecting import Editor, end, link_to
from tests.functional.factories import NOW, deliver_all, issued, one


@pytest.fixture
def account(sim: Running) -> Account:
    """The shadow of an account of the whole ministry, as the demo furnishes it."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    address = cells.handle("mastodon", "Ministry@Social.Example")
    shadow: Account = add_account(holder=holder, platform="mastodon", address=address, now=NOW).shadow
    furnish.shadows(NOW)
    shadow.refresh_from_db()
    return shadow


@pytest.mark.parametrize("address", ["@Ministry@Social.Example", "Ministry@social.example", "@Ministry@SOCIAL.example"])
def test_an_address_is_kept_with_its_server(address: str) -> None:
    assert cells.handle("mastodon", address) == "@Ministry@social.example"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("@ministry", "names no server"),
        ("ministry@localhost", "names no server"),
        ("ministry@10.0.0.1", "names no server"),
        ("https://social.example/ministry", "names no server"),
        ("@@social.example", "is no handle"),
        ("@a@b@social.example", "names no server"),
        ("@" + "a" * 150 + "@social.example", "is no handle"),
    ],
)
def test_what_is_no_such_address_is_refused_with_how_it_is_written(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        cells.handle("mastodon", address)
    assert "@user@server.example" in str(raised.value)
    assert cells.handle("x", "@ministry") == "ministry", "elsewhere a name is enough"


def test_a_shadow_is_on_the_same_server(account: Account) -> None:
    assert account.address == "@Ministry_shadow@social.example"
    assert account.paused_at is None


def test_an_alert_is_published_read_back_and_taken_for_what_it_is(account: Account, sim: Running) -> None:
    fault = {"platform": "mastodon", "fault": "cut_after", "times": 1, "method": "create", "params": {}}
    sim.control("POST", "faults", fault)
    alert = issued()
    deliver_all()
    delivery = one(alert, "mastodon")
    assert delivery.state == DeliveryState.UNCONFIRMED
    Delivery.objects.filter(pk=delivery.pk).update(not_before=clock.now())
    read_back(delivery.pk)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.POSTED
    assert delivery.url.endswith(f"/mastodon/@ministry_shadow@social.example/{delivery.remote_id}")
    assert sim.control("GET", f"counts?marker={alert.marker}")["mastodon:Ministry_shadow@social.example"] == 1


def test_a_key_is_the_same_at_every_try_and_no_other_deliverys(account: Account, at: Any) -> None:
    alert = issued()
    rows = list(Delivery.objects.filter(alert=alert))
    first = {}
    for row in rows:
        held = ledger.claim(delivery_id=row.pk, now=clock.now())
        if held is not None:
            first[row.pk] = _outgoing(held.delivery)
    assert first
    assert len({out.key for out in first.values()}) == len(first)
    assert all(out.key.isascii() and out.key.startswith(alert.marker) for out in first.values())

    begun = clock.now()
    at(begun + timedelta(minutes=5))
    Delivery.objects.filter(pk__in=first).update(state=DeliveryState.QUEUED, not_before=begun)
    for pk, out in first.items():
        held = ledger.claim(delivery_id=pk, now=clock.now())
        assert held is not None
        again = _outgoing(held.delivery)
        assert (again.key, again.first_at) == (out.key, out.first_at)
        assert out.first_at is not None
        assert out.first_at <= begun


def test_a_delivery_tried_twice_in_an_hour_stands_once(account: Account, sim: Running) -> None:
    alert = issued()
    deliver_all()
    delivery, stood = one(alert, "mastodon"), sim.control("GET", f"counts?marker={alert.marker}")
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.QUEUED, not_before=clock.now())
    deliver(delivery.pk)
    again = one(alert, "mastodon")
    assert (again.attempt, again.state, again.remote_id) == (2, DeliveryState.POSTED, delivery.remote_id)
    assert sim.control("GET", f"counts?marker={alert.marker}") == stood


def test_its_editor_connects_it_on_its_own_server_and_it_is_ended_there(account: Account, client: Client) -> None:
    headquarters = client
    headquarters.force_login(Officer.objects.get(username="approver"))
    for again in (False, True):
        editor = Editor()
        if not again:
            assert "platform was told" in end(account, headquarters)
        path = link_to(account)
        screen = editor.begins(path)
        assert "/mastodon/oauth/authorize?" in screen
        editor.opens(editor.answers(screen, account="ministry_shadow@social.example"))
        credential = Credential.objects.get(account=account)
        assert set(credential.secrets) == {"access_token", "client_id", "client_secret"}
        assert not any(
            credential.secrets[name] in page for name in ("access_token", "client_secret") for page in editor.seen
        )


def test_a_test_account_is_named_with_its_server(account: Account) -> None:
    Credential.objects.filter(account=account).delete()
    Account.objects.filter(pk=account.pk).update(address="", address_key="", platform_id="")
    account.refresh_from_db()
    with pytest.raises(RegistryError, match="names no server"):
        link_to(account, address="@test_1")
    assert link_to(account, address="Test_1@Social.Example")
    assert account.invitations.latest("pk").address == "@test_1@social.example"
