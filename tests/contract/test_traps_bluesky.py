"""Bluesky's traps: one name at every try, byte offsets, two limits, pictures, proofs and nonces."""

import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from platforms import dpop
from platforms.bluesky import BlueskyAdapter, record_key
from platforms.contract import Endpoint, Media, Outgoing, Stages, Target
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PlatformDown,
    PublicationGone,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.homes import server_at
from platforms.measure import bluesky as measure
from simulator.bluesky.errors import Refused
from simulator.bluesky.proofs import thumbprint_of_text
from simulator.bluesky.validation import check_post
from tests.contract.conftest import Stage, picture
from tests.contract.rows import ROWS

ROW = ROWS["bluesky"]
AT = datetime(2026, 3, 11, 5, 46, 24, 123456, tzinfo=UTC)


@pytest.fixture
def bluesky(stage_of: Any) -> Stage:
    made: Stage = stage_of("bluesky")
    return made


def record(stage: Stage, name: str) -> dict[str, Any]:
    """The record that stands there, as anybody may read it."""
    asked = {"repo": stage.target.platform_id, "collection": "app.bsky.feed.post", "rkey": name}
    where = f"{stage.world.url}/bluesky/xrpc/com.atproto.repo.getRecord?{urlencode(asked)}"
    found: dict[str, Any] = requests.get(where, timeout=5).json()
    return found


def asked_of(stage: Stage) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = stage.world.control("GET", "requests")["requests"].get("bluesky", {})
    return found


def test_a_second_try_stands_in_the_place_of_the_first(bluesky: Stage) -> None:
    bluesky.fault("cut_after")
    with pytest.raises(Unconfirmed):
        bluesky.publish()

    assert bluesky.publish() == bluesky.publish() == bluesky.find()
    assert bluesky.standing() == 1
    assert not bluesky.publications()[0]["edited_at"], "the same record once more is no edit"


def test_a_name_is_the_time_and_the_key_of_the_first_try() -> None:
    out = Outgoing(text="a", marker="a", key="one", first_at=AT)
    name = record_key(out)
    digits = "234567abcdefghijklmnopqrstuvwxyz"
    number = sum(digits.index(each) << 5 * (12 - place) for place, each in enumerate(name))
    assert number >> 10 == int(AT.timestamp()) * 1_000_000 + AT.microsecond
    assert record_key(dataclasses.replace(out, text="b")) == name
    assert record_key(dataclasses.replace(out, key="two")) != name
    assert record_key(dataclasses.replace(out, first_at=AT + timedelta(microseconds=1))) > name
    for bare in (dataclasses.replace(out, key=""), dataclasses.replace(out, first_at=None)):
        with pytest.raises(UnexpectedResponse):
            record_key(bare)


def test_links_are_marked_by_bytes_and_nothing_else_is(bluesky: Stage) -> None:
    text = "Séisme à 東京 🏚️ #Japan @consulate.example.org. Voir https://alerts.example.org/a/É?b=1, puis (https://b.example.org)."
    bluesky.out = dataclasses.replace(bluesky.out, text=text, language="fr")
    value = record(bluesky, bluesky.publish().remote_id)["value"]

    spans = [text.encode()[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode() for each in value["facets"]]
    assert spans == ["https://alerts.example.org/a/É?b=1", "https://b.example.org"]
    assert [each["features"] for each in value["facets"]] == [
        [{"$type": "app.bsky.richtext.facet#link", "uri": link}] for link in spans
    ]
    assert value["langs"] == ["fr"]
    assert bluesky.out.first_at is not None
    assert datetime.fromisoformat(value["createdAt"]) == bluesky.out.first_at.replace(
        microsecond=bluesky.out.first_at.microsecond // 1000 * 1000
    )


@pytest.mark.parametrize("text", ["é" * 301, "👨‍👩‍👧‍👦" * 150])
def test_what_is_too_long_in_either_way_is_refused_with_its_words(bluesky: Stage, text: str) -> None:
    assert measure(text) > 300
    bluesky.out = dataclasses.replace(bluesky.out, text=text)
    with pytest.raises(ContentRejected, match="too big"):
        bluesky.publish()


@given(st.one_of(st.text(max_size=330), st.text(alphabet="é🏚\u0301\u200d東a", min_size=280, max_size=900)))
def test_we_count_no_less_than_the_server(text: str) -> None:
    try:
        check_post({"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-01-01T00:00:00Z"})
    except Refused:
        assert measure(text) > 300


def test_a_thread_names_where_it_begins(bluesky: Stage) -> None:
    first = bluesky.publish()
    names = [first.remote_id]
    for part in (2, 3):
        out = dataclasses.replace(bluesky.out, text=f"Part {part}", key=f"part-{part}", reply_to=names[-1])
        names.append(bluesky.adapter.publish(out, bluesky.target).remote_id)
    reply = record(bluesky, names[2])["value"]["reply"]
    for name, place in ((names[0], reply["root"]), (names[1], reply["parent"])):
        assert (place["uri"], place["cid"]) == (record(bluesky, name)["uri"], record(bluesky, name)["cid"])


def test_what_answers_something_gone_stands_alone(bluesky: Stage) -> None:
    first = bluesky.publish()
    bluesky.withdraw(first.remote_id)
    out = dataclasses.replace(bluesky.out, key="another", reply_to=first.remote_id)
    assert "reply" not in record(bluesky, bluesky.adapter.publish(out, bluesky.target).remote_id)["value"]


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("cut_before", {}), ("error_html", {}), ("array_2xx", {"status": 500}), ("array_2xx", {}), ("garbage_2xx", {}),
        ("empty_json", {"status": 200}),
    ],
)  # fmt: skip
def test_nothing_is_sent_while_what_it_answers_cannot_be_read(
    bluesky: Stage, fault: str, params: dict[str, Any]
) -> None:
    first = bluesky.publish()
    out = dataclasses.replace(bluesky.out, key="another", reply_to=first.remote_id)
    bluesky.fault(fault, method="getRecord", **params)
    with pytest.raises(PlatformDown):
        bluesky.adapter.publish(out, bluesky.target)
    assert bluesky.standing() == 1


def test_an_amendment_keeps_the_time_and_the_thread_and_shows_the_new_picture(bluesky: Stage) -> None:
    first = bluesky.publish()
    out = dataclasses.replace(
        bluesky.out, key="another", reply_to=first.remote_id, staged=bluesky.adapter.stage(bluesky.out, bluesky.target)
    )
    receipt = bluesky.adapter.publish(out, bluesky.target)
    before = record(bluesky, receipt.remote_id)["value"]
    assert before["embed"]["images"][0]["alt"] == picture().alt
    shape = before["embed"]["images"][0]["aspectRatio"]
    assert (shape["width"], shape["height"]) == (320, 320)

    assert bluesky.out.first_at is not None
    later = dataclasses.replace(bluesky.out, text="Other words", first_at=bluesky.out.first_at + timedelta(hours=1))
    assert bluesky.amend(receipt.remote_id, later) == receipt

    after = record(bluesky, receipt.remote_id)["value"]
    assert (after["createdAt"], after["reply"]) == (before["createdAt"], before["reply"])
    assert after["text"] == "Other words"
    assert "embed" not in after, "a picture of the old words goes"
    assert "facets" not in after


def test_what_is_taken_away_between_reading_and_writing_does_not_come_back(
    bluesky: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = bluesky.publish()
    assert isinstance(bluesky.adapter, BlueskyAdapter)
    put = bluesky.adapter._put

    def late(*args: Any, **more: Any) -> Any:
        bluesky.withdraw(receipt.remote_id)
        return put(*args, **more)

    monkeypatch.setattr(bluesky.adapter, "_put", late)
    with pytest.raises(Unfinished):
        bluesky.amend(receipt.remote_id, dataclasses.replace(bluesky.out, text="Other words"))
    monkeypatch.undo()
    with pytest.raises(PublicationGone):
        bluesky.amend(receipt.remote_id, dataclasses.replace(bluesky.out, text="Other words"))


@pytest.mark.parametrize("name", ["", "1", "../x", "a" * 14, "at://did:plc:a/app.bsky.feed.post/3k2aaaaaaaaaa"])
def test_what_is_no_name_of_a_post_is_neither_changed_nor_taken_away(bluesky: Stage, name: str) -> None:
    with pytest.raises(Unsupported):
        bluesky.amend(name, bluesky.out)
    with pytest.raises(Unsupported):
        bluesky.withdraw(name)
    assert asked_of(bluesky) == {}


def test_a_picture_that_is_too_large_is_not_sent(bluesky: Stage) -> None:
    assert isinstance(bluesky.adapter, Stages)
    out = dataclasses.replace(bluesky.out, media=Media(b"\xff\xd8" + b"0" * 2_000_000, "large"))
    with pytest.raises(ContentRejected):
        bluesky.adapter.stage(out, bluesky.target)
    assert asked_of(bluesky) == {}


def test_a_picture_that_the_server_has_forgotten_is_refused_with_its_words(bluesky: Stage) -> None:
    with pytest.raises(ContentRejected, match="Could not find blob"):
        bluesky.adapter.publish(dataclasses.replace(bluesky.out, staged="bafkreigone 100"), bluesky.target)


def test_points_are_counted_and_the_wait_is_the_servers(bluesky: Stage) -> None:
    bluesky.world.control("PUT", "limits", {"bluesky_points_per_hour": 4})
    bluesky.publish()
    with pytest.raises(Throttled) as raised:
        bluesky.adapter.publish(dataclasses.replace(bluesky.out, key="another"), bluesky.target)
    assert raised.value.retry_after == pytest.approx(3600, abs=5)


def test_a_nonce_is_asked_for_once_and_then_known(bluesky: Stage) -> None:
    bluesky.publish()
    assert asked_of(bluesky)["putRecord"] == {"200": 1, "401": 1}
    bluesky.publish()
    assert asked_of(bluesky)["putRecord"] == {"200": 2, "401": 1}


def test_a_server_that_wants_a_nonce_and_gives_none_is_not_asked_again(bluesky: Stage) -> None:
    bluesky.publish()
    before = asked_of(bluesky)["putRecord"]["401"]
    bluesky.fault("error_json", times=None, method="putRecord", status=401, body={"error": "use_dpop_nonce"})
    with pytest.raises(BadCredentials):
        bluesky.publish()
    assert asked_of(bluesky)["putRecord"]["401"] - before == 1


def test_a_nonce_that_grew_old_is_replaced_and_the_publication_stands_once(bluesky: Stage) -> None:
    bluesky.publish()
    bluesky.world.world.bluesky._secret = "another-secret-of-the-server"
    bluesky.adapter.publish(dataclasses.replace(bluesky.out, key="another"), bluesky.target)
    assert asked_of(bluesky)["putRecord"] == {"200": 2, "401": 2}
    assert bluesky.standing() == 2


def test_a_token_without_its_key_is_worthless(bluesky: Stage) -> None:
    other = Target(bluesky.target.address, bluesky.target.platform_id, {**ROW.secrets, "dpop_key": "another-key"})
    with pytest.raises(BadCredentials):
        bluesky.adapter.publish(bluesky.out, other)
    assert bluesky.standing() == 0


def test_a_proof_is_of_one_request_and_shows_no_key() -> None:
    text = "a-long-random-text"
    made = dpop.proof(text, "POST", "https://pds.example.org/xrpc/a?b=c", nonce="n", token="t")
    header, claims = (json.loads(base64.urlsafe_b64decode(each + "==")) for each in made.split(".")[:2])
    assert claims["htu"] == "https://pds.example.org/xrpc/a"
    assert (claims["htm"], claims["nonce"]) == ("POST", "n")
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}
    assert dpop.key(text).thumbprint == thumbprint_of_text(text)
    assert text not in repr(dpop.key(text))


@pytest.mark.parametrize(
    "address", ["http://pds.example.org", "https://localhost", "https://10.0.0.1", "https://pds.example.org:8443",
                "https://u:p@pds.example.org", "https://pds.internal", "https://pds.example.org/x", "https://[", ""],
)  # fmt: skip
def test_live_a_server_is_a_public_one_over_https(address: str) -> None:
    live = Endpoint("https://bsky.social", "https://bsky.app", loopback_only=False)
    with pytest.raises(BadCredentials):
        server_at(live, address)
    assert server_at(live, "https://pds.example.org").base_url == "https://pds.example.org"
