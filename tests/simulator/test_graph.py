"""The double of Facebook's Graph API, through facebook-sdk and through plain HTTP."""

import hashlib
import hmac
import io
import json
import warnings
from datetime import datetime
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # see conftest
    import facebook


def code_of(raised: Any) -> tuple[int, int | None]:
    error = raised.value.result["error"]
    assert set(error) >= {"message", "type", "code", "is_transient", "fbtrace_id"}
    return error["code"], error.get("error_subcode")


def test_a_post_is_published_and_read_back(graph: Any, control: Any) -> None:
    post = graph.put_object("mfa.page", "feed", message="K7/1 Earthquake", link="https://e.org/a", published="true")
    page_id, _, number = post["id"].partition("_")
    assert (page_id.isdecimal(), number.isdecimal()) == (True, True)
    fields = "id,message,created_time,permalink_url"
    for edge in ("published_posts", "feed"):
        (shown,) = graph.get_connections(page_id, edge, fields=fields, limit=10)["data"]
        assert (shown["id"], shown["message"]) == (post["id"], "K7/1 Earthquake")
        assert datetime.strptime(shown["created_time"], "%Y-%m-%dT%H:%M:%S%z").tzinfo is not None
        assert shown["permalink_url"].endswith(f"/facebook/mfa.page/posts/{number}")
    assert graph.get_object(post["id"], fields="message,permalink_url")["message"] == "K7/1 Earthquake"
    assert control("GET", "counts?marker=K7/1") == {"facebook:mfa.page": 1}


def test_a_page_describes_itself(graph: Any) -> None:
    assert graph.get_object("me")["name"] == "The page"
    page = graph.get_object("mfa.page", fields="id,username,followers_count,link")
    assert (page["username"], page["followers_count"]) == ("mfa.page", 0)
    assert graph.get_version() == "25.0"
    with pytest.raises(facebook.GraphAPIError, match="nonexisting field"):
        graph.get_object("me", fields="name,secrets")


def test_a_post_is_edited_and_deleted(graph: Any, control: Any) -> None:
    post = graph.put_object("me", "feed", message="first")["id"]
    assert graph.request(f"{graph.version}/{post}", post_args={"message": "second"}, method="POST") == {"success": True}
    assert graph.get_object(post)["message"] == "second"
    assert graph.request(f"{graph.version}/{post}", method="DELETE") == {"success": True}
    path = f"{graph.version}/{post}"
    for method, values in (("GET", None), ("POST", {"message": "third"}), ("DELETE", None)):
        with pytest.raises(facebook.GraphAPIError) as raised:
            graph.request(path, post_args=values, method=method)
        assert code_of(raised) == (100, 33)
    (shown,) = control("GET", "publications?platform=facebook")
    assert (shown["text"], shown["original_text"], shown["deleted_at"] is None) == ("second", "first", False)


def test_a_photo_is_published_with_its_caption(graph: Any, control: Any, raw: Any, picture: bytes) -> None:
    answer = graph.put_photo(io.BytesIO(picture), album_path="me/photos", caption="Map K7/1", alt_text_custom="A map")
    assert answer["post_id"].endswith("_" + answer["id"])
    (shown,) = control("GET", "publications?marker=K7/1")
    assert (shown["remote_id"], shown["pictures"]) == (answer["post_id"], [answer["id"]])
    assert graph.get_object(answer["post_id"], fields="full_picture")["full_picture"].endswith(answer["id"])
    assert raw("GET", f"/_pictures/{answer['id']}").content == picture


def test_photos_are_uploaded_first_and_attached_later(graph: Any, control: Any, picture: bytes) -> None:
    photos = [graph.put_photo(io.BytesIO(picture), album_path="me/photos", published="false") for _ in range(2)]
    assert [set(photo) for photo in photos] == [{"id"}, {"id"}]
    assert control("GET", "publications") == []
    media = json.dumps([{"media_fbid": photo["id"]} for photo in photos])
    graph.put_object("me", "feed", message="two maps", attached_media=media)
    single = {f"attached_media[{at}]": json.dumps({"media_fbid": photo["id"]}) for at, photo in enumerate(photos)}
    graph.put_object("me", "feed", message="two maps again", **single)
    assert [len(each["pictures"]) for each in control("GET", "publications?marker=two")] == [2, 2]
    for wrong in ('[{"media_fbid":"1"}]', "[1]"):
        with pytest.raises(facebook.GraphAPIError):
            graph.put_object("me", "feed", message="wrong", attached_media=wrong)


@pytest.mark.parametrize("content", [b"GIF89a" + b"\1\0\1\0" * 3, b"no picture", b"\xff\xd8" + b"0" * 4_200_000])
def test_a_photo_must_be_small_and_jpg_or_png(graph: Any, content: bytes) -> None:
    with pytest.raises(facebook.GraphAPIError) as raised:
        graph.put_photo(io.BytesIO(content), album_path="me/photos")
    assert code_of(raised)[0] == 1366046


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"message": ""}, 100),
        ({"message": "a" * 63207}, 100),
        ({"message": "x", "link": "not a link"}, 100),
        ({"message": "x", "published": "false"}, 100),
    ],
)
def test_what_cannot_be_published_is_refused(graph: Any, values: dict[str, str], code: int) -> None:
    with pytest.raises(facebook.GraphAPIError) as raised:
        graph.put_object("me", "feed", **values)
    assert code_of(raised)[0] == code
    assert graph.put_object("me", "feed", message="a" * 63206)["id"]


def test_the_same_message_within_ten_minutes_is_a_duplicate(graph: Any, control: Any, picture: bytes) -> None:
    first = graph.put_object("me", "feed", message="Same")["id"]
    with pytest.raises(facebook.GraphAPIError, match="Duplicate status message") as raised:
        graph.put_object("me", "feed", message="Same")
    assert code_of(raised)[0] == 506
    with pytest.raises(facebook.GraphAPIError, match="Duplicate"):
        graph.put_photo(io.BytesIO(picture), album_path="me/photos", caption="Same")
    graph.delete_object(first)
    assert graph.put_object("me", "feed", message="Same")["id"]
    control("PUT", "limits", {"facebook_duplicate_seconds": None})
    assert graph.put_object("me", "feed", message="Same")["id"]


@pytest.mark.parametrize(
    ("version", "served"), [("v19.0", 1), ("v26.0", 1), ("v18.0", 0), ("v27.0", 0), ("v2.8", 0), ("v25.1", 0)]
)
def test_only_living_versions_are_served(graph: Any, version: str, served: bool) -> None:
    graph.version = version
    if served:
        assert graph.get_object("me")["id"]
        return
    with pytest.raises(facebook.GraphAPIError, match=r"^Unsupported .* version") as raised:
        graph.get_object("me")
    assert code_of(raised)[0] == 3


def test_an_unknown_token_is_refused(graph: Any) -> None:
    graph.access_token = "unknown"
    with pytest.raises(facebook.GraphAPIError, match="Invalid OAuth access token") as raised:
        graph.put_object("me", "feed", message="x")
    assert code_of(raised) == (190, None)


def test_a_token_opens_its_own_page_only(graph: Any, control: Any) -> None:
    control(
        "PUT",
        "accounts",
        [{"platform": "facebook", "address": "other.page", "secrets": {"page_token": "page-token-2"}}],
    )
    with pytest.raises(
        facebook.GraphAPIError, match="does not exist, cannot be loaded due to missing permissions"
    ) as raised:
        graph.put_object("other.page", "feed", message="x")
    assert code_of(raised) == (100, 33)


def test_tokens_in_addresses_are_counted(graph: Any, raw: Any, control: Any) -> None:
    headers = {"Authorization": "Bearer page-token-1"}
    assert raw("POST", "/graph/v25.0/me/feed", data={"message": "by header"}, headers=headers).ok
    assert raw("POST", "/graph/v25.0/me/feed", data={"message": "by body", "access_token": "page-token-1"}).ok
    assert control("GET", "requests")["tokens_in_urls"] == 0
    graph.get_object("me")
    post = graph.put_object("me", "feed", message="to be deleted")["id"]
    graph.delete_object(post)
    assert control("GET", "requests")["tokens_in_urls"] == 2
    assert raw("POST", "/graph/v25.0/me/feed", data={"message": "no token"}).json()["error"]["code"] == 104


def test_the_proof_of_the_app_secret_is_verified(raw: Any, control: Any) -> None:
    secrets = {"page_token": "page-token-1", "app_secret": "app-secret"}
    control("PUT", "accounts", [{"platform": "facebook", "address": "mfa.page", "secrets": secrets}])
    proof = hmac.new(b"app-secret", b"page-token-1", hashlib.sha256).hexdigest()
    headers = {"Authorization": "Bearer page-token-1"}
    for wrong in ({}, {"appsecret_proof": "0" * 64}, {"appsecret_proof": "ü"}):
        answer = raw("POST", "/graph/v25.0/me/feed", data={"message": "x", **wrong}, headers=headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, 100)
        assert error["message"] == "Invalid appsecret_proof provided in the API argument"
    assert raw("POST", "/graph/v25.0/me/feed", data={"message": "x", "appsecret_proof": proof}, headers=headers).ok
    assert raw("GET", "/graph/v25.0/me", params={"appsecret_proof": proof}, headers=headers).ok


def test_a_list_is_turned_page_by_page(graph: Any, raw: Any) -> None:
    for number in range(5):
        graph.put_object("me", "feed", message=f"post {number}")
    first = graph.get_connections("me", "published_posts", limit=2)
    assert [each["message"] for each in first["data"]] == ["post 4", "post 3"]
    second = graph.get_connections("me", "published_posts", limit=2, after=first["paging"]["cursors"]["after"])
    assert [each["message"] for each in second["data"]] == ["post 2", "post 1"]
    assert [each["message"] for each in graph.get_all_connections("me", "published_posts", limit=2)] == [
        f"post {number}" for number in (4, 3, 2, 1, 0)
    ]
    headers = {"Authorization": "Bearer page-token-1"}
    answer = raw("GET", "/graph/v25.0/me/published_posts", params={"limit": 2}, headers=headers).json()
    assert "access_token" not in answer["paging"]["next"]
    for wrong in ({"limit": 0}, {"limit": 101}, {"after": "!"}, {"fields": "message,nonsense"}):
        with pytest.raises(facebook.GraphAPIError) as raised:
            graph.get_connections("me", "published_posts", **wrong)
        assert code_of(raised)[0] == 100


@pytest.mark.parametrize("path", ["/graph/v25.0", "/graph/v25.0/me/likes/1", "/graph/v25.0/me/conversations"])
def test_unknown_addresses_are_refused(raw: Any, path: str) -> None:
    assert raw("GET", path, params={"access_token": "page-token-1"}).json()["error"]["code"] == 2500
