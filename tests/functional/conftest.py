"""The whole domain on a real database, with the 120 posts, a real Redis-compatible server, and the simulator."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from config import platforms
from crisis import clock
from crisis.registry.endpoints import endpoint
from crisis.registry.models import Account
from crisis.staff.models import Officer
from platforms import catalog
from platforms.telegram import TelegramAdapter
from public import asking, pages
from simulator.testing import Running, running
from tasks import links, notices, throttle, wiring
from tests.functional.connecting import Editor
from tests.functional.factories import NOW
from tests.functional.kites import served, shadow_on_it
from tests.functional.pages import Visitor
from tests.functional.phones import Person
from tests.kite import Kite, show_pictures
from tests.servers import valkey


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with valkey(tmp_path_factory.mktemp("valkey")) as url:
        settings.REDIS_URL = url
        throttle._client.cache_clear()
        throttle._script.cache_clear()
        yield url
        throttle._client().close()
        throttle._client.cache_clear()
        throttle._script.cache_clear()


@pytest.fixture(scope="session")
def simulated() -> Iterator[Running]:
    with running() as simulator:
        settings.SIMULATOR_URL = simulator.url
        settings.PLATFORM_URLS = platforms.simulated_urls(simulator.url)
        settings.PLATFORM_WEB = platforms.simulated_web(simulator.url)
        yield simulator
        telegram = wiring.adapter("telegram")
        assert isinstance(telegram, TelegramAdapter)
        notices._loop().run(telegram.hang_up())
        for spec in catalog.private():
            notices._loop().run(wiring._messenger(spec.slug, endpoint(spec.slug)).hang_up())
        notices._loop().stop()
        for slug in settings.PLATFORM_URLS:
            if slug in catalog.slugs():
                wiring.adapter(slug).close()
        wiring._adapter.cache_clear()
        wiring._messenger.cache_clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, redis_url: str, simulated: Running) -> None:
    """Install the house once: every test then works in a transaction of its own on it."""
    from crisis.registry.queries import home_ministry
    from demo import furnish

    with django_db_blocker.unblock():
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("install", verbosity=0)
        call_command("import_posts", settings.DATA_DIR / "posts.csv", ministry="BE", verbosity=0)
        furnish.users(NOW)
        furnish.channel(home_ministry(), NOW)
        furnish.bot()
        furnish.shadows(NOW)


@pytest.fixture(scope="session")
def furnished(django_db_setup: None, django_db_blocker: Any) -> list[tuple[str, object]]:
    """What the simulator is told of our shadows and our bot: before each test the same, so that it is found out once."""
    from demo import furnish, simulator

    told: list[tuple[str, object]] = []

    def put(kind: str, items: list[dict[str, Any]]) -> Any:
        told.append((kind, items))
        return simulator.call("PUT", kind, items)

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulator, "put", put)
        furnish.bot()
        furnish.apps()
        furnish.ways()
        furnish.shadows(NOW)
    return told


@pytest.fixture(autouse=True)
def _db(db: None) -> None:
    """Every functional test may use the database; what an earlier one left in memory is of numbers that come again."""
    cache.clear()
    pages.shelf.clear()
    asking.PACE.clear()
    throttle._told.clear()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock that the doors read."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_clock


@pytest.fixture
def sim(simulated: Running, furnished: list[tuple[str, object]], redis_url: str) -> Running:
    """The simulator, emptied and furnished with our shadows and our bot; buckets full again."""
    import redis

    simulated.control("POST", "reset")
    simulated.control("DELETE", "faults")
    for kind, items in furnished:
        simulated.control("PUT", kind, items)
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return simulated


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch, settings: Any, sim: Running) -> Iterator[Kite]:
    """A platform on which nothing is shown without a picture, and which takes it beforehand."""
    show_pictures(monkeypatch)
    with served(settings, sim) as server:
        server.answers["/media"] = (201, {}, b'{"id": "m1"}')
        yield server


@pytest.fixture
def gallery_account(gallery: Kite) -> Account:
    """A shadow on it, of an account of the whole ministry, connected and released."""
    return shadow_on_it()


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    """Signs somebody in to the console, in a browser of their own."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(Officer.objects.get(username=username))
        return client

    return sign_in


@pytest.fixture
def officer() -> Officer:
    return Officer.objects.get(username="officer")


@pytest.fixture
def approver() -> Officer:
    return Officer.objects.get(username="approver")


@pytest.fixture
def clerk() -> Officer:
    return Officer.objects.get(username="clerk")


@pytest.fixture
def person(sim: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Person]:
    """Makes citizens with phones, who speak a language."""
    # A test's transaction lives in one connection, which nothing may close.
    monkeypatch.setattr("bot.handlers.saying.close_old_connections", lambda: None)
    # An answer in many messages is told a second apart: `test_throttle` shows it, and nobody else waits for it.
    monkeypatch.setattr(throttle, "ANSWER_BURST_MS", 60_000)
    numbers = iter(range(8_300_000_000, 8_300_000_100))
    return lambda language="en": Person(sim, next(numbers), language)


@pytest.fixture
def editor() -> Editor:
    return Editor()


@pytest.fixture
def headquarters() -> Client:
    client = Client()
    client.force_login(Officer.objects.get(username="approver"))
    return client


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    # A test's transaction lives in one connection, which nothing may close.
    monkeypatch.setattr("bot.handlers.saying.close_old_connections", lambda: None)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The bells, kept instead of handed to a broker."""
    bells: list[tuple[Any, ...]] = []

    def ring(name: str, arguments: list[tuple[Any, ...]], *, queue: str) -> int:
        assert (name, queue) == ("tasks.links.send", "slow")
        bells.extend(arguments)
        return len(arguments)

    monkeypatch.setattr("tasks.bells._send", ring)
    return bells


@pytest.fixture
def asks(django_capture_on_commit_callbacks: Any, rung: list[tuple[Any, ...]]) -> Callable[..., Any]:
    """Sends a form of a page, and does what the worker would do then."""

    def ask(path: str = "/subscribe?l=en", **typed: str) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            response = Visitor().send(path, **typed)
        while rung:
            links.send(*rung.pop(0))
        return response

    return ask
