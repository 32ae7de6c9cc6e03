"""Each platform's consent against the simulator, broken on purpose: whatever comes, it is an error of ours, in bounded time."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from platforms import catalog
from platforms.access import Connects, Revokes
from platforms.contract import Endpoint, Target
from platforms.errors import AdapterMisconfigured, ConsentDeclined, ConsentMismatch, PlatformConfig, PlatformError
from simulator.testing import Running
from tests.contract.conftest import endpoint_of
from tests.contract.rows import ROWS

BACK = "http://127.0.0.1:8000/connect/callback/"
APPS = {slug: row.app or row.kept for slug, row in ROWS.items()}
SCREENS = [slug for slug, app in APPS.items() if app]
SIGNED = ("x", "flickr")  # by OAuth 1.0a, which asks the platform for a token before the editor sees anything


@pytest.fixture(autouse=True)
def _apps(world: Running) -> Iterator[None]:
    # The public one comes first, then the secret.
    items = [
        dict(zip(("key", "secret"), APPS[slug].values(), strict=False), platform=slug, callbacks=[BACK])
        for slug in SCREENS
    ]
    world.control("PUT", "apps", items)
    yield
    world.control("DELETE", "faults")


def screen(world: Running, slug: str) -> Any:
    return catalog.consent(slug, endpoint_of(world, slug))


ASKED = [slug for slug in catalog.slugs() if catalog.consent_class(slug)]


@pytest.mark.parametrize("slug", ASKED)
def test_every_platform_can_be_connected_and_disconnected(world: Running, slug: str) -> None:
    spec = catalog.spec(slug)
    assert spec is not None
    made = screen(world, slug)
    assert isinstance(made, Connects) != spec.claimed, "a consent screen, or a code in the channel"
    # What has no call for it is ended by the editor, on the platform.
    assert isinstance(made, Revokes | Connects)


def outside(slug: str) -> Any:
    return catalog.consent(slug, Endpoint("https://api.example.org", "https://example.org", loopback_only=True))


@pytest.mark.parametrize("slug", SCREENS)
def test_a_demo_asks_nobody_outside(slug: str) -> None:
    with pytest.raises(AdapterMisconfigured):
        asked(outside(slug), slug)


@pytest.mark.parametrize("slug", [slug for slug in ASKED if issubclass(catalog.consent_class(slug) or object, Revokes)])
def test_a_demo_ends_nothing_outside(slug: str) -> None:
    with pytest.raises(AdapterMisconfigured):
        outside(slug).revoke(Target("a", secrets={"user_id": "1"}))


def asked(made: Any, slug: str) -> Any:
    """Ask the platform for the first thing that a consent needs of it."""
    if slug in SIGNED:
        return made.consent(callback=BACK, app=APPS[slug])
    kept = {"state": "s", "callback": BACK} | ROWS[slug].kept
    return made.exchange(query={"state": "s", "code": "c"}, kept=kept, app=ROWS[slug].app)


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
        asked(screen(world, slug), slug)
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
    for slug in ("facebook", "instagram", "threads"):
        with pytest.raises(PlatformConfig):
            screen(world, slug).exchange(
                query={"state": "s", "code": "c"}, kept=kept, app=APPS[slug] | {"app_secret": "wrong"}
            )


@pytest.mark.parametrize("query", [{}, {"state": ""}, {"state": "other"}, {"state": "ünï"}, {"code": "c"}, {"denied": ""},
                                   {"oauth_token": "other"}, {"denied": "other"}, {"oauth_verifier": "v"}])  # fmt: skip
def test_an_answer_to_another_question_is_never_exchanged(world: Running, query: dict[str, str]) -> None:
    states = [(slug, {"state": "s", "callback": BACK}) for slug in ("facebook", "instagram", "threads")]
    for slug, kept in (("x", {"token": "t", "secret": "s"}), *states, ("x", {})):
        with pytest.raises(ConsentMismatch):
            screen(world, slug).exchange(query=query, kept=kept, app=APPS[slug])


def test_a_no_is_a_no(world: Running) -> None:
    with pytest.raises(ConsentDeclined):
        screen(world, "x").exchange(query={"denied": "t"}, kept={"token": "t", "secret": "s"}, app=APPS["x"])
    said = {"error": "access_denied", "state": "s"}
    for slug in ("facebook", "instagram", "threads"):
        with pytest.raises(ConsentDeclined):
            screen(world, slug).exchange(query=said, kept={"state": "s", "callback": BACK}, app=APPS[slug])


def test_what_is_asked_and_given_shows_no_secret(world: Running) -> None:
    consent = asked(screen(world, "x"), "x")
    assert consent.kept["secret"] not in repr(consent)
    assert consent.kept["secret"] not in consent.url
