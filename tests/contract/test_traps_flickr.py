"""Flickr's traps: refusals in a 200, answers in XML, descriptions in HTML, photos of other alerts."""

import dataclasses
import html
import logging
import re
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    PublicationGone,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.flickr_answers import CHANGE, REPLACE, UPLOAD, refusal, told
from platforms.flickr_text import as_read, tag, words
from platforms.http import Answer
from tests.contract.conftest import Stage
from tests.contract.rows.flickr import ROW

LINK = "https://alerts.example.org/a/TSTC0D"


@pytest.fixture
def flickr(stage_of: Any) -> Stage:
    made: Stage = stage_of("flickr")
    return made


def saying(stage: Stage, text: str) -> Stage:
    stage.out = dataclasses.replace(stage.out, text=f"{text} {stage.out.marker} {LINK}")
    return stage


def signed(**changes: str) -> OAuth1:
    held = ROW.secrets | changes
    return OAuth1(
        held["api_key"],
        client_secret=held["api_secret"],
        resource_owner_key=held["access_token"],
        resource_owner_secret=held["access_token_secret"],
    )


def rows_of(stage: Stage, *rows: dict[str, Any], **more: Any) -> None:
    photos = {"page": 1, "pages": 1, "perpage": 500, "total": len(rows), "photo": list(rows)} | more
    stage.fault("error_json", method="list", status=200, body={"stat": "ok", "photos": photos})


def xml(inner: str, stat: str = "fail", status: int = 200, before: str = "") -> Answer:
    body = f'<?xml version="1.0" encoding="utf-8" ?>{before}\n<rsp stat="{stat}">{inner}</rsp>\n'
    return Answer(status, {}, body.encode())


# --- the text --------------------------------------------------------------------------------------------------------

PLAIN = [
    "Stay outside & away.",
    "Below 3 < 5 > 2, <now> and </b>",
    "Signs: &lt; &amp; &#65; AT&T; &",
    "地震 🌍 “quoted” 'single' \"double\"",
    "See www.example.org and diplomatie.belgium.be",
]


@pytest.mark.parametrize("text", PLAIN)
def test_people_read_what_was_written_and_it_is_found(flickr: Stage, text: str) -> None:
    receipt = saying(flickr, text).publish()
    assert flickr.publications()[0]["text"] == flickr.out.text
    assert flickr.find() == receipt


@pytest.mark.parametrize("text", PLAIN)
def test_it_is_found_by_its_words_alone_however_links_are_shown(flickr: Stage, text: str) -> None:
    saying(flickr, text)
    linked = re.sub(
        r"(https?://)?((?:www|alerts|diplomatie)\.[\w./]+)",
        lambda found: (
            f'<a href="{found[1] or "http://"}{found[2]}" rel="noreferrer nofollow">{found[2][:12]}...</a>'
            if found[1]
            else f'<a href="http://{found[2]}" rel="nofollow">{found[2]}</a>'
        ),
        html.escape(flickr.out.text),
    )
    rows_of(flickr, {"id": "77", "description": {"_content": linked}})
    found = flickr.find()
    assert found is not None
    assert found.remote_id == "77"


def test_the_double_takes_what_looks_like_a_tag_out(flickr: Stage) -> None:
    fields = {"description": "Stay <away> from it"}
    where = f"{flickr.world.url}/flickr/services/upload/"
    header = requests.Request("POST", where, data=fields, auth=signed()).prepare().headers["Authorization"]
    assert flickr.out.media
    photo = {"photo": ("a.jpg", flickr.out.media.content, "image/jpeg")}
    assert requests.post(where, data=fields, files=photo, headers={"Authorization": header}, timeout=5).ok
    assert flickr.publications()[0]["text"] == "Stay  from it"


def test_a_title_names_what_it_is_and_where(flickr: Stage) -> None:
    assert words(flickr.out)["title"] == "EXERCISE · Earthquake: Tokyo, Japan"
    long = dataclasses.replace(flickr.out, text=f"Earthquake\n{'a' * 300}")
    assert words(long)["title"] == "Earthquake"
    assert words(dataclasses.replace(flickr.out, text="b" * 300))["title"] == "b" * 255


def test_what_looks_like_a_link_is_not_believed_over_the_words() -> None:
    text = "See example.org"
    assert as_read('See <a href="http://example.org">example.org</a>', text) == text
    assert as_read('See <a href="https://elsewhere.example/x">other</a>', text) == "See other"
    assert as_read("See <b>example.org</b>", text) == text


# --- reading back ----------------------------------------------------------------------------------------------------


def test_a_tag_names_one_text_of_one_alert(flickr: Stage) -> None:
    other = dataclasses.replace(flickr.out, text=flickr.out.text.replace("Tokyo", "Kyoto"))
    assert re.fullmatch(r"tocsin:alert=tstc0d1x[0-9a-f]{16}", tag(flickr.out))
    assert tag(other) != tag(flickr.out)


def test_it_is_found_by_its_tag_whatever_became_of_its_words(flickr: Stage) -> None:
    rows_of(
        flickr, {"id": "77", "machine_tags": f"geo:lat=1 {tag(flickr.out)}", "description": {"_content": "changed"}}
    )
    found = flickr.find()
    assert found is not None
    assert found.remote_id == "77"


@pytest.mark.parametrize("tags", ["", "tocsin:alert=tstc0d1x", "tocsin:alert=tstc0d1xffffffffffffffff"])
def test_the_marker_alone_is_not_enough(flickr: Stage, tags: str) -> None:
    rows_of(flickr, {"id": "77", "machine_tags": tags, "description": {"_content": f"other {flickr.out.marker}"}})
    assert flickr.find() is None


@pytest.mark.parametrize("pages", [2, "2", None, "many"])
def test_more_photos_than_were_read_prove_no_absence(flickr: Stage, pages: Any) -> None:
    rows_of(flickr, {"id": "77", "description": {"_content": "another"}}, pages=pages)
    with pytest.raises(UnexpectedResponse):
        flickr.find()


@pytest.mark.parametrize("row", [{}, {"id": ""}, "77", None])
def test_a_photo_without_a_number_proves_nothing(flickr: Stage, row: Any) -> None:
    rows_of(flickr, row)
    with pytest.raises(UnexpectedResponse):
        flickr.find()


@pytest.mark.parametrize("description", [None, "text", {"_content": None}, []])
def test_a_photo_without_words_is_another(flickr: Stage, description: Any) -> None:
    rows_of(flickr, {"id": "77", "description": description})
    assert flickr.find() is None


def test_a_photo_without_an_id_in_the_answer_is_found_and_stands_once(flickr: Stage) -> None:
    for body in ({"stat": "ok"}, {"stat": "ok", "photoid": "77"}, {}):
        flickr.fault("error_json", status=200, body=body)
        with pytest.raises(Unconfirmed):
            flickr.publish()
    flickr.fault("error_json", status=200, body={"stat": "ok"}, stored=True)
    with pytest.raises(Unconfirmed):
        flickr.publish()
    found = flickr.find()
    assert found is not None
    assert found.remote_id == flickr.publications()[0]["remote_id"]
    assert flickr.standing() == 1


def test_the_address_of_a_photo_leads_to_it(flickr: Stage) -> None:
    receipt = flickr.publish()
    page = requests.get(receipt.url, timeout=5)
    assert page.ok
    assert flickr.out.marker in page.text
    (name,) = flickr.publications()[0]["pictures"]
    assert name in page.text, "with its picture"


# --- what it answers -------------------------------------------------------------------------------------------------

GENERAL: list[tuple[str, type[PlatformError]]] = [
    *((code, PlatformConfig) for code in ("95", "96", "97", "100", "111", "112", "114", "115")),
    *((code, BadCredentials) for code in ("98", "99")),
    ("105", PlatformDown),
    ("116", ContentRejected),
]
UPLOADS: list[tuple[str, type[PlatformError]]] = [
    *((code, Unconfirmed) for code in ("3", "9", "106", "0", "7", "10", "13", "999", "", "x")),
    *((code, ContentRejected) for code in ("2", "4", "5", "8")),
    ("6", QuotaUsed),
    ("14", Throttled),
    *GENERAL,
]
CHANGES: list[tuple[str, type[PlatformError]]] = [
    ("1", PublicationGone),
    ("106", PlatformDown),
    *((code, UnexpectedResponse) for code in ("2", "3", "6", "9", "14", "999", "")),
    *GENERAL,
]


@pytest.mark.parametrize(("code", "expected"), UPLOADS)
def test_each_number_of_an_upload_has_one_outcome_whatever_the_status(code: str, expected: type[PlatformError]) -> None:
    for status in (200, 400, 500):
        said = refusal(xml(f'<err code="{code}" msg="words &lt;of&gt; its own" />', status=status), UPLOAD)
        assert type(said) is expected
        assert (said.platform_code, said.detail) == (code, "words <of> its own")


@pytest.mark.parametrize(("code", "expected"), CHANGES)
def test_each_number_of_a_change_has_one_outcome_as_text_or_not(code: str, expected: type[PlatformError]) -> None:
    for number in (f'"{code}"', code if code.isdecimal() else '""'):
        body = f'{{"stat": "fail", "code": {number}, "message": "its own"}}'.encode()
        said = refusal(Answer(200, {}, body), CHANGE)
        assert type(said) is expected
        assert said.detail == "its own"


def test_a_duplicate_is_never_sent_again_unread(flickr: Stage) -> None:
    receipt = flickr.publish()
    body = {"stat": "fail", "code": 9, "message": "Duplicate photo/video detected"}
    flickr.fault("error_json", status=200, body=body)
    with pytest.raises(Unconfirmed) as raised:
        flickr.publish()
    assert raised.value.duplicate, "an absence does not let it be sent again: a person looks"
    assert flickr.find() == receipt
    assert flickr.standing() == 1


@pytest.mark.parametrize(
    ("wait", "seconds"), [(' non_pro_desktop_upload_wait_time="90"', 90), ("", 60), (' x="y"', 60)]
)
def test_a_server_at_capacity_says_when(wait: str, seconds: float) -> None:
    for means in (UPLOAD, REPLACE):
        said = refusal(xml(f'<err code="14" msg="at capacity"{wait} />'), means)
        assert isinstance(said, Throttled)
        assert (said.scope, said.retry_after) == ("account", seconds)


@pytest.mark.parametrize("words", ["This account is suspended", "user deactivated", "Account Terminated"])
def test_an_account_that_is_shut_is_known_by_its_words(words: str) -> None:
    assert type(refusal(xml(f'<err code="99" msg="{words}" />'), UPLOAD)) is AccountRestricted
    body = f'{{"stat": "fail", "code": 5, "message": "{words}"}}'.encode()
    assert type(refusal(Answer(200, {}, body), {})) is AccountRestricted


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("token_rejected", BadCredentials),
        ("token_revoked", BadCredentials),
        ("signature_invalid", BadCredentials),
        ("permission_denied", BadCredentials),
        ("consumer_key_unknown", PlatformConfig),
        ("timestamp_refused", PlatformConfig),
        ("nonce_used", Unconfirmed),
        ("", BadCredentials),
    ],
)
def test_each_problem_of_a_signature_has_one_outcome(problem: str, expected: type[PlatformError]) -> None:
    body = f"oauth_problem={problem}&debug_sbs=POST&oauth_token%3Dsecret-token".encode()
    said = refusal(Answer(401, {}, body), UPLOAD)
    assert type(said) is expected
    assert "secret" not in f"{said!r} {said.detail}", "it repeats what was signed"


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE rsp [<!ENTITY a 'x'>]><rsp stat='ok'><photoid>1</photoid></rsp>",
        b"<?xml version='1.0'?><!doctype rsp><rsp stat='ok'><photoid>1</photoid></rsp>",
        "<!DOCTYPE rsp><rsp stat='ok'><photoid>1</photoid></rsp>".encode("utf-16"),
        b"<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE rsp><rsp stat='ok'/>",
        b"<rsp stat='ok'><photoid>1</photoid>" + b" " * 20_000 + b"</rsp>",
        b"<rsp stat='ok'><photoid>1</photoid>",
        b"<other stat='ok'><photoid>1</photoid></other>",
        b"<rsp><photoid>1</photoid></rsp>",
        b"\x00\xff",
        b"",
        b"[" * 100_000,
    ],
    ids=["entity", "doctype", "utf-16", "utf-7", "huge", "cut", "other", "no stat", "bytes", "nothing", "deep"],
)
def test_what_is_no_answer_of_its_own_is_not_believed(body: bytes) -> None:
    assert isinstance(refusal(Answer(200, {}, body), UPLOAD), Unconfirmed)


@pytest.mark.parametrize("photo", ["", "abc", "12a", "-1", "١٢", "<b>1</b>", "12 13"])
def test_only_a_number_is_a_photo(photo: str) -> None:
    assert told(xml(f"<photoid>{photo}</photoid>", "ok")).photo == ""
    assert told(xml("<photoid> 54 </photoid>", "ok")).photo == "54"


# --- signatures and secrets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(ROW.secrets))
def test_each_secret_is_part_of_the_signature(flickr: Stage, name: str) -> None:
    wrong = dataclasses.replace(flickr.target, secrets=ROW.secrets | {name: "wrong"})
    with pytest.raises((BadCredentials, PlatformConfig)):
        flickr.adapter.publish(flickr.out, wrong)
    with pytest.raises((BadCredentials, PlatformConfig)):
        flickr.adapter.verify(wrong)
    assert flickr.standing() == 0


def test_what_was_signed_is_what_is_taken(flickr: Stage) -> None:
    receipt = flickr.publish()
    where = f"{flickr.world.url}/flickr/services/rest/"
    fields = {"method": "flickr.photos.delete", "photo_id": receipt.remote_id, "format": "json"}
    header = requests.Request("POST", where, data=fields, auth=signed()).prepare().headers["Authorization"]
    changed = requests.post(where, data=fields | {"photo_id": "1"}, headers={"Authorization": header}, timeout=5)
    assert changed.status_code == 401
    assert b"signature_invalid" in changed.content


def test_no_token_stands_in_an_address_or_a_log_line(flickr: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receipt = flickr.publish()
    flickr.find()
    flickr.verify()
    flickr.amend(receipt.remote_id, flickr.out)
    flickr.withdraw(receipt.remote_id)
    assert flickr.world.control("GET", "requests")["tokens_in_urls"] == 0
    shown = " ".join(record.getMessage() for record in caplog.records) + repr(flickr.target)
    assert not any(secret in shown for secret in ROW.secrets.values())


def test_a_token_that_may_not_delete_is_bad_credentials(flickr: Stage) -> None:
    receipt = flickr.publish()
    item = {"platform": "flickr", "address": ROW.address, "secrets": ROW.secrets | {"perms": "write"}}
    flickr.world.control("PUT", "accounts", [item])
    with pytest.raises(BadCredentials):
        flickr.withdraw(receipt.remote_id)
    assert flickr.amend(receipt.remote_id, flickr.out) == receipt


def test_a_photo_whose_words_were_changed_is_not_taken_for_another(flickr: Stage) -> None:
    receipt = flickr.publish()
    other = dataclasses.replace(flickr.out, text=flickr.out.text.replace("Earthquake", "Flood"))
    flickr.amend(receipt.remote_id, other)
    assert flickr.find() is not None, "its tag stays"

    flickr.out = other

    assert flickr.find() is None, "its card may still say the old words"
