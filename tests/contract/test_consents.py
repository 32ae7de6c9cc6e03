"""Each platform's consent against the simulator, broken on purpose: whatever comes, it is an error of ours, in bounded time."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from platforms import catalog
from platforms.contract import Connects, Endpoint, Revokes, Target
from platforms.errors import AdapterMisconfigured, ConsentDeclined, ConsentMismatch, PlatformConfig, PlatformError
from simulator.testing import Running
from tests.contract.conftest import endpoint_of

BACK = "http://127.0.0.1:8000/connect/callback/"
APPS = {
    "x": {"consumer_key": "key", "consumer_secret": "the-secret-of-x"},
    "facebook": {"app_id": "4711", "app_secret": "the-secret-of-facebook"},
    "telegram": {"bot_token": "987654321:contract-tests-secret-token-AbCdEf"},
}
SCREENS = ["x", "facebook"]


@pytest.fixture(autouse=True)
def _apps(world: Running) -> Iterator[None]:
    items = [
        {"platform": "x", "key": "key", "secret": "the-secret-of-x", "callbacks": [BACK]},
        {"platform": "facebook", "key": "4711", "secret": "the-secret-of-facebook", "callbacks": [BACK]},
    ]
    world.control("PUT", "apps", items)
    yield
    world.control("DELETE", "faults")


def screen(world: Running, slug: str) -> Any:
    return catalog.consent(slug, endpoint_of(world, slug))


@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_platform_can_be_connected_and_disconnected(world: Running, slug: str) -> None:
    spec = catalog.spec(slug)
    assert spec is not None
    made = screen(world, slug)
    assert isinstance(made, Connects) != spec.claimed, "a consent screen, or a code in the channel"
    assert isinstance(made, Revokes)


@pytest.mark.parametrize("slug", catalog.slugs())
def test_a_demo_asks_nobody_outside(slug: str) -> None:
    where = Endpoint("https://api.example.org", "https://example.org", loopback_only=True)
    with pytest.raises(AdapterMisconfigured):
        catalog.consent(slug, where).revoke(Target("a", secrets={"user_id": "1"}))  # type: ignore[union-attr] # all can


def asked(world: Running, slug: str) -> Any:
    """Ask the platform for the first thing that a consent needs of it."""
    made = screen(world, slug)
    if slug == "x":
        return made.consent(callback=BACK, app=APPS[slug])
    return made.exchange(query={"state": "s", "code": "c"}, kept={"state": "s", "callback": BACK}, app=APPS[slug])


@pytest.mark.parametrize("slug", SCREENS)
@pytest.mark.parametrize(
    ("fault", "params"),
    [("cut_before", {}), ("cut_within", {}), ("error_html", {}), ("error_json", {}), ("empty_json", {}), ("garbage_2xx", {}),
     ("array_2xx", {}), ("redirect", {"to": "http://127.0.0.1:9/"}), ("answer_bytes", {"size": 2_000_000}),
     ("slow_before", {"seconds": 5}), ("drip", {"seconds": 0.1}), ("rate_limit", {}), ("unauthorized", {})],
)  # fmt: skip
def test_whatever_comes_is_an_error_of_ours(world: Running, slug: str, fault: str, params: dict[str, Any]) -> None:
    world.control("POST", "faults", {"platform": slug, "fault": fault, "times": 1, "params": params})
    begun = time.monotonic()
    with pytest.raises(PlatformError) as raised:
        asked(world, slug)
    assert time.monotonic() - begun < 4
    for secret in APPS[slug].values():
        assert len(secret) < 8 or secret not in f"{raised.value!r} {raised.value} {raised.value.detail}"


def test_a_wrong_secret_of_our_app_is_the_administrators_matter(world: Running) -> None:
    made = screen(world, "x")
    with pytest.raises(PlatformConfig):
        made.consent(callback=BACK, app={"consumer_key": "key", "consumer_secret": "wrong"})
    with pytest.raises(PlatformConfig):
        made.consent(callback="http://127.0.0.1:9/elsewhere/", app=APPS["x"])
    kept = {"state": "s", "callback": BACK}
    with pytest.raises(PlatformConfig):
        screen(world, "facebook").exchange(
            query={"state": "s", "code": "c"}, kept=kept, app={"app_id": "4711", "app_secret": "wrong"}
        )


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "other"}, {"state": "ünï"}, {"code": "c"}, {"denied": ""},
                                   {"oauth_token": "other"}, {"denied": "other"}, {"oauth_verifier": "v"}])  # fmt: skip
def test_an_answer_to_another_question_is_never_exchanged(world: Running, query: dict[str, str]) -> None:
    for slug, kept in (("x", {"token": "t", "secret": "s"}), ("facebook", {"state": "s", "callback": BACK}), ("x", {})):
        with pytest.raises(ConsentMismatch):
            screen(world, slug).exchange(query=query, kept=kept, app=APPS[slug])


def test_a_no_is_a_no(world: Running) -> None:
    with pytest.raises(ConsentDeclined):
        screen(world, "x").exchange(query={"denied": "t"}, kept={"token": "t", "secret": "s"}, app=APPS["x"])
    said = {"error": "access_denied", "state": "s"}
    with pytest.raises(ConsentDeclined):
        screen(world, "facebook").exchange(query=said, kept={"state": "s", "callback": BACK}, app=APPS["facebook"])


def test_what_is_asked_and_given_shows_no_secret(world: Running) -> None:
    consent = asked(world, "x")
    assert consent.kept["secret"] not in repr(consent)
    assert consent.kept["secret"] not in consent.url
