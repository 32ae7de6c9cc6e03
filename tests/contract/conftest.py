"""Each adapter through its real SDK against the simulator, which breaks on request."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from config.platforms import simulated_urls, simulated_web
from platforms import catalog
from platforms.contract import Adapter, Amends, Endpoint, Finds, Outgoing, Receipt, Target, Verifies, Withdraws
from simulator.accounts import PLATFORMS
from simulator.testing import Running, running

MARKER = "TSTC0D/1"
READ_S = 0.6
BOT_TOKEN = "987654321:contract-tests-secret-token-AbCdEf"
OPERATIONS = "6900000002"  # a private chat of ours with the bot


@dataclass(frozen=True)
class Row:
    """The account of one platform on which all this happens: its address, what an adapter needs, and of that its own."""

    address: str
    secrets: dict[str, str]
    operations_chat: str = ""


ROWS = {
    "telegram": Row("@contract_channel", {"bot_token": BOT_TOKEN}, OPERATIONS),
    "x": Row(
        "contract_x",
        {
            "consumer_key": "consumer-key-of-ours",
            "consumer_secret": "consumer-secret-9f8e7d6c5b4a",
            "access_token": "access-token-1a2b3c4d5e6f",
            "access_token_secret": "access-token-secret-6f5e4d3c2b1a",
        },
    ),
    "facebook": Row(
        "contract.page", {"page_token": "EAAB-page-token-0a1b2c3d4e5f", "app_secret": "app-secret-5f4e3d2c1b0a"}
    ),
}


def endpoint_of(world: Running, slug: str) -> Endpoint:
    """Where a platform is on the simulator: where the demo's settings say it is."""
    url, web = simulated_urls(world.url)[slug], simulated_web(world.url)[slug]
    return Endpoint(url, web, loopback_only=True, connect_s=0.5, read_s=READ_S)


@pytest.fixture(scope="session")
def world() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@dataclass
class Stage:
    """One platform, its adapter, an account on it, and the simulator that plays it."""

    slug: str
    world: Running
    target: Target
    adapter: Adapter
    out: Outgoing = field(
        default_factory=lambda: Outgoing(
            text=f"EXERCISE\nEarthquake: Tokyo, Japan\nStay outside & away.\nAlert {MARKER}: https://alerts.example.org/a/TSTC0D\nEXERCISE",
            marker=MARKER,
            link="https://alerts.example.org/a/TSTC0D",
        )
    )
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))  # noqa: TID251 - the platform's clock is the machine's

    opened: list[Adapter] = field(default_factory=list)

    def fault(self, name: str, *, times: int | None = 1, method: str | None = "create", **params: Any) -> None:
        fault = {"platform": self.slug, "fault": name, "times": times, "method": method, "params": params}
        self.world.control("POST", "faults", fault)

    def standing(self) -> int:
        """How many publications with our marker were accepted."""
        return sum(self.world.control("GET", f"counts?marker={MARKER}").values())

    def publish(self) -> Receipt:
        return self.adapter.publish(self.out, self.target)

    def amend(self, remote_id: str, out: Outgoing) -> Receipt:
        assert isinstance(self.adapter, Amends)
        return self.adapter.amend(remote_id, out, self.target)

    def withdraw(self, remote_id: str) -> None:
        assert isinstance(self.adapter, Withdraws)
        self.adapter.withdraw(remote_id, self.target)

    def publications(self) -> list[dict[str, Any]]:
        """What was published on all accounts, oldest first, what was deleted since too."""
        found: list[dict[str, Any]] = self.world.control("GET", "publications")
        return found

    def find(self) -> Receipt | None:
        assert isinstance(self.adapter, Finds)
        return self.adapter.find(self.out, self.target, self.begun)

    def verify(self) -> str:
        assert isinstance(self.adapter, Verifies)
        return self.adapter.verify(self.target).platform_id

    def elsewhere(self, base_url: str) -> Adapter:
        """The same adapter, pointed somewhere else."""
        where = Endpoint(base_url, "https://web.example", loopback_only=True, connect_s=0.5, read_s=READ_S)
        self.opened.append(catalog.adapter(self.slug, where))
        return self.opened[-1]


def furnish(world: Running) -> dict[str, str]:
    """Put one account of each platform, and our bot, into an empty world; return the accounts' ids."""
    world.control("POST", "reset")
    world.control("DELETE", "faults")
    world.control("PUT", "bots", [{"token": BOT_TOKEN, "username": "contract_bot"}])
    world.control("PUT", "people", [{"chat_id": int(OPERATIONS), "first_name": "Operations", "started": True}])
    # Where nothing belongs to the account alone, the platform has nothing to compare.
    accounts = [
        {"platform": slug, "address": row.address, "secrets": row.secrets if PLATFORMS[slug].secrets else {}}
        for slug, row in ROWS.items()
    ]
    return {each["platform"]: each["platform_id"] for each in world.control("PUT", "accounts", accounts)}


@pytest.fixture
def stage_of(world: Running) -> Iterator[Any]:
    ids = furnish(world)
    opened: list[Adapter] = []

    def make(slug: str) -> Stage:
        row = ROWS[slug]
        target = Target(row.address, ids[slug], row.secrets, row.operations_chat)
        opened.append(catalog.adapter(slug, endpoint_of(world, slug)))
        return Stage(slug, world, target, opened[-1], opened=opened)

    yield make
    for adapter in opened:
        adapter.close()


@pytest.fixture(params=list(ROWS))
def stage(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made
