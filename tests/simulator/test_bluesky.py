"""The double of the AT Protocol: what its lexicon allows, what it calls a content, and whom it lets in."""

import pytest

from simulator.bluesky.errors import Refused
from simulator.bluesky.validation import check_key, check_post, cid, pictures_of, record_cid

POST = {"$type": "app.bsky.feed.post", "text": "a", "createdAt": "2026-03-11T05:46:24.123Z"}


@pytest.mark.parametrize("text", ["a" * 300, "👨‍👩‍👧‍👦" * 120, "e\u0301" * 300, "東" * 300])
def test_three_hundred_graphemes_and_three_thousand_bytes_may_stand(text: str) -> None:
    assert check_post(POST | {"text": text})["text"] == text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "a" * 301}, "grapheme too big .maximum 300, got 301. at .*record.text"),
        ({"text": "👨‍👩‍👧‍👦" * 121}, "string too big .maximum 3000, got 3025. at .*record.text"),
        ({"text": None}, "Missing required key"),
        ({"createdAt": "yesterday"}, "Invalid datetime"),
        ({"createdAt": "2026-13-11T05:46:24Z"}, "Invalid datetime"),
        ({"langs": ["fr", "nl", "de", "en"]}, "array too big"),
        ({"facets": [{"index": {"byteStart": 0, "byteEnd": 2}, "features": [{}]}]}, "Invalid facet"),
        ({"reply": {"root": {"uri": "at://a", "cid": "b"}, "parent": {"uri": "at://a"}}}, "Invalid strong reference"),
        ({"$type": "app.bsky.feed.like"}, "type must be"),
    ],
)
def test_what_the_lexicon_does_not_allow_is_refused_with_its_place(change: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words) as raised:
        check_post(POST | change)
    assert (raised.value.status, raised.value.name) == (400, "InvalidRequest")


@pytest.mark.parametrize("size", [2_000_001, 5_000_000])
def test_a_picture_has_two_million_bytes_at_most(size: int) -> None:
    blob = {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/jpeg", "size": size}
    embed = {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": blob}]}
    with pytest.raises(Refused, match="blob too big"):
        pictures_of(POST | {"embed": embed})
    blob["size"] = 2_000_000
    assert pictures_of(POST | {"embed": embed}) == [("bafk", "")]


def test_a_name_is_a_time_and_nothing_else() -> None:
    check_key("3jzfcijpj2z2a")
    for name in ("", "self", "3jzfcijpj2z2", "3jzfcijpj2z2a1", "zzzzzzzzzzzzz", "3jzfcijpj2z2A"):
        with pytest.raises(Refused):
            check_key(name)


def test_a_content_has_one_name() -> None:
    # The CIDv1 of "hello" as raw bytes, as every implementation gives it.
    assert cid(b"hello", 0x55) == "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"
    assert record_cid(POST) == record_cid(dict(reversed(POST.items()))) != record_cid(POST | {"text": "b"})


def test_only_a_known_token_with_its_proof_is_let_in_and_unknown_methods_lead_nowhere(raw: object) -> None:
    assert callable(raw)
    for method, path, status in (
        ("GET", "/bluesky/xrpc/com.atproto.server.getSession", 401),
        ("POST", "/bluesky/xrpc/com.atproto.repo.putRecord", 401),
        ("GET", "/bluesky/xrpc/com.atproto.repo.putRecord", 501),
        ("GET", "/bluesky/xrpc/com.atproto.nowhere", 501),
        ("GET", "/bluesky/plc/did:plc:nobody", 404),
        ("POST", "/bluesky/oauth/token", 400),
        ("GET", "/bluesky/xrpc/com.atproto.repo.getRecord?repo=nobody.example", 400),
    ):
        answer = raw(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["error", "message"]), path
