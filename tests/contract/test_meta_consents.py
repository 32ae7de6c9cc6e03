"""Instagram's and Threads' consent, the whole way: the screen, the tokens, a publication, the renewal, the end."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from platforms import catalog
from platforms.access import Connects, Granted, Renews, Revokes
from platforms.contract import Endpoint, Target
from platforms.errors import BadCredentials, ConsentDeclined, ConsentMismatch
from simulator.testing import Running
from tests.contract.conftest import Stage, endpoint_of
from tests.contract.rows import ROWS

BACK = "http://127.0.0.1:8000/connect/callback/"
FIELDS = {"instagram": "pages", "threads": "account"}


@pytest.fixture(params=list(FIELDS))
def stage(request: pytest.FixtureRequest, stage_of: Any) -> Stage:
    """An account of which our app knows nothing yet."""
    made: Stage = stage_of(request.param)
    row = ROWS[made.slug]
    app = {"platform": made.slug, "key": row.app["app_id"], "secret": row.app["app_secret"], "callbacks": [BACK]}
    made.world.control("PUT", "apps", [app])
    made.world.control("PUT", "accounts", [{"platform": made.slug, "address": row.address, "secrets": {}}])
    return made


def consent_of(world: Running, slug: str) -> Any:
    found = catalog.consent(slug, endpoint_of(world, slug))
    assert isinstance(found, Connects)
    return found


def allowed(stage: Stage, *, without: str = "", answer: str = "yes") -> tuple[dict[str, str], dict[str, str]]:
    """Go to the consent screen as an editor, answer it, and return what the browser brings back and what it kept."""
    app = ROWS[stage.slug].app
    begun = consent_of(stage.world, stage.slug).consent(callback=BACK, app=app)
    screen = requests.get(begun.url, timeout=5)
    assert screen.ok
    assert app["app_secret"] not in begun.url
    form = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', screen.text))
    form = {name: html.unescape(value) for name, value in form.items() if name != without}
    form |= {FIELDS[stage.slug]: stage.target.address, "answer": answer}
    back = requests.post(begun.url.partition("?")[0], data=form, allow_redirects=False, timeout=5)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query)), dict(begun.kept)


def exchanged(stage: Stage) -> list[Granted]:
    query, kept = allowed(stage)
    granted: list[Granted] = consent_of(stage.world, stage.slug).exchange(
        query=query, kept=kept, app=ROWS[stage.slug].app
    )
    return granted


def target_of(stage: Stage, granted: Granted) -> Target:
    """As the registry puts it together: what belongs to the account, and what belongs to our app."""
    secrets = {**ROWS[stage.slug].app, **granted.secrets}
    return Target(granted.identity.address, granted.identity.platform_id, secrets)


def test_what_is_granted_publishes(stage: Stage) -> None:
    (granted,) = exchanged(stage)
    assert granted.identity.address == stage.target.address
    assert granted.identity.platform_id == stage.target.platform_id
    assert all(secret not in repr(granted) for name, secret in granted.secrets.items() if name.endswith("token"))

    assert stage.adapter.publish(stage.out, target_of(stage, granted)).remote_id

    assert stage.standing() == 1


def test_a_code_is_used_once(stage: Stage) -> None:
    query, kept = allowed(stage)
    consent, app = consent_of(stage.world, stage.slug), ROWS[stage.slug].app
    consent.exchange(query=query, kept=kept, app=app)
    with pytest.raises(ConsentMismatch):
        consent.exchange(query=query, kept=kept, app=app)


def test_a_no_comes_back_as_one(stage: Stage) -> None:
    query, kept = allowed(stage, answer="no")
    with pytest.raises(ConsentDeclined):
        consent_of(stage.world, stage.slug).exchange(query=query, kept=kept, app=ROWS[stage.slug].app)


@pytest.mark.parametrize("stage", ["instagram"], indirect=True)
def test_what_was_not_allowed_is_named(stage: Stage) -> None:
    query, kept = allowed(stage, without="allow_instagram_manage_contents")
    with pytest.raises(ConsentDeclined, match="instagram_manage_contents"):
        consent_of(stage.world, "instagram").exchange(query=query, kept=kept, app=ROWS["instagram"].app)


@pytest.mark.parametrize("stage", ["instagram"], indirect=True)
def test_an_access_that_is_ended_publishes_nothing_more(stage: Stage) -> None:
    (granted,) = exchanged(stage)
    target, consent = target_of(stage, granted), consent_of(stage.world, "instagram")
    assert isinstance(consent, Revokes)
    consent.revoke(target)
    with pytest.raises(BadCredentials):
        stage.adapter.publish(stage.out, target)


@pytest.mark.parametrize("stage", ["threads"], indirect=True)
def test_an_access_of_60_days_is_made_longer(stage: Stage) -> None:
    (granted,) = exchanged(stage)
    consent = consent_of(stage.world, "threads")
    assert isinstance(consent, Renews)
    assert not isinstance(consent, Revokes)

    renewed = consent.renew(target_of(stage, granted))

    assert renewed.identity == granted.identity
    assert renewed.secrets != granted.secrets
    for each in (granted, renewed):
        assert each.expires_at is not None
        left = each.expires_at - datetime.now(UTC)  # noqa: TID251 - the platform's clock is the machine's
        assert timedelta(days=59) < left <= timedelta(days=60)
    stage.adapter.publish(stage.out, target_of(stage, renewed))
    with pytest.raises(BadCredentials):
        consent.renew(target_of(stage, granted))
    with pytest.raises(BadCredentials):
        consent.renew(Target("a"))


def test_live_it_is_facebook_that_asks_for_instagram() -> None:
    live = Endpoint("https://graph.facebook.com", "https://www.instagram.com", loopback_only=False)
    made: Any = catalog.consent("instagram", live)
    begun = made.consent(callback=BACK, app={"app_id": "4712"})
    parts = urlsplit(begun.url)
    assert (parts.netloc, parts.path) == ("www.facebook.com", "/v25.0/dialog/oauth")
    assert "instagram_content_publish" in parse_qs(parts.query)["scope"][0]
