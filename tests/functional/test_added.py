"""An alert on a platform that was added by the page: nothing of the engine was touched for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from crisis.broadcast.models import DeliveryState
from crisis.broadcast.preflight import look
from crisis.clock import now
from crisis.registry.models import Account
from simulator.testing import Running
from tests.functional.factories import deliver_all, drafted, issued, one
from tests.functional.kites import served, shadow_on_it
from tests.kite import Kite, add


@pytest.fixture
def kite(monkeypatch: pytest.MonkeyPatch, settings: Any, sim: Running) -> Iterator[Kite]:
    """The platform, in the catalogue, and the settings as they are made from it."""
    add(monkeypatch)
    with served(settings, sim) as server:
        yield server


@pytest.fixture
def account(kite: Kite) -> Account:
    """A shadow on it, of an account of the whole ministry, connected and released."""
    return shadow_on_it()


def test_an_alert_is_published_on_it(kite: Kite, account: Account) -> None:
    alert = issued()
    deliver_all()

    delivery = one(alert, "kite")
    assert (delivery.account, delivery.state, delivery.remote_id) == (account, DeliveryState.POSTED, "k1")
    ((path, headers, body),) = kite.asked
    assert (path, headers["X-App"], headers["Authorization"]) == (
        "/posts",
        "app-key-of-ours",
        "Bearer token-1a2b3c4d5e6f",
    )
    assert alert.marker.encode() in body.replace(b"\\/", b"/")


@pytest.mark.parametrize(
    ("status", "state", "asked"),
    [(500, DeliveryState.UNCONFIRMED, 1), (422, DeliveryState.FAILED, 1), (401, DeliveryState.HELD, 1)],
)
def test_the_class_of_an_outcome_decides(
    kite: Kite, account: Account, status: int, state: DeliveryState, asked: int
) -> None:
    kite.answer = (status, {}, b"{}")
    alert = issued()
    deliver_all()

    assert one(alert, "kite").state == state
    assert len(kite.asked) == asked
    account.refresh_from_db()
    assert (account.paused_at is not None) == (status == 401)


def test_preflight_measures_for_it(account: Account) -> None:
    found = look(drafted(), now())

    (plan,) = [each for each in found.publishing if each.account.platform == "kite"]
    assert plan.used == account
    assert plan.publications
    assert not [each for each in found.too_long if each[0] == "kite"]
