"""The page about adding a platform: its example is run as it stands there, so that it cannot rot."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from config import platforms
from crisis.registry import endpoints
from crisis.wording.catalogue import layout
from platforms import catalog, errors
from platforms.contract import Adapter, Endpoint, Outgoing, Target
from platforms.errors import (
    AdapterMisconfigured,
    BadCredentials,
    ContentRejected,
    PlatformError,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unreachable,
)
from tests.conftest import ROOT
from tests.kite import PAGE, Kite, add, running

OUT = Outgoing(text="EXERCISE\nStay inside.\nAlert TSTC0D/1\nEXERCISE", marker="TSTC0D/1")
TARGET = Target("embassy", secrets={"app_key": "app-key-of-ours", "token": "token-1a2b3c4d5e6f"})


@pytest.fixture
def kite() -> Iterator[Kite]:
    with running() as server:
        yield server


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return add(monkeypatch)


@pytest.fixture
def adapter(example: ModuleType, kite: Kite) -> Iterator[Adapter]:
    where = Endpoint(
        f"http://127.0.0.1:{kite.server_port}", "https://kite.example", loopback_only=True, connect_s=0.5, read_s=0.5
    )
    made = catalog.adapter("kite", where)
    yield made
    made.close()


def test_the_example_publishes(adapter: Adapter, kite: Kite) -> None:
    receipt = adapter.publish(OUT, TARGET)

    assert (receipt.remote_id, receipt.url) == ("k1", "https://kite.example/embassy/k1")
    ((path, headers, body),) = kite.asked
    assert path == "/posts"
    assert headers["Authorization"] == "Bearer token-1a2b3c4d5e6f"
    assert b"TSTC0D/1" in body


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (200, {}, b"<html>", Unconfirmed),
        (200, {}, b"{}", Unconfirmed),
        (200, {}, b"[]", Unconfirmed),
        (201, {"Content-Length": "900"}, b'{"id": "k1"', Unconfirmed),
        (401, {}, b"{}", BadCredentials),
        (422, {}, b"{}", ContentRejected),
        (429, {"Retry-After": "7"}, b"{}", Throttled),
        (302, {"Location": "http://127.0.0.1:9/"}, b"", UnexpectedResponse),
        (418, {}, b"{}", UnexpectedResponse),
        (502, {}, b"<html>", Unconfirmed),
    ],
)
def test_the_example_gives_the_right_class(
    adapter: Adapter, kite: Kite, status: int, headers: dict[str, str], body: bytes, kind: type[PlatformError]
) -> None:
    kite.answer = (status, headers, body)
    with pytest.raises(PlatformError) as raised:
        adapter.publish(OUT, TARGET)

    assert type(raised.value) is kind
    assert "token-1a2b3c4d5e6f" not in f"{raised.value!r} {raised.value}"
    if isinstance(raised.value, Throttled):
        assert raised.value.retry_after == 7
    assert len(kite.asked) == 1, "an adapter tries once"


def test_the_example_says_what_never_left(example: ModuleType, kite: Kite, unused_port: int) -> None:
    def at(url: str) -> Any:
        return catalog.adapter("kite", Endpoint(url, "https://kite.example", loopback_only=True))

    nobody = at(f"http://127.0.0.1:{unused_port}")
    with pytest.raises(Unreachable):
        nobody.publish(OUT, TARGET)
    with pytest.raises(BadCredentials):
        at(f"http://127.0.0.1:{kite.server_port}").publish(OUT, Target("embassy"))
    assert kite.asked == []
    with pytest.raises(AdapterMisconfigured):
        at(example.KITE.base_url)


def test_the_line_in_the_catalogue_is_all_that_the_rest_of_the_house_needs(example: ModuleType, settings: Any) -> None:
    """Nothing else was touched: settings, the demo's addresses and our app's secrets know it."""
    assert platforms.urls()["kite"] == "https://api.kite.example"
    assert platforms.web()["kite"] == "https://kite.example"
    settings.PLATFORM_URLS = platforms.simulated_urls(settings.SIMULATOR_URL)
    settings.PLATFORM_WEB = platforms.simulated_web(settings.SIMULATOR_URL)
    settings.APP_SECRETS = platforms.app_secrets(lambda name: f"the {name}")

    assert endpoints.endpoint("kite").base_url == f"{settings.SIMULATOR_URL}/kite"
    assert endpoints.endpoint("kite").loopback_only
    assert endpoints.app_secrets("kite") == {"app_key": "the KITE_APP_KEY"}
    assert layout(example.KITE.layout)


def test_the_page_names_every_outcome_and_every_file() -> None:
    outcomes = [
        name
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, PlatformError) and found.__module__ == errors.__name__
    ]
    assert [name for name in outcomes if f"`{name}" not in PAGE] == ["PlatformError"]
    for path in re.findall(r"`((?:platforms|simulator|tests|templates)/[\w./]+)`", PAGE):
        if "NAME" not in path:
            assert (ROOT / path).exists(), path
    for name in re.findall(r"`(test_\w+\.py)`", PAGE):
        assert (ROOT / "tests" / "contract" / name).is_file(), name
