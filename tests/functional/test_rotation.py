"""Rotating the keys: afterwards the old one can go, and what nobody can read is named, never shown, and left."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from crisis.audience import addresses
from crisis.encryption import UnreadableSecret, open_sealed
from crisis.journal.models import Entry
from crisis.registry import rotation
from crisis.registry.models import Credential
from tests.functional.factories import citizen, reachable, shadow


def run() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out, stderr=out)
    return out.getvalue()


def stored() -> dict[int, str]:
    with connection.cursor() as cursor:
        # A Telegram channel needs nothing of its own, so nothing of it is encrypted.
        cursor.execute("SELECT account_id, secrets FROM registry_credential WHERE secrets <> ''")
        return dict(cursor.fetchall())


def store(account_id: int, sealed: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_credential SET secrets = %s WHERE account_id = %s", [sealed, account_id])


@pytest.fixture
def rotated(settings: Any) -> list[str]:
    """A new key in front of the one under which everything stands."""
    settings.TOCSIN_KEYS = [Fernet.generate_key().decode(), *settings.TOCSIN_KEYS]
    keys: list[str] = settings.TOCSIN_KEYS
    return keys


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_the_old_key_can_be_dropped_afterwards(
    settings: Any, rotated: list[str], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", batch)
    before, count = {row.account_id: dict(row.secrets) for row in Credential.objects.all()}, len(stored())
    said = run()

    settings.TOCSIN_KEYS = rotated[:1]
    after = {row.account_id: dict(row.secrets) for row in Credential.objects.all()}
    assert after == before
    assert f"{count} encrypted anew" in said
    assert "may be dropped" in said
    told = Entry.objects.filter(action="registry.rotate_keys")
    assert sum(entry.data["rotated"] for entry in told) == count > 100


def test_without_it_the_old_key_cannot_be_dropped(settings: Any, rotated: list[str]) -> None:
    settings.TOCSIN_KEYS = rotated[:1]
    with pytest.raises(UnreadableSecret):
        list(Credential.objects.all())


def test_running_twice_changes_nothing(rotated: list[str]) -> None:
    run()
    before, told = stored(), Entry.objects.count()
    said = run()

    assert stored() == before
    assert Entry.objects.count() == told
    assert f" 0 encrypted anew, {len(before)} stood under the first key already" in said


def test_what_nobody_can_read_is_named_and_left(settings: Any, rotated: list[str]) -> None:
    lost, broken = shadow("x", "belgiumembjapan"), shadow("facebook", "belgianembassytokyo")
    foreign = Fernet(Fernet.generate_key()).encrypt(b'{"access_token": "nobody"}').decode()
    store(lost.pk, foreign)
    store(broken.pk, "no ciphertext at all")
    out = StringIO()
    with pytest.raises(CommandError, match="connect these accounts anew"):
        call_command("rotate_keys", stdout=out, stderr=out)

    assert stored()[lost.pk] == foreign
    assert stored()[broken.pk] == "no ciphertext at all"
    assert {line for line in out.getvalue().splitlines() if line.startswith("Could not")} == {
        f"Could not be read: x {lost.address}",
        f"Could not be read: facebook {broken.address}",
    }
    assert foreign not in out.getvalue()
    settings.TOCSIN_KEYS = rotated[:1]
    others = Credential.objects.exclude(account__in=[lost, broken])
    assert all(row.secrets is not None for row in others), "the others are read with the new key alone"
    told = Entry.objects.filter(action="registry.rotate_keys").values_list("data", flat=True)
    assert sum(len(data["unreadable"]) for data in told) == 2
    assert sum(data["rotated"] for data in told) == len(stored()) - 2


def test_every_encrypted_column_is_known() -> None:
    known = {(model.__name__, column) for model, column in rotation.columns()}
    assert {
        ("Credential", "secrets"),
        ("Contact", "sealed"),
        ("EmergencyContact", "sealed"),
        ("Letter", "author"),
        ("Report", "sealed"),
    } <= known


def test_a_private_address_is_found_before_while_and_after_the_keys_change(settings: Any) -> None:
    contact = reachable(citizen(), "email", "emma@example.org")
    old = list(settings.TOCSIN_KEYS)
    settings.TOCSIN_KEYS = [Fernet.generate_key().decode(), *old]
    assert addresses.found("email", "emma@example.org") == contact
    run()

    settings.TOCSIN_KEYS = settings.TOCSIN_KEYS[:1]
    assert addresses.found("email", "emma@example.org") == contact
    contact.refresh_from_db()
    assert open_sealed(contact.sealed) == "emma@example.org"
