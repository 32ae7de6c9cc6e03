"""The whole way to an access on Bluesky: said beforehand, allowed, changed for tokens, renewed, ended; and broken everywhere."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from platforms import catalog
from platforms.access import Connects, Describes, Renews, Revokes
from platforms.contract import Target
from platforms.errors import (
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    PlatformConfig,
    PlatformError,
    Unconfirmed,
    UnexpectedResponse,
)
from simulator.bluesky.proofs import thumbprint_of_text
from tests.contract.conftest import Stage, endpoint_of
from tests.contract.rows import ROWS

BACK = "http://127.0.0.1:8000/connect/callback/bluesky/"
ROW = ROWS["bluesky"]


@pytest.fixture
def bluesky(stage_of: Any) -> Stage:
    made: Stage = stage_of("bluesky")
    return made


class Way:
    """From the question to the tokens, with somebody who answers the simulator's screen."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        made = catalog.consent("bluesky", endpoint_of(stage.world, "bluesky"))
        assert isinstance(made, Connects)
        self.screen = made
        item = {
            "platform": "bluesky",
            "key": ROW.app["client_id"],
            "secret": ROW.app["client_key"],
            "callbacks": [BACK],
        }
        stage.world.control("PUT", "apps", [item])

    def back(self, answer: str = "yes", account: str = ROW.address) -> tuple[dict[str, str], dict[str, str]]:
        asked = self.screen.consent(callback=BACK, app=ROW.app, account=ROW.address)
        query = dict(parse_qsl(urlsplit(asked.url).query))
        assert set(query) == {"client_id", "request_uri"}, "what is asked was said beforehand"
        shown = requests.get(asked.url, timeout=5).text
        form = {
            name: html.unescape(value)
            for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', shown)
        }
        url = asked.url.partition("?")[0]
        sent = requests.post(url, data=form | {"account": account, "answer": answer}, timeout=5, allow_redirects=False)
        return dict(parse_qsl(urlsplit(sent.headers["Location"]).query)), dict(asked.kept)

    def target(self) -> Target:
        query, kept = self.back()
        (granted,) = self.screen.exchange(query=query, kept=kept, app=ROW.app)
        assert (granted.identity.platform_id, granted.identity.address) == (self.stage.target.platform_id, ROW.address)
        return Target(ROW.address, granted.identity.platform_id, {**ROW.app, **granted.secrets})


def test_the_whole_way_to_an_access_that_publishes_is_renewed_and_ends(bluesky: Stage) -> None:
    way = Way(bluesky)
    target = way.target()
    assert set(target.secrets) == {*catalog_secrets(), *ROW.app}
    assert bluesky.adapter.publish(bluesky.out, target).remote_id
    with pytest.raises(BadCredentials):
        bluesky.publish()  # what was there before is worthless

    assert isinstance(way.screen, Renews)
    renewed = way.screen.renew(target)
    assert renewed.expires_at is not None
    assert renewed.secrets["refresh_token"] != target.secrets["refresh_token"]
    with pytest.raises(BadCredentials):
        way.screen.renew(target)  # a refresh token works once
    with pytest.raises(BadCredentials):
        bluesky.adapter.publish(bluesky.out, target)
    now = Target(target.address, target.platform_id, {**target.secrets, **renewed.secrets})
    bluesky.adapter.publish(bluesky.out, now)

    assert isinstance(way.screen, Revokes)
    way.screen.revoke(now)
    with pytest.raises(BadCredentials):
        bluesky.adapter.publish(bluesky.out, now)
    assert bluesky.standing() == 1


def catalog_secrets() -> tuple[str, ...]:
    found = catalog.spec("bluesky")
    assert found is not None
    return found.secrets


def test_a_code_is_of_use_once_to_whoever_asked_and_from_whoever_was_asked(bluesky: Stage) -> None:
    way = Way(bluesky)
    query, kept = way.back()
    for wrong in ({"state": "other"}, {"iss": "http://127.0.0.1:9/bluesky"}, {"iss": ""}, {"code": "other"}):
        with pytest.raises(ConsentMismatch):
            way.screen.exchange(query=query | wrong, kept=kept, app=ROW.app)
    for other in ({"verifier": "other"}, {"dpop_key": "other"}):
        with pytest.raises(ConsentMismatch):
            way.screen.exchange(query=query, kept=kept | other, app=ROW.app)
    assert way.screen.exchange(query=query, kept=kept, app=ROW.app)
    with pytest.raises(ConsentMismatch):
        way.screen.exchange(query=query, kept=kept, app=ROW.app)


@pytest.mark.parametrize("method", ["par", "token", "revoke", "resolveHandle", "plc", "oauth-protected-resource"])
@pytest.mark.parametrize(
    ("fault", "params"),
    [("cut_before", {}), ("cut_within", {}), ("error_html", {}), ("error_json", {}), ("garbage_2xx", {}), ("array_2xx", {}),
     ("redirect", {"to": "http://127.0.0.1:9/"}), ("answer_bytes", {"size": 2_000_000}), ("slow_before", {"seconds": 5}),
     ("drip", {"seconds": 3}), ("rate_limit", {}), ("unauthorized", {})],
)  # fmt: skip
def test_whatever_comes_on_the_way_is_an_error_of_ours(
    bluesky: Stage, method: str, fault: str, params: dict[str, Any]
) -> None:
    way = Way(bluesky)
    assert isinstance(way.screen, Revokes)
    if method in ("par", "resolveHandle"):
        bluesky.fault(fault, method=method, **params)
        with pytest.raises(PlatformError) as raised:
            way.screen.consent(callback=BACK, app=ROW.app, account=ROW.address)
    elif method == "revoke":
        held = way.target()
        bluesky.fault(fault, method=method, **params)
        with pytest.raises(PlatformError) as raised:
            way.screen.revoke(held)
    else:
        query, kept = way.back()
        bluesky.fault(fault, method=method, **params)
        with pytest.raises(PlatformError) as raised:
            way.screen.exchange(query=query, kept=kept, app=ROW.app)
        assert not any(kept[name] in f"{raised.value!r}{raised.value.detail}" for name in ("verifier", "dpop_key"))
    assert not isinstance(raised.value, Unconfirmed)


NAMED = {"alsoKnownAs": ["at://contract.example.org"]}


@pytest.mark.parametrize(
    ("method", "body", "outcome"),
    [
        ("plc", {**NAMED, "id": "did:plc:another"}, BadCredentials),
        ("plc", {"id": "DID", "alsoKnownAs": ["at://elsewhere.example.org"]}, BadCredentials),
        ("plc", {"id": "DID", "alsoKnownAs": "at://contract.example.org"}, BadCredentials),
        ("plc", {"id": "DID", **NAMED}, UnexpectedResponse),
        ("plc", {"id": "DID", **NAMED, "service": [None, {"id": "#other"}]}, UnexpectedResponse),
        ("resolveHandle", {"did": "did:key:z6Mk"}, UnexpectedResponse),
        ("oauth-authorization-server", {"token_endpoint": "http://127.0.0.1:9/oauth/token"}, UnexpectedResponse),
        ("oauth-authorization-server", {"revocation_endpoint": "URL.example.org/"}, UnexpectedResponse),
        ("oauth-authorization-server", {"issuer": "http://127.0.0.1:9"}, UnexpectedResponse),
    ],
)
def test_a_name_a_number_and_a_server_that_do_not_agree_get_no_question(
    bluesky: Stage, method: str, body: dict[str, Any], outcome: type[PlatformError]
) -> None:
    bluesky.world.control("PUT", "accounts", [{"platform": "bluesky", "address": "elsewhere.example.org"}])
    way, url = Way(bluesky), f"{bluesky.world.url}/bluesky"
    if method == "oauth-authorization-server":
        body = requests.get(f"{url}/.well-known/{method}", timeout=5).json() | body
    told = json.loads(
        json.dumps(body).replace('"DID"', json.dumps(bluesky.target.platform_id)).replace('"URL.', f'"{url}.')
    )
    bluesky.fault("error_json", method=method, status=200, body=told)
    with pytest.raises(outcome):
        way.screen.consent(callback=BACK, app=ROW.app, account=ROW.address)
    assert "par" not in bluesky.world.control("GET", "requests")["requests"]["bluesky"]


def test_a_no_and_another_account_are_told_apart(bluesky: Stage) -> None:
    way = Way(bluesky)
    query, kept = way.back("no")
    with pytest.raises(ConsentDeclined):
        way.screen.exchange(query=query, kept=kept, app=ROW.app)
    bluesky.world.control("PUT", "accounts", [{"platform": "bluesky", "address": "other.example.org"}])
    query, kept = way.back(account="other.example.org")
    (granted,) = way.screen.exchange(query=query, kept=kept, app=ROW.app)
    assert granted.identity.address == "other.example.org"


def test_a_wrong_key_of_our_app_is_the_administrators_matter(bluesky: Stage) -> None:
    way = Way(bluesky)
    for app, callback in ((ROW.app | {"client_key": "wrong"}, BACK), (ROW.app, "http://127.0.0.1:9/elsewhere/")):
        with pytest.raises(PlatformConfig):
            way.screen.consent(callback=callback, app=app, account=ROW.address)


def test_what_servers_read_of_our_app_shows_the_public_half_of_its_key(bluesky: Stage) -> None:
    screen = Way(bluesky).screen
    assert isinstance(screen, Describes)
    shown = screen.describe(callback=BACK, app=ROW.app)
    assert shown["client_id"] == ROW.app["client_id"]
    assert shown["redirect_uris"] == [BACK]
    (key,) = shown["jwks"]["keys"]
    assert key["kid"] == thumbprint_of_text(ROW.app["client_key"])
    assert "d" not in key
    assert ROW.app["client_key"] not in json.dumps(shown)
