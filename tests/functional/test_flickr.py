"""An account on Flickr: its shadow in a demo, an alert and its card, what becomes of it, its editor's consent and its end."""

from datetime import timedelta

import pytest
import requests
from django.test import Client

from crisis import clock
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.retract import retract
from crisis.registry import cells
from crisis.registry.models import Account, Credential, Holder, Mode
from crisis.registry.operations import add_account
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from demo import furnish
from simulator.testing import Running
from tasks.broadcast import read_back
from tests.functional.connecting import Editor, end, link_to
from tests.functional.corrected import deliver_until_still, updated
from tests.functional.factories import NOW, deliver_all, issued, one


@pytest.fixture
def account(sim: Running) -> Account:
    """The shadow of an account of the whole ministry, as the demo furnishes it."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    address = cells.handle("flickr", "diplomatie_belgium")
    shadow: Account = add_account(holder=holder, platform="flickr", address=address, now=NOW).shadow
    furnish.shadows(NOW)
    furnish.apps()
    shadow.refresh_from_db()
    return shadow


def standing(sim: Running, delivery: Delivery) -> list[dict[str, object]]:
    found = sim.control("GET", f"publications?platform=flickr&account={delivery.account.address}")
    return [each for each in found if each["remote_id"] == delivery.remote_id]


def shown(sim: Running, publication: dict[str, object]) -> bytes:
    """Return the picture of a publication."""
    pictures = publication["pictures"]
    assert isinstance(pictures, list)
    return requests.get(f"{sim.url}/_pictures/{pictures[0]}", timeout=5).content


def test_the_demo_gives_it_a_number_as_flickr_has_them(account: Account) -> None:
    assert account.platform_id.endswith("@N02")
    assert account.address.endswith("shadow")
    assert account.paused_at is None


def test_a_demo_has_an_account_there_like_everywhere_else(sim: Running) -> None:
    furnish.everywhere(home_ministry(), NOW)
    furnish.shadows(NOW)
    shadow = Account.objects.get(platform="flickr", mode=Mode.EXERCISE)
    assert shadow.shadow_of is not None
    assert shadow.shadow_of.address == "tocsin_demo"
    assert shadow.credential.secrets


def test_an_alert_is_published_with_its_card_read_back_and_stands_once(account: Account, sim: Running) -> None:
    sim.control(
        "POST", "faults", {"platform": "flickr", "fault": "cut_after", "times": 1, "method": "create", "params": {}}
    )
    alert = issued()
    deliver_all()
    delivery = one(alert, "flickr")
    assert delivery.state == DeliveryState.UNCONFIRMED
    Delivery.objects.filter(pk=delivery.pk).update(not_before=clock.now())
    read_back(delivery.pk)

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.POSTED
    assert delivery.url.endswith(f"/photos/{account.address}/{delivery.remote_id}")
    (found,) = standing(sim, delivery)
    assert f"/a/{alert.marker.partition('/')[0]}" in str(found["text"])
    assert len(sim.control("GET", f"publications?platform=flickr&marker={alert.marker}")) == 1
    page = requests.get(delivery.url, timeout=5)
    assert page.ok
    assert shown(sim, found).startswith(b"\xff\xd8")


def test_what_never_arrived_is_sent_again_after_it_was_missed_twice(account: Account, sim: Running) -> None:
    sim.control(
        "POST", "faults", {"platform": "flickr", "fault": "cut_before", "times": 1, "method": "create", "params": {}}
    )
    alert = issued()
    deliver_all()
    delivery = one(alert, "flickr")
    for state in (DeliveryState.UNCONFIRMED, DeliveryState.UNCONFIRMED, DeliveryState.QUEUED):
        assert one(alert, "flickr").state == state
        Delivery.objects.filter(pk=delivery.pk).update(not_before=clock.now())
        if state == DeliveryState.UNCONFIRMED:
            read_back(delivery.pk)
            waits = one(alert, "flickr")
            if waits.absences and waits.not_before:
                late = waits.not_before - clock.now()
                assert late > timedelta(seconds=100), "an upload may be worked on for a while"
    deliver_all()
    assert one(alert, "flickr").state == DeliveryState.POSTED
    assert len(sim.control("GET", f"publications?platform=flickr&marker={alert.marker}")) == 1


def test_what_changes_has_new_words_and_a_new_card_under_the_same_address(account: Account, sim: Running) -> None:
    alert = issued()
    deliver_all()
    before = one(alert, "flickr")
    (first,) = standing(sim, before)
    card = shown(sim, first)

    update = updated(alert, slug="shelter")
    deliver_until_still()
    after = one(update, "flickr")
    assert (after.kind, after.state, after.remote_id) == ("amend", DeliveryState.POSTED, before.remote_id)
    (changed,) = standing(sim, after)
    assert update.marker in str(changed["text"])
    assert changed["original_text"] == first["text"]
    assert shown(sim, changed) != card


def test_what_is_taken_back_says_so_on_its_card_too(account: Account, sim: Running) -> None:
    alert = issued()
    deliver_all()
    (first,) = standing(sim, one(alert, "flickr"))
    card = shown(sim, first)
    cancel = retract(alert=alert, by=Officer.objects.get(username="officer"), now=clock.now()).alert
    deliver_until_still()
    after = one(cancel, "flickr")
    assert after.state == DeliveryState.POSTED
    (changed,) = standing(sim, after)
    assert changed["text"] != first["text"]
    assert shown(sim, changed) != card


def test_its_editor_connects_it_and_publishes_and_only_the_editor_ends_it(
    account: Account, sim: Running, client: Client
) -> None:
    client.force_login(Officer.objects.get(username="approver"))
    editor = Editor()
    assert account.address in editor.opens(editor.answers(editor.begins(link_to(account)), account=account.address))
    credential = Credential.objects.get(account=account)
    assert set(credential.secrets) == {"access_token", "access_token_secret"}, "what is our app's is not stored with it"
    assert credential.scopes == ["delete"]
    assert credential.expires_at is None
    assert not any(secret in page for page in editor.seen for secret in credential.secrets.values())

    client.post(f"/console/accounts/{account.pk}/release/")
    alert = issued()
    deliver_all()
    assert one(alert, "flickr").state == DeliveryState.POSTED

    assert "platform was told" not in end(account, client)
    assert not Credential.objects.filter(account=account).exists()


def test_another_account_is_not_taken_for_it(account: Account, sim: Running, client: Client) -> None:
    before = Credential.objects.get(account=account).secrets
    item = {"platform": "flickr", "address": "impostor", "name": account.address, "secrets": {}}
    sim.control("PUT", "accounts", [item])
    editor = Editor()
    page = editor.opens(editor.answers(editor.begins(link_to(account)), account="impostor"), 409)
    assert "signed in as impostor" in page
    assert Credential.objects.get(account=account).secrets == before
