"""An alert on Instagram and Threads, the whole way: the card that Meta fetches at our address, the container, its publication."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from crisis import clock
from crisis.broadcast.models import DeliveryState
from crisis.registry.models import Account, Holder
from crisis.registry.operations import add_account
from crisis.registry.queries import home_ministry
from demo import furnish
from simulator.testing import Running
from tasks.broadcast import deliver, read_back
from tests.functional.factories import NOW, issued, one
from tests.pictures import drawn, serving

At = Callable[[datetime], None]


@pytest.fixture
def door(settings: Any) -> Iterator[list[str]]:
    """Our address as Meta sees it: what was fetched there. Another thread cannot see this test's database."""
    fetched: list[str] = []

    def answer(path: str) -> bytes:
        fetched.append(path)
        return drawn(1080, 1350)

    with serving(answer) as settings.PUBLIC_URL:
        yield fetched


@pytest.fixture(params=["instagram", "threads"])
def account(request: pytest.FixtureRequest, sim: Running, door: list[str]) -> Account:
    """A shadow of an account of the whole ministry, furnished as the demo does it."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    shadow: Account = add_account(holder=holder, platform=request.param, address="the_ministry", now=NOW).shadow
    furnish.shadows(NOW)
    return shadow


def publications(sim: Running, account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", "publications")
    return [each for each in found if each["platform"] == account.platform]


def test_the_card_is_fetched_and_published_once(sim: Running, account: Account, door: list[str]) -> None:
    alert = issued()
    for _ in range(2):
        deliver(one(alert, account.platform).pk)

    row = one(alert, account.platform)
    assert (row.state, row.detail) == (DeliveryState.POSTED, "")
    (standing,) = publications(sim, account)
    assert (standing["remote_id"], len(standing["pictures"])) == (row.remote_id, 1)
    assert alert.marker in standing["text"]
    assert row.url.startswith(f"{sim.url}/{account.platform}/")
    (path,) = door
    served = Client().get(path)
    assert Image.open(BytesIO(served.content)).size == (1080, 1350), "what we serve there is the card"


def test_a_lost_answer_is_read_back_and_nothing_stands_twice(sim: Running, account: Account, at: At) -> None:
    alert = issued()
    fault = {"platform": account.platform, "fault": "cut_after", "times": 1, "method": "create"}
    sim.control("POST", "faults", fault)
    deliver(one(alert, account.platform).pk)
    row = one(alert, account.platform)
    assert row.state == DeliveryState.UNCONFIRMED
    assert row.staged

    at(clock.now() + timedelta(seconds=20))
    read_back(row.pk)

    row = one(alert, account.platform)
    (standing,) = publications(sim, account)
    assert (row.state, row.remote_id) == (DeliveryState.POSTED, standing["remote_id"])


def test_what_meta_could_not_fetch_is_fetched_again(sim: Running, account: Account, at: At) -> None:
    alert = issued()
    body = {
        "error": {"message": "The media could not be fetched from this URI.", "code": 9004, "error_subcode": 2207052}
    }
    fault = {"platform": account.platform, "fault": "error_json", "times": 1, "method": "container"}
    sim.control("POST", "faults", fault | {"params": {"status": 400, "body": body}})
    deliver(one(alert, account.platform).pk)
    row = one(alert, account.platform)
    assert (row.state, row.reason, row.staged) == (DeliveryState.QUEUED, "platform_down", "")

    at(clock.now() + timedelta(minutes=2))
    deliver(row.pk)
    assert one(alert, account.platform).state == DeliveryState.POSTED
    assert len(publications(sim, account)) == 1
