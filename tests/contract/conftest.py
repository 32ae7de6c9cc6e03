"""Each adapter through its real SDK against the simulator, which breaks on request."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from config.platforms import simulated_urls, simulated_web
from platforms import catalog
from platforms.contract import (
    Amends,
    Audience,
    Counts,
    Endpoint,
    Finds,
    Media,
    Outgoing,
    Receipt,
    Target,
    Verifies,
    Withdraws,
)
from platforms.loop import EventLoop
from simulator.accounts import PLATFORMS
from simulator.testing import Running, running
from tests.contract.rows import EVERY, PRIVATE, ROWS
from tests.contract.rows.telegram import BOT_TOKEN, OPERATIONS
from tests.pictures import drawn, serving

MARKER = "TSTC0D/1"
PUBLISHERS = [spec.slug for spec in catalog.specs() if not spec.by_hand]
LOOP = EventLoop("contract")  # of those who write to single people
READ_S = 5.0  # on a busy machine whoever is well may take seconds
IMPATIENT_S = 1.0
SLOW = ("slow_before", "slow_after", "drip")  # the faults that are waited for


def endpoint_of(world: Running, slug: str) -> Endpoint:
    """Where a platform is on the simulator: where the demo's settings say it is."""
    url, web = simulated_urls(world.url)[slug], simulated_web(world.url)[slug]
    return Endpoint(url, web, loopback_only=True, connect_s=READ_S / 2, read_s=READ_S)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait briefly for every platform."""
    monkeypatch.setattr(sys.modules[__name__], "READ_S", IMPATIENT_S)


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest) -> None:
    """Wait briefly where somebody is made slow."""
    if hasattr(request.node, "callspec") and request.node.callspec.params.get("fault") in SLOW:
        request.getfixturevalue("impatient")


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
    adapter: Any
    out: Outgoing = field(
        default_factory=lambda: Outgoing(
            text=f"EXERCISE\nEarthquake: Tokyo, Japan\n\nStay outside & away.\n\nAlert {MARKER}: https://alerts.example.org/a/TSTC0D\nEXERCISE",
            marker=MARKER,
            link="https://alerts.example.org/a/TSTC0D",
            language="en",
            subject="EXERCISE: Earthquake: Tokyo, Japan",
            key="TSTC0D-1-1",
            first_at=datetime.now(UTC),  # noqa: TID251 - the platform's clock is the machine's
        )
    )
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))  # noqa: TID251 - the platform's clock is the machine's

    opened: list[Any] = field(default_factory=list)

    def fault(self, name: str, *, times: int | None = 1, method: str | None = "create", **params: Any) -> None:
        fault = {"platform": self.slug, "fault": name, "times": times, "method": method, "params": params}
        self.world.control("POST", "faults", fault)

    def standing(self) -> int:
        """How many publications with our marker were accepted."""
        counts: list[int] = list(self.world.control("GET", f"counts?marker={MARKER}").values())
        return sum(counts) + len(self.world.control("GET", f"letters?marker={MARKER}"))

    def publish(self) -> Receipt:
        return self.send(self.adapter, self.target)

    def send(self, adapter: Any, target: Target) -> Receipt:
        """Create something: a publication, or where there is no timeline a notice."""
        private = self.slug in PRIVATE
        receipt: Receipt = LOOP.run(adapter.notify(self.out, target)) if private else adapter.publish(self.out, target)
        return receipt

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

    def count(self) -> Audience:
        assert isinstance(self.adapter, Counts)
        return self.adapter.count(self.target)

    def followers(self, number: int) -> None:
        """Give the account so many."""
        account = {"platform": self.slug, "address": self.target.address, "followers": number}
        self.world.control("PUT", "accounts", [account])

    def elsewhere(self, base_url: str) -> Any:
        """The same adapter, pointed somewhere else."""
        for usual, own in zip(("http", "https"), EVERY[self.slug].schemes, strict=True):
            base_url = f"{own}{base_url.removeprefix(usual)}" if base_url.startswith(f"{usual}:") else base_url
        where = Endpoint(base_url, "https://web.example", loopback_only=True, connect_s=READ_S / 2, read_s=READ_S)
        self.opened.append(make(self.slug, where))
        return self.opened[-1]


def picture(url: str = "") -> Media:
    """A picture that stands for the alert's card; `url` is where a platform fetches it that takes no upload."""
    return Media(drawn(320, 320), "Consular alert TSTC0D/1: earthquake, Tokyo, Japan. Stay outside.", url)


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    """Where platforms fetch pictures of ours."""
    there = {"/m/card.jpg": drawn(320, 320), "/m/text.jpg": b"no picture"}
    with serving(there.get) as address:
        yield f"{address}/m"


def make(slug: str, where: Endpoint) -> Any:
    return catalog.messenger(slug, where) if slug in PRIVATE else catalog.adapter(slug, where)


def end(adapter: Any) -> None:
    if hasattr(adapter, "close"):
        adapter.close()
    else:
        LOOP.run(adapter.hang_up())


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
    world.control("PUT", "ways", [{"way": slug, "secrets": row.secrets} for slug, row in PRIVATE.items()])
    return {each["platform"]: each["platform_id"] for each in world.control("PUT", "accounts", accounts)}


@pytest.fixture
def stage_of(world: Running, gallery: str) -> Iterator[Any]:
    ids = furnish(world)
    opened: list[Any] = []

    def stage(slug: str) -> Stage:
        row = EVERY[slug]
        target = Target(row.address, ids.get(slug, ""), row.secrets, row.operations_chat)
        opened.append(make(slug, endpoint_of(world, slug)))
        made = Stage(slug, world, target, opened[-1], opened=opened)
        if opened[-1].spec.picture != "never":
            made.out = replace(made.out, media=picture(f"{gallery}/card.jpg"))
        return made

    yield stage
    for adapter in opened:
        end(adapter)


@pytest.fixture(params=PUBLISHERS)
def stage(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    made: Stage = stage_of(request.param)
    return made


@pytest.fixture(params=[*PUBLISHERS, *PRIVATE])
def anyone(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    """Each of them, those who write to single people only too."""
    made: Stage = stage_of(request.param)
    return made
