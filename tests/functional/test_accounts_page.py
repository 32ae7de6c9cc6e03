"""The list of accounts: found by whatever people know of one, shown whatever is wrong with one."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from crisis.staff.models import Officer


@pytest.fixture
def approver_client() -> Client:
    client = Client()
    client.force_login(Officer.objects.get(username="approver"))
    return client


@pytest.mark.parametrize(("q", "number"), [("belgiumembjapan", "2"), ("tokyo", "4"), ("nobody has this", "0")])
def test_an_account_is_found(approver_client: Client, q: str, number: str) -> None:
    page = approver_client.get("/console/accounts/", {"q": q}).content.decode()
    assert f'<h1>Accounts <span class="hint">{number}</span>' in page


def test_a_long_list_has_pages(approver_client: Client) -> None:
    first = approver_client.get("/console/accounts/", {"mode": "live"}).content.decode()
    assert "page 1 of 3" in first
    assert "page 3 of 3" in approver_client.get("/console/accounts/", {"mode": "live", "page": "3"}).content.decode()


def test_a_credential_that_no_key_opens_hides_nothing(approver_client: Client, settings: Any) -> None:
    settings.TOCSIN_KEYS = [Fernet.generate_key().decode()]
    assert approver_client.get("/console/accounts/").status_code == 200


def test_a_demo_offers_no_live_alert(approver_client: Client) -> None:
    client = Client()
    client.force_login(Officer.objects.get(username="officer"))
    assert client.get("/console/live/new/").status_code == 404
    assert client.get("/console/exercise/new/").status_code == 200
