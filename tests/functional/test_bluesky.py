"""An account that is a domain name: its shadow in a demo, an alert, its editor's consent, its access made longer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from crisis import clock
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.registry import cells
from crisis.registry.models import Account, Credential, Holder
from crisis.registry.operations import add_account
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from demo import furnish
from simulator.testing import Running
from tasks import renewals as rounds
from tasks.broadcast import deliver, read_back
from tests.functional.connecting import Editor, end, link_to
from tests.functional.factories import NOW, deliver_all, issued, one

At = Callable[[datetime], None]


@pytest.fixture
def account(sim: Running) -> Account:
    """The shadow of an account of the whole ministry, as the demo furnishes it."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    address = cells.handle("bluesky", "@Ministry.example.org")
    shadow: Account = add_account(holder=holder, platform="bluesky", address=address, now=NOW).shadow
    furnish.shadows(NOW)
    furnish.apps()
    shadow.refresh_from_db()
    return shadow


@pytest.mark.parametrize(
    "address", ["ministry", "ministry@server.example", "10.0.0.1", "a.local", "https://a.example", "a..b"]
)
def test_a_name_that_is_no_domain_is_refused_with_how_it_is_written(address: str) -> None:
    with pytest.raises(ValueError, match=r"is no domain: write it as name\.server\.example"):
        cells.handle("bluesky", address)
    assert cells.handle("bluesky", "@Consulate.Example.org") == "consulate.example.org"


def test_an_alert_is_published_read_back_and_stands_once(account: Account, sim: Running) -> None:
    fault = {"platform": "bluesky", "fault": "cut_after", "times": 1, "method": "create", "params": {}}
    sim.control("POST", "faults", fault)
    alert = issued()
    deliver_all()
    delivery = one(alert, "bluesky")
    assert delivery.state == DeliveryState.UNCONFIRMED
    Delivery.objects.filter(pk=delivery.pk).update(not_before=clock.now())
    read_back(delivery.pk)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.POSTED
    assert delivery.url.endswith(f"/bluesky/profile/{account.address}/post/{delivery.remote_id}")
    stood = sim.control("GET", f"counts?marker={alert.marker}")
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.QUEUED, not_before=clock.now())
    deliver(delivery.pk)
    assert one(alert, "bluesky").remote_id == delivery.remote_id
    assert sim.control("GET", f"counts?marker={alert.marker}") == stood


def test_its_editor_connects_it_it_is_renewed_and_ended(account: Account, client: Client, at: At) -> None:
    client.force_login(Officer.objects.get(username="approver"))
    editor = Editor()
    screen = editor.begins(link_to(account))
    assert "request_uri=" in screen
    editor.opens(editor.answers(screen, account=account.address))
    before = Credential.objects.get(account=account)
    assert set(before.secrets) == {"access_token", "refresh_token", "dpop_key", "pds", "issuer"}
    assert before.expires_at is not None
    assert not any(before.secrets[name] in page for name in ("access_token", "dpop_key") for page in editor.seen)

    at(before.expires_at - timedelta(minutes=20))
    rounds.renew()
    after = Credential.objects.get(account=account)
    assert after.secrets["access_token"] != before.secrets["access_token"]
    assert after.secrets["dpop_key"] == before.secrets["dpop_key"]
    client.force_login(Officer.objects.get(username="approver"))  # days later, in another shift
    assert "platform was told" in end(account, client)


def test_servers_read_who_we_are(account: Account, client: Client) -> None:
    answer = client.get("/connect/client-metadata/bluesky.json")
    assert answer.status_code == 200
    assert answer.json()["redirect_uris"][0].endswith("/connect/callback/bluesky/")
    assert answer["Content-Type"] == "application/json"
    for slug in ("mastodon", "nothing"):
        assert client.get(f"/connect/client-metadata/{slug}.json").status_code == 404


def test_nobody_reads_of_an_app_that_is_not_set_up(client: Client, settings: object) -> None:
    settings.APP_SECRETS = {**settings.APP_SECRETS, "BLUESKY_CLIENT_KEY": ""}  # type: ignore[attr-defined]
    assert client.get("/connect/client-metadata/bluesky.json").status_code == 404
