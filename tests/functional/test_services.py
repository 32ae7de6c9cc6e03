"""Accounts on other services: given by an administrator, never shown, published once, and left to a person where that fails."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crisis import clock
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.retract import retract
from crisis.journal.models import Entry
from crisis.registry.invitations import disconnect, invite
from crisis.registry.models import Account, Credential, Holder
from crisis.registry.operations import RegistryError, add_account
from crisis.staff.models import Officer
from demo import furnish
from simulator.testing import Running
from tasks import rounds
from tasks.broadcast import read_back
from tests.functional.factories import NOW, deliver_all, issued, one

KEY = "key-9f8e7d6c5b4a"
SERVICE = f"json://127.0.0.1:8001/apprise/notify/drills?+X-Access-Key={KEY}"


@pytest.fixture
def service(sim: Running) -> Account:
    """The shadow, on the simulator, of a service of the embassy in Tokyo."""
    holder = Holder.objects.get(post__code="be-tokyo-emb")
    live = add_account(holder=holder, platform="apprise", address="tokyo-line", now=NOW)
    furnish.shadows(NOW)
    return Account.objects.get(shadow_of=live)


def test_an_alert_is_published_once(service: Account, sim: Running) -> None:
    alert = issued()
    deliver_all()
    row = one(alert, "apprise")
    assert (row.state, row.remote_id, row.url) == (DeliveryState.POSTED, f"apprise:{alert.marker}", "")
    parts = Delivery.objects.filter(alert=alert, account=service, state=DeliveryState.POSTED).count()
    assert sim.control("GET", f"counts?marker={alert.marker}")[f"apprise:{service.address}"] == parts > 0


def test_an_unknown_outcome_waits_for_a_person(service: Account, sim: Running) -> None:
    sim.control("POST", "faults", {"platform": "apprise", "fault": "cut_after", "times": 1})
    alert = issued()
    deliver_all()
    row = one(alert, "apprise")
    assert row.state == DeliveryState.UNCONFIRMED
    Delivery.objects.filter(pk=row.pk).update(not_before=clock.now())
    read_back(row.pk)
    row.refresh_from_db()
    assert (row.state, row.not_before) == (DeliveryState.UNCONFIRMED, None), "nobody can read it back: a person looks"


def test_a_retraction_is_a_further_publication(service: Account, sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()
    row = one(cancel, "apprise")
    assert (row.kind, row.state) == ("reply", DeliveryState.POSTED)


def test_no_canary_asks_what_nobody_answers() -> None:
    assert not {"apprise", "manual"} & set(rounds._verified())


def given(account: Account, text: str, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    out = io.StringIO()
    call_command("connect_service", str(account.pk), *arguments, stdout=out)
    return out.getvalue()


def test_an_administrator_gives_the_address_and_nobody_sees_it(
    service: Account, monkeypatch: pytest.MonkeyPatch, signed_in: Any, tmp_path: Path
) -> None:
    Credential.objects.filter(account=service).delete()
    shown = given(service, f"{SERVICE}\n", monkeypatch=monkeypatch)
    assert Credential.objects.get(account=service).secrets == {"service_url": SERVICE}
    page = signed_in("approver").get(f"/console/accounts/{service.pk}/connection/").content.decode()
    assert f"manage.py connect_service {service.pk}" in page
    assert "Make a link" not in page
    told = str(list(Entry.objects.filter(subject=f"account:{service.pk}").values_list("data", flat=True)))
    assert "service_url" in told
    for text in (shown, page, told, repr(Credential.objects.get(account=service))):
        assert KEY not in text
    file = tmp_path / "address"
    file.write_text("ntfys://ntfy.example.org/topic-of-ours\n")
    given(service, "", "--file", str(file), monkeypatch=monkeypatch)
    assert Credential.objects.get(account=service).secrets == {"service_url": "ntfys://ntfy.example.org/topic-of-ours"}


@pytest.mark.parametrize("text", ["", "no address", f"json://a b/{KEY}", f"{SERVICE}\n{SERVICE}"])
def test_what_is_no_address_is_refused_unseen(service: Account, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    before = Credential.objects.get(account=service).secrets
    with pytest.raises(CommandError) as raised:
        given(service, text, monkeypatch=monkeypatch)
    assert KEY not in str(raised.value)
    assert Credential.objects.get(account=service).secrets == before


def test_what_an_editor_allows_is_not_given_by_a_command(sim: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.objects.filter(platform="facebook", mode="exercise")[0]
    with pytest.raises(CommandError, match="connected by its editor"):
        given(account, SERVICE, monkeypatch=monkeypatch)
    with pytest.raises(CommandError, match="There is no account"):
        call_command("connect_service", "999999999")


def test_a_demo_gives_nothing_to_a_live_account(service: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.shadow_of is not None
    with pytest.raises(CommandError, match="This is a demo"):
        given(service.shadow_of, SERVICE, monkeypatch=monkeypatch)


def test_nobody_is_invited_and_disconnecting_says_what_is_left(
    service: Account, approver: Officer, signed_in: Any
) -> None:
    with pytest.raises(RegistryError, match="connect_service"):
        invite(account=service, by=approver, now=clock.now())
    said = signed_in("approver").post(f"/connect/end/{service.pk}/", follow=True).content.decode()
    assert "What was given to us still works" in said
    assert not Credential.objects.filter(account=service).exists()
    with pytest.raises(RegistryError, match="not connected"):
        disconnect(account=service, by=approver, now=clock.now())
