"""Flickr's consent: OAuth 1.0a in three steps; an account is known by its address, never by the name that it goes by."""

import dataclasses
import html
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from platforms.access import Granted, Revokes
from platforms.contract import Endpoint, Target
from platforms.errors import AdapterMisconfigured, ConsentDeclined, ConsentMismatch, PlatformConfig, UnexpectedResponse
from platforms.flickr_consent import FlickrConsent
from tests.contract.conftest import Stage, endpoint_of
from tests.contract.rows.flickr import ROW

BACK = "http://127.0.0.1:8000/connect/callback/flickr/"


@pytest.fixture
def stranger(stage_of: Any) -> Stage:
    """An account of which our app knows nothing yet; on Flickr it goes by a name that is no address."""
    app = {"platform": "flickr", "key": ROW.app["api_key"], "secret": ROW.app["api_secret"], "callbacks": [BACK]}
    flickr: Stage = stage_of("flickr")
    flickr.world.control("PUT", "apps", [app])
    item = {"platform": "flickr", "address": ROW.address, "name": "The Embassy", "secrets": {}}
    flickr.world.control("PUT", "accounts", [item])
    return flickr


def consent_of(stage: Stage) -> FlickrConsent:
    return FlickrConsent(endpoint_of(stage.world, "flickr"))


def answered(stage: Stage, answer: str = "yes") -> tuple[requests.Response, dict[str, str]]:
    """Go to the consent screen as an editor, answer it, and return what the platform says and what the browser kept."""
    begun = consent_of(stage).consent(callback=BACK, app=ROW.app)
    assert parse_qs(urlsplit(begun.url).query)["perms"] == ["delete"]
    assert begun.kept["secret"] not in f"{begun!r} {begun.url}"
    screen = requests.get(begun.url, timeout=5)
    assert screen.ok
    form = {
        name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', screen.text)
    } | {"account": stage.target.address, "answer": answer}
    back = requests.post(begun.url.partition("?")[0], data=form, allow_redirects=False, timeout=5)
    return back, dict(begun.kept)


def allowed(stage: Stage) -> tuple[dict[str, str], dict[str, str]]:
    back, kept = answered(stage)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query)), kept


def exchanged(stage: Stage) -> Granted:
    query, kept = allowed(stage)
    (granted,) = consent_of(stage).exchange(query=query, kept=kept, app=ROW.app)
    return granted


def test_what_is_granted_is_named_by_its_address_and_does_everything(stranger: Stage) -> None:
    granted = exchanged(stranger)
    assert (granted.identity.platform_id, granted.identity.address) == (stranger.target.platform_id, ROW.address)
    assert granted.also == ()
    assert granted.expires_at is None
    assert granted.secrets["access_token"] not in repr(granted)
    assert not isinstance(consent_of(stranger), Revokes), "Flickr has no call for it"

    target = Target(ROW.address, "", {**ROW.app, **granted.secrets})
    receipt = stranger.adapter.publish(stranger.out, target)
    stranger.adapter.withdraw(receipt.remote_id, target)
    assert stranger.publications()[0]["deleted_at"]
    assert stranger.adapter.verify(target).platform_id == granted.identity.platform_id


def test_a_name_that_was_chosen_to_be_taken_for_the_embassy_is_not(stranger: Stage) -> None:
    item = {"platform": "flickr", "address": "impostor", "name": ROW.address, "secrets": {}}
    stranger.world.control("PUT", "accounts", [item])
    stranger.target = dataclasses.replace(stranger.target, address="impostor")
    granted = exchanged(stranger)
    assert granted.identity.address == "impostor"
    assert granted.also == ()


def test_a_token_is_used_once_and_by_whoever_began(stranger: Stage) -> None:
    query, kept = allowed(stranger)
    consent = consent_of(stranger)
    with pytest.raises(ConsentMismatch):
        consent.exchange(query=query | {"oauth_token": "another"}, kept=kept, app=ROW.app)
    with pytest.raises(ConsentMismatch):
        consent.exchange(query=query, kept={}, app=ROW.app)
    consent.exchange(query=query, kept=kept, app=ROW.app)
    with pytest.raises(ConsentMismatch):
        consent.exchange(query=query, kept=kept, app=ROW.app)


def test_another_verifier_gets_nothing(stranger: Stage) -> None:
    query, kept = allowed(stranger)
    with pytest.raises(ConsentMismatch):
        consent_of(stranger).exchange(query=query | {"oauth_verifier": "delete-x"}, kept=kept, app=ROW.app)


def test_who_says_no_is_not_led_back_and_nothing_is_open_any_more(stranger: Stage) -> None:
    refused, kept = answered(stranger, answer="no")
    assert refused.status_code == 400
    assert "Location" not in refused.headers
    with pytest.raises(ConsentDeclined):
        consent_of(stranger).exchange(query={"oauth_token": kept["token"]}, kept=kept, app=ROW.app)


def test_a_wrong_app_is_the_administrators_matter(stranger: Stage) -> None:
    consent = consent_of(stranger)
    for app in ({"api_secret": "wrong-secret-of-ours"}, {"api_key": "unknown"}):
        with pytest.raises(PlatformConfig) as raised:
            consent.consent(callback=BACK, app=ROW.app | app)
        assert "wrong-secret" not in f"{raised.value!r}"
    with pytest.raises(PlatformConfig):
        consent.consent(callback="http://127.0.0.1:9/elsewhere/", app=ROW.app)


@pytest.mark.parametrize("body", [{}, {"person": []}, {"person": {"nsid": "1@N02"}}])
def test_a_token_of_which_nobody_knows_whose_it_is_is_not_kept(stranger: Stage, body: dict[str, Any]) -> None:
    query, kept = allowed(stranger)
    stranger.fault("error_json", method="getInfo", status=200, body=body)
    with pytest.raises(UnexpectedResponse):
        consent_of(stranger).exchange(query=query, kept=kept, app=ROW.app)


@pytest.mark.parametrize("address", ["", "https://www.flickr.com/", "https://www.flickr.com/people/bees/"])
def test_an_account_without_an_address_is_not_taken_for_any(stranger: Stage, address: str) -> None:
    query, kept = allowed(stranger)
    person = {"nsid": stranger.target.platform_id, "photosurl": {"_content": address}}
    stranger.fault("error_json", method="getInfo", status=200, body={"stat": "ok", "person": person})
    with pytest.raises(UnexpectedResponse):
        consent_of(stranger).exchange(query=query, kept=kept, app=ROW.app)


def test_live_it_is_asked_over_https_only() -> None:
    with pytest.raises(AdapterMisconfigured):
        FlickrConsent(Endpoint("http://www.flickr.com", "https://www.flickr.com", loopback_only=False))
