"""An account on Weibo, with a Chinese name: its shadow in a demo, an alert and its card, its editor's consent and its end."""

from datetime import timedelta

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
from tasks.broadcast import read_back
from tests.functional.connecting import Editor, end, link_to
from tests.functional.factories import NOW, deliver_all, issued, one


@pytest.fixture
def account(sim: Running) -> Account:
    """The shadow of an account of the whole ministry, as the demo furnishes it."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    address = cells.handle("weibo", "@外交部领事")
    shadow: Account = add_account(holder=holder, platform="weibo", address=address, now=NOW).shadow
    furnish.shadows(NOW)
    furnish.apps()
    shadow.refresh_from_db()
    return shadow


def test_an_alert_is_published_with_its_link_and_card_read_back_and_stands_once(account: Account, sim: Running) -> None:
    fault = {"platform": "weibo", "fault": "cut_after", "times": 1, "method": "create", "params": {}}
    sim.control("POST", "faults", fault)
    alert = issued()
    deliver_all()
    delivery = one(alert, "weibo")
    assert delivery.state == DeliveryState.UNCONFIRMED
    Delivery.objects.filter(pk=delivery.pk).update(not_before=clock.now())
    read_back(delivery.pk)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.POSTED
    assert delivery.url.endswith(f"/weibo/detail/{delivery.remote_id}")
    standing = [
        each for each in sim.control("GET", "publications?platform=weibo") if each["remote_id"] == delivery.remote_id
    ]
    assert len(standing) == 1
    assert f"/a/{alert.marker.partition('/')[0]}" in standing[0]["text"]
    assert standing[0]["pictures"]


def test_its_editor_connects_it_and_what_ends_is_known(account: Account, client: Client) -> None:
    client.force_login(Officer.objects.get(username="approver"))
    editor = Editor()
    editor.opens(editor.answers(editor.begins(link_to(account)), account=account.address))
    credential = Credential.objects.get(account=account)
    assert set(credential.secrets) == {"access_token"}, "what is our app's is not stored with an account"
    assert credential.expires_at is not None
    assert credential.expires_at > clock.now() + timedelta(days=1)
    assert not any(credential.secrets["access_token"] in page for page in editor.seen)
    assert "platform was told" in end(account, client)
