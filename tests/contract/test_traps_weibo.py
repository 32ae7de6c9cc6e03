"""Weibo's traps: signs that make topics, a domain that every post links to, numbers for whatever it refuses, ends of accesses."""

import dataclasses
import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from platforms.access import Granted, Renews
from platforms.contract import Endpoint, Target
from platforms.errors import (
    AccountRestricted,
    AdapterMisconfigured,
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    ContentRejected,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.measure import weibo_units
from platforms.weibo_consent import WeiboConsent
from tests.contract.conftest import Stage, endpoint_of
from tests.contract.rows.weibo import ROW

BACK = "http://127.0.0.1:8000/connect/callback/weibo/"
LINK = "https://alerts.example.org/a/TSTC0D"
TOKEN = {"access_token": ROW.secrets["access_token"], "rip": ROW.secrets["public_ip"]}


@pytest.fixture
def weibo(stage_of: Any) -> Stage:
    made: Stage = stage_of("weibo")
    return made


def saying(stage: Stage, text: str) -> Stage:
    stage.out = dataclasses.replace(stage.out, text=f"{text} {stage.out.marker} {LINK}")
    return stage


def refused(stage: Stage, number: object, words: str = "words of its own", status: int = 400, **more: Any) -> None:
    body = {"error": words, "error_code": number, "request": "/2/statuses/share.json"} | more
    stage.fault("error_json", status=status, body=body)


# --- the text --------------------------------------------------------------------------------------------------------


def test_what_stands_between_two_signs_is_no_topic(weibo: Stage) -> None:
    text = f"Lines #3 and #4 closed {weibo.out.marker} {LINK}"
    raw = requests.post(f"{weibo.world.url}/weibo/2/statuses/share.json", data=TOKEN | {"status": text}, timeout=5)
    assert raw.json()["error_code"] == 20021, "the double refuses what would be one"

    receipt = saying(weibo, "Lines #3 and #4 closed").publish()

    (standing,) = weibo.publications()
    assert standing["text"] == weibo.out.text.replace("#", "＃")
    found = weibo.find()
    assert found == receipt


def test_one_sign_alone_stays_as_it_is(weibo: Stage) -> None:
    receipt = saying(weibo, "Gate #3: Q&A <now>, 地震").publish()

    assert weibo.publications()[0]["text"] == weibo.out.text
    assert weibo.find() == receipt


@pytest.mark.parametrize(("more", "fits"), [("", True), ("e", False)])
def test_the_limit_is_where_weibo_has_it(weibo: Stage, more: str, fits: bool) -> None:
    # The marker and two spaces are five, the link ten.
    saying(weibo, "震" * 125 + more)
    assert (weibo_units(weibo.out.text) <= weibo.adapter.spec.text_limit) is fits
    if fits:
        weibo.publish()
        return
    with pytest.raises(ContentRejected) as raised:
        weibo.publish()
    assert raised.value.platform_code == "20012"


def test_a_domain_that_is_not_the_apps_is_the_administrators_matter(weibo: Stage) -> None:
    item = {"platform": "weibo", "address": ROW.address, "secrets": ROW.secrets | {"domain": "elsewhere.example"}}
    weibo.world.control("PUT", "accounts", [item])
    with pytest.raises(PlatformConfig):
        weibo.publish()

    weibo.world.control("PUT", "accounts", [item | {"secrets": ROW.secrets | {"domain": "example.org"}}])
    assert weibo.publish().remote_id


def test_an_address_that_is_not_on_the_apps_list_is_the_administrators_matter(weibo: Stage) -> None:
    elsewhere = dataclasses.replace(weibo.target, secrets=ROW.secrets | {"public_ip": "203.0.113.99"})
    with pytest.raises(PlatformConfig) as raised:
        weibo.adapter.publish(weibo.out, elsewhere)
    assert raised.value.platform_code == "10004"


# --- the picture -----------------------------------------------------------------------------------------------------


def test_the_card_goes_with_the_text(weibo: Stage) -> None:
    weibo.publish()
    (name,) = weibo.publications()[0]["pictures"]
    there = requests.get(f"{weibo.world.url}/_pictures/{name}", timeout=5)
    assert weibo.out.media is not None
    assert there.content == weibo.out.media.content


def test_without_a_card_it_is_a_form(weibo: Stage) -> None:
    weibo.out = dataclasses.replace(weibo.out, media=None)
    weibo.publish()
    assert weibo.publications()[0]["pictures"] == []


def test_a_picture_that_is_none_is_refused_with_its_words(weibo: Stage) -> None:
    assert weibo.out.media is not None
    weibo.out = dataclasses.replace(weibo.out, media=dataclasses.replace(weibo.out.media, content=b"no picture"))
    with pytest.raises(ContentRejected):
        weibo.publish()
    assert weibo.standing() == 0


# --- what it answers -------------------------------------------------------------------------------------------------

NUMBERS: list[tuple[str, type[PlatformError]]] = [
    *(
        (code, Unconfirmed)
        for code in ("10001", "10002", "10003", "10009", "10010", "10011", "20032", "20017", "20019", "20111")
    ),
    *((code, Throttled) for code in ("10022", "10023", "10024", "20016")),
    *(
        (code, BadCredentials)
        for code in ("21301", "21314", "21315", "21316", "21317", "21319", "21327", "21332", "20033")
    ),
    *((code, PlatformConfig) for code in ("10004", "10005", "10006", "10014")),
    *((code, ContentRejected) for code in ("20005", "20006", "20007", "20008", "20012", "10018", "20018", "20021")),
    *((code, AccountRestricted) for code in ("20031", "20015", "10013")),
    ("99999", UnexpectedResponse),
]


@pytest.mark.parametrize(("number", "expected"), NUMBERS)
def test_each_number_has_one_outcome_as_text_or_not_whatever_the_status(
    weibo: Stage, number: str, expected: type[PlatformError]
) -> None:
    for told, status in ((number, 400), (int(number), 403), (int(number), 200)):
        refused(weibo, told, status=status)
        with pytest.raises(PlatformError) as raised:
            weibo.publish()
        assert type(raised.value) is expected
        assert raised.value.platform_code == number
        assert raised.value.detail == "words of its own"


def test_of_a_value_that_is_wrong_only_the_domain_is_the_administrators_matter(weibo: Stage) -> None:
    for words, expected in (
        ("appkey not bind domain!", PlatformConfig),
        ("Parameter (status)'s value", ContentRejected),
    ):
        refused(weibo, 10017, words)
        with pytest.raises(expected):
            weibo.publish()


def test_a_broken_server_may_have_published_whatever_it_says(weibo: Stage) -> None:
    refused(weibo, 10004, status=503)
    with pytest.raises(Unconfirmed):
        weibo.publish()


@pytest.mark.parametrize("number", [20032, 20017, 20019, 20111])
def test_what_it_says_is_there_is_never_sent_again_unread(weibo: Stage, number: int) -> None:
    refused(weibo, number, stored=True)
    with pytest.raises(Unconfirmed) as raised:
        weibo.publish()
    assert raised.value.duplicate, "an absence does not let it be sent again: a person looks"


def test_a_text_that_stands_there_is_found(weibo: Stage) -> None:
    receipt = weibo.publish()
    with pytest.raises(Unconfirmed) as raised:
        weibo.publish()
    assert raised.value.duplicate
    assert weibo.find() == receipt
    assert weibo.standing() == 1


def test_the_servers_limit_halts_the_app_an_accounts_the_account(weibo: Stage) -> None:
    for scope in ("app", "account"):
        weibo.fault("rate_limit", scope=scope)
        with pytest.raises(Throttled) as raised:
            weibo.publish()
        assert raised.value.scope == scope


def test_more_posts_than_in_an_hour_wait(weibo: Stage) -> None:
    weibo.world.control("PUT", "limits", {"weibo_posts_per_hour": 1})
    weibo.publish()
    with pytest.raises(Throttled) as raised:
        saying(weibo, "another").publish()
    assert raised.value.platform_code == "10024"


@pytest.mark.parametrize("missing", ["created_at", "text", "idstr"])
def test_a_post_without_a_time_is_not_proven_absent(weibo: Stage, missing: str) -> None:
    row = {"text": weibo.out.text, "idstr": "77", "created_at": "Wed Oct 24 23:49:17 +0800 2090"}
    body = {"statuses": [{name: value for name, value in row.items() if name != missing}]}
    weibo.fault("error_json", method="list", status=200, body=body)
    found = weibo.find()
    assert (found is not None) == (missing == "created_at")


def test_an_old_post_is_told_by_chinas_clock(weibo: Stage) -> None:
    # A day, the slack, before `begun` it is 16:00 in China.
    weibo.begun = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    for moment, is_found in (("Wed Nov 25 15:59:00 +0800 2026", False), ("Wed Nov 25 16:01:00 +0800 2026", True)):
        body = {"statuses": [{"text": weibo.out.text, "idstr": "77", "created_at": moment}]}
        weibo.fault("error_json", method="list", status=200, body=body)
        assert (weibo.find() is not None) is is_found


def test_no_token_ever_stands_in_an_address(weibo: Stage) -> None:
    receipt = weibo.publish()
    weibo.find()
    weibo.verify()
    weibo.withdraw(receipt.remote_id)
    assert weibo.world.control("GET", "requests")["tokens_in_urls"] == 0


def test_the_address_of_a_post_leads_to_it(weibo: Stage) -> None:
    receipt = weibo.publish()
    page = requests.get(receipt.url, timeout=5)
    assert page.ok
    assert weibo.out.marker in page.text


# --- taking away -----------------------------------------------------------------------------------------------------


def test_what_is_somebody_elses_is_not_taken_away(weibo: Stage) -> None:
    other = ROW.secrets | {"access_token": "2.00-of-another-account"}
    item = {"platform": "weibo", "address": "another", "platform_id": "9999999999", "secrets": other}
    weibo.world.control("PUT", "accounts", [item])
    receipt = weibo.adapter.publish(weibo.out, Target("another", "9999999999", other))

    with pytest.raises(Unsupported):
        weibo.withdraw(receipt.remote_id)
    with pytest.raises(Unsupported):
        weibo.withdraw("by hand")
    assert not weibo.publications()[0]["deleted_at"]


def test_another_post_in_the_answer_is_no_proof(weibo: Stage) -> None:
    receipt = weibo.publish()
    weibo.fault("error_json", method="delete", status=200, body={"idstr": "1"})
    with pytest.raises(Unfinished):
        weibo.withdraw(receipt.remote_id)
    weibo.withdraw(receipt.remote_id)
    assert weibo.publications()[0]["deleted_at"]


# --- the consent -----------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(weibo: Stage) -> Stage:
    """An account of which our app knows nothing yet."""
    app = {"platform": "weibo", "key": ROW.app["app_key"], "secret": ROW.app["app_secret"], "callbacks": [BACK]}
    weibo.world.control("PUT", "apps", [app])
    weibo.world.control("PUT", "accounts", [{"platform": "weibo", "address": ROW.address, "secrets": {}}])
    return weibo


def consent_of(stage: Stage) -> WeiboConsent:
    return WeiboConsent(endpoint_of(stage.world, "weibo"))


def allowed(stage: Stage, answer: str = "yes") -> tuple[dict[str, str], dict[str, str]]:
    """Go to the consent screen as an editor, answer it, and return what the browser brings back and what it kept."""
    begun = consent_of(stage).consent(callback=BACK, app=ROW.app)
    assert ROW.app["app_secret"] not in begun.url
    assert parse_qs(urlsplit(begun.url).query)["forcelogin"] == ["true"]
    screen = requests.get(begun.url, timeout=5)
    assert screen.ok
    form = {
        name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', screen.text)
    } | {"account": stage.target.address, "answer": answer}
    back = requests.post(begun.url.partition("?")[0], data=form, allow_redirects=False, timeout=5)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query)), dict(begun.kept)


def exchanged(stage: Stage) -> Granted:
    query, kept = allowed(stage)
    (granted,) = consent_of(stage).exchange(query=query, kept=kept, app=ROW.app)
    return granted


def target_of(stage: Stage, granted: Granted) -> Target:
    return Target(stage.target.address, stage.target.platform_id, {**ROW.app, **granted.secrets})


def test_what_is_granted_publishes_until_its_end(stranger: Stage) -> None:
    granted = exchanged(stranger)
    assert (granted.identity.platform_id, granted.identity.address) == (stranger.target.platform_id, ROW.address)
    assert granted.also == (stranger.target.platform_id,)
    assert granted.expires_at is not None
    days = granted.expires_at - datetime.now(UTC)  # noqa: TID251 - the platform's clock is the machine's
    assert timedelta(days=30) - days < timedelta(minutes=1)
    assert granted.secrets["access_token"] not in repr(granted)
    assert not isinstance(consent_of(stranger), Renews), "nothing renews it: the warnings come in time"
    assert stranger.adapter.publish(stranger.out, target_of(stranger, granted)).remote_id

    item = {"platform": "weibo", "address": ROW.address, "secrets": {**granted.secrets, "access_until": "1"}}
    stranger.world.control("PUT", "accounts", [item])
    with pytest.raises(BadCredentials) as raised:
        stranger.adapter.publish(stranger.out, target_of(stranger, granted))
    assert raised.value.platform_code == "21327"


def test_an_access_that_is_ended_publishes_nothing_more(stranger: Stage) -> None:
    target = target_of(stranger, exchanged(stranger))
    consent_of(stranger).revoke(target)
    with pytest.raises(BadCredentials):
        stranger.adapter.publish(stranger.out, target)
    with pytest.raises(BadCredentials):
        consent_of(stranger).revoke(target)
    assert stranger.standing() == 0


def test_a_code_is_used_once_and_a_no_is_a_no(stranger: Stage) -> None:
    query, kept = allowed(stranger)
    consent = consent_of(stranger)
    consent.exchange(query=query, kept=kept, app=ROW.app)
    with pytest.raises(ConsentMismatch):
        consent.exchange(query=query, kept=kept, app=ROW.app)
    with pytest.raises(ConsentMismatch):
        consent.exchange(query=query | {"state": "another"}, kept=kept, app=ROW.app)
    query, kept = allowed(stranger, answer="no")
    with pytest.raises(ConsentDeclined):
        consent.exchange(query=query, kept=kept, app=ROW.app)


def test_a_wrong_secret_of_our_app_is_the_administrators_matter(stranger: Stage) -> None:
    query, kept = allowed(stranger)
    with pytest.raises(PlatformConfig):
        consent_of(stranger).exchange(query=query, kept=kept, app=ROW.app | {"app_secret": "wrong"})


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": "2.00x"},
        {"expires_in": 60},
        {"access_token": 7, "expires_in": 60},
        {"access_token": "2.00x", "expires_in": "soon"},
    ],
)
def test_a_token_without_its_end_is_none(stranger: Stage, body: dict[str, Any]) -> None:
    query, kept = allowed(stranger)
    stranger.fault("error_json", method="access_token", status=200, body=body)
    with pytest.raises(UnexpectedResponse):
        consent_of(stranger).exchange(query=query, kept=kept, app=ROW.app)


def test_a_server_that_is_busy_is_asked_again_later(stranger: Stage) -> None:
    query, kept = allowed(stranger)
    stranger.fault("error_json", method="access_token", status=400, body={"error_code": 21331, "error": "busy"})
    with pytest.raises(PlatformDown):
        consent_of(stranger).exchange(query=query, kept=kept, app=ROW.app)


def test_an_end_that_is_not_said_is_not_believed(stranger: Stage) -> None:
    target = target_of(stranger, exchanged(stranger))
    stranger.fault("error_json", method="revokeoauth2", status=200, body={"result": "false"})
    with pytest.raises(UnexpectedResponse):
        consent_of(stranger).revoke(target)


def test_live_it_is_asked_over_https_only() -> None:
    with pytest.raises(AdapterMisconfigured):
        WeiboConsent(Endpoint("http://api.weibo.com", "https://weibo.com", loopback_only=False))
