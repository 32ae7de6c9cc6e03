"""The double of X, through tweepy and through plain HTTP."""

import base64
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import tweepy
from oauthlib.oauth1 import Client as Signer

from simulator.accounts import Account
from simulator.oauth1 import is_signed, read_authorization
from simulator.x.counting import weight, wire_text


def test_a_post_is_created_with_the_bodies_of_the_platform(x_client: Any, x_session: Any, control: Any) -> None:
    created = x_client.create_tweet(text="K7/1 Earthquake. é日本😀")
    assert x_session.last.status_code == 201
    body = x_session.last.json()
    assert body == {
        "data": {
            "id": created.data["id"],
            "text": "K7/1 Earthquake. é日本😀",
            "edit_history_tweet_ids": [created.data["id"]],
        }
    }
    assert len(created.data["id"]) == 19
    assert control("GET", "counts?marker=K7/1") == {"x:MFA": 1}


def test_a_bearer_token_of_the_user_is_as_good(make_x_client: Any, x_secrets: Any, x_session: Any) -> None:
    client = tweepy.Client(bearer_token=x_secrets["bearer_token"])
    client.session.close()
    client.session = x_session
    assert client.create_tweet(text="by bearer", user_auth=False).data["text"] == "by bearer"
    client.bearer_token = "unknown"
    with pytest.raises(tweepy.Unauthorized):
        client.create_tweet(text="by nobody", user_auth=False)


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"])
def test_every_secret_is_verified(make_x_client: Any, x_secrets: Any, x_session: Any, control: Any, name: str) -> None:
    client = make_x_client(x_secrets | {name: "wrong"})
    with pytest.raises(tweepy.Unauthorized):
        client.create_tweet(text="forged")
    assert x_session.last.json() == {
        "title": "Unauthorized",
        "type": "about:blank",
        "status": 401,
        "detail": "Unauthorized",
    }
    assert control("GET", "publications?marker=forged") == []


def test_without_a_signature_nothing_happens(raw: Any) -> None:
    assert raw("POST", "/x/2/tweets", json={"text": "x"}).status_code == 401
    assert raw("GET", "/x/2/nowhere").status_code == 404


def test_the_signature_covers_the_query(x_client: Any, x_session: Any, simulator: Any) -> None:
    x_client.get_me(user_fields=["public_metrics"])
    request = x_session.last.request
    assert request.url.endswith("?user.fields=public_metrics")
    forged = request.copy()
    forged.url = f"{simulator.url}/x/2/users/me?user.fields=verified"
    assert x_session.send(forged).status_code == 401
    # The very request may come again: a client repeats what it never saw answered.
    assert x_session.send(request).status_code == 200


def test_a_signature_that_is_too_old_is_refused(x_secrets: Any) -> None:
    account = Account("x", "MFA", "1", "MFA", x_secrets)
    signer = Signer(
        x_secrets["consumer_key"],
        x_secrets["consumer_secret"],
        x_secrets["access_token"],
        x_secrets["access_token_secret"],
    )
    url, query = "http://127.0.0.1:8001/x/2/users/1/tweets", "max_results=5&q=a%20b%2Bc&empty="
    _, headers, _ = signer.sign(f"{url}?{query}", "GET")
    oauth = read_authorization(headers["Authorization"])
    now = int(oauth["oauth_timestamp"])
    assert is_signed(account, "GET", url, query, oauth, now + 299)
    assert not is_signed(account, "GET", url, query, oauth, now + 301)
    assert not is_signed(account, "POST", url, query, oauth, now)
    assert not is_signed(account, "GET", url, "max_results=6", oauth, now)
    assert not is_signed(account, "GET", url, query, {}, now)
    assert read_authorization("Bearer abc") == {}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("a" * 280, 280),
        ("é" * 280, 280),
        ("日" * 140, 280),
        ("😀" * 140, 280),
        ("👨‍👩‍👧‍👦", 2),
        ("https://example.org/" + "a" * 200, 23),
        ("a https://e.org b", 27),
        ("مرحبا", 5),
        ("ก" * 10, 10),
    ],
)
def test_length_is_counted_as_x_counts_it(text: str, length: int) -> None:
    assert weight(text) == length


@pytest.mark.parametrize("text", ["a" * 280, "日" * 140, "https://example.org/" + "a" * 300 + " " + "b" * 256])
def test_280_weighted_characters_pass(x_client: Any, text: str) -> None:
    assert x_client.create_tweet(text=text).data["id"]


@pytest.mark.parametrize("text", ["a" * 281, "日" * 141, "https://example.org/a " + "b" * 257, "a\u202eb"])
def test_more_is_not_permitted(x_client: Any, x_session: Any, text: str) -> None:
    with pytest.raises(tweepy.Forbidden, match="You are not permitted to perform this action"):
        x_client.create_tweet(text=text)
    assert x_session.last.json()["type"] == "about:blank"


def test_a_premium_account_may_write_more(x_client: Any, control: Any) -> None:
    control("PUT", "accounts", [{"platform": "x", "address": "@mfa", "premium": True}])
    assert x_client.create_tweet(text="a" * 25_000).data["id"]
    with pytest.raises(tweepy.Forbidden):
        x_client.create_tweet(text="a" * 25_001)


def test_the_same_text_twice_is_a_duplicate_while_it_stands(x_client: Any, x_session: Any, control: Any) -> None:
    first = x_client.create_tweet(text="Same text")
    with pytest.raises(tweepy.Forbidden):
        x_client.create_tweet(text="  Same text ")
    assert x_session.last.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    x_client.delete_tweet(first.data["id"])
    assert x_client.create_tweet(text="Same text").data["id"] != first.data["id"]
    control("PUT", "limits", {"x_duplicate_hours": None})
    assert x_client.create_tweet(text="Same text").data["id"]
    assert control("GET", "counts?marker=Same") == {"x:MFA": 3}


def test_a_reply_needs_something_that_stands(x_client: Any, control: Any) -> None:
    first = x_client.create_tweet(text="first").data["id"]
    reply = x_client.create_tweet(text="second", in_reply_to_tweet_id=first).data["id"]
    assert [each["reply_to"] for each in control("GET", "publications?platform=x")] == [None, first]
    x_client.delete_tweet(first)
    with pytest.raises(tweepy.Forbidden, match="deleted or not visible to you"):
        x_client.create_tweet(text="third", in_reply_to_tweet_id=first)
    (shown,) = x_client.get_users_tweets(
        x_client.get_me().data.id, tweet_fields=["referenced_tweets"], user_auth=True
    ).data
    assert (str(shown.id), shown.referenced_tweets[0].id) == (reply, int(first))


def test_deleting_what_is_not_there(
    x_client: Any, x_session: Any, make_x_client: Any, x_secrets: Any, control: Any
) -> None:
    other = x_secrets | {"access_token": "222", "bearer_token": "other"}
    control("PUT", "accounts", [{"platform": "x", "address": "other", "secrets": other}])
    mine = x_client.create_tweet(text="mine").data["id"]
    with pytest.raises(tweepy.Forbidden):
        make_x_client(other).delete_tweet(mine)
    assert x_client.delete_tweet(mine).data == {"deleted": True}
    with pytest.raises(tweepy.NotFound):
        x_client.delete_tweet(mine)
    assert x_session.last.json()["type"] == "https://api.twitter.com/2/problems/resource-not-found"


def test_the_timeline_is_read_back(x_client: Any, x_session: Any) -> None:
    me = x_client.get_me(user_fields=["public_metrics"]).data
    assert (me.username, me.name, me.public_metrics["followers_count"]) == ("MFA", "The ministry", 42)
    assert x_client.get_users_tweets(me.id, user_auth=True).meta == {"result_count": 0}
    ids = [x_client.create_tweet(text=f"post {number}").data["id"] for number in range(7)]
    before = datetime.fromtimestamp(time.time(), UTC)
    page = x_client.get_users_tweets(me.id, max_results=5, tweet_fields=["created_at", "text"], user_auth=True)
    assert [str(tweet.id) for tweet in page.data] == ids[:1:-1]
    assert page.meta["newest_id"] == ids[-1]
    assert before - timedelta(seconds=5) < page.data[0].created_at <= before
    rest = x_client.get_users_tweets(me.id, max_results=5, pagination_token=page.meta["next_token"], user_auth=True)
    assert [str(tweet.id) for tweet in rest.data] == ids[1::-1]
    assert "next_token" not in rest.meta
    since = x_client.get_users_tweets(me.id, since_id=ids[4], user_auth=True)
    assert [str(tweet.id) for tweet in since.data] == ids[:4:-1]
    until = x_client.get_users_tweets(me.id, until_id=ids[2], user_auth=True)
    assert [str(tweet.id) for tweet in until.data] == ids[1::-1]
    later = x_client.get_users_tweets(me.id, start_time=before + timedelta(seconds=2), user_auth=True)
    assert later.data is None
    x_client.delete_tweet(ids[-1])
    assert str(x_client.get_users_tweets(me.id, user_auth=True).data[0].id) == ids[-2]
    x_client.get_users_tweets(1, user_auth=True)
    assert x_session.last.json()["errors"][0]["resource_type"] == "user"


@pytest.mark.parametrize(
    "params",
    [
        {"max_results": 4},
        {"max_results": 101},
        {"start_time": "yesterday"},
        {"since_id": "x"},
        {"pagination_token": "!"},
    ],
)
def test_a_wrong_question_is_an_invalid_request(x_client: Any, x_session: Any, params: dict[str, Any]) -> None:
    with pytest.raises(tweepy.BadRequest):
        x_client.get_users_tweets(x_client.get_me().data.id, user_auth=True, **params)
    assert x_session.last.json()["type"].endswith("/invalid-request")


def test_links_come_back_shortened_and_signs_escaped(x_client: Any, control: Any) -> None:
    text = "K7/1 <b> & 😀 https://crisis.example.org/a/K7?x=1&y=2 end"
    x_client.create_tweet(text=text)
    me = x_client.get_me().data.id
    tweet = x_client.get_users_tweets(me, tweet_fields=["entities"], user_auth=True).data[0]
    assert re.fullmatch(r"K7/1 &lt;b&gt; &amp; 😀 https://t\.co/\w{10} end", tweet.text)
    link = tweet.entities["urls"][0]
    assert link["expanded_url"] == "https://crisis.example.org/a/K7?x=1&y=2"
    assert tweet.text[link["start"] : link["end"]] == link["url"]
    assert control("GET", "publications?marker=K7/1")[0]["text"] == text
    assert wire_text("nothing") == ("nothing", [])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Requires either text or media"),
        ({"text": ""}, "Requires either text or media"),
        ({"text": 5}, "must be a string"),
        ({"text": "x", "colour": "red"}, "$.colour: is not defined in the schema"),
        ({"text": "x", "media": {"media_ids": ["1"]}}, "Your media IDs are invalid."),
        ({"text": "x", "media": "1"}, "$.media: must be an object"),
        ({"text": "x", "reply": ["1"]}, "$.reply: must be an object"),
    ],
)
def test_a_wrong_body_is_an_invalid_request(raw: Any, x_secrets: Any, body: dict[str, Any], words: str) -> None:
    answer = raw("POST", "/x/2/tweets", json=body, headers={"Authorization": "Bearer " + x_secrets["bearer_token"]})
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"
    assert words in answer.json()["errors"][0]["message"]


def test_a_body_must_be_json(raw: Any, x_secrets: Any) -> None:
    headers = {"Authorization": "Bearer " + x_secrets["bearer_token"]}
    assert raw("POST", "/x/2/tweets", data={"text": "x"}, headers=headers).status_code == 400
    headers["Content-Type"] = "application/json"
    assert raw("POST", "/x/2/tweets", data=b"{", headers=headers).status_code == 400
    assert raw("POST", "/x/2/tweets", data=b'{"text": "\\ud83d"}', headers=headers).status_code == 400


def test_a_picture_is_uploaded_described_and_posted(
    x_client: Any, raw: Any, control: Any, x_secrets: Any, picture: bytes
) -> None:
    media = {"media": base64.b64encode(picture).decode(), "media_category": "tweet_image"}
    uploaded = x_client._make_request("POST", "/2/media/upload", json=media, user_auth=True).data
    described = {"id": uploaded["id"], "metadata": {"alt_text": {"text": "A map"}}}
    x_client._make_request("POST", "/2/media/metadata", json=described, user_auth=True)
    x_client.create_tweet(text="with a map", media_ids=[uploaded["id"]])
    assert control("GET", "publications?marker=with")[0]["pictures"] == [uploaded["id"]]
    assert raw("GET", f"/_pictures/{uploaded['id']}").content == picture
    headers = {"Authorization": "Bearer " + x_secrets["bearer_token"]}
    form = raw("POST", "/x/2/media/upload", files={"media": ("a.png", picture)}, headers=headers)
    assert form.json()["data"]["size"] == len(picture)


@pytest.mark.parametrize(
    "media",
    ["", "!!!", base64.b64encode(b"no picture").decode(), base64.b64encode(b"\xff\xd8" + b"0" * 5_300_000).decode()],
)
def test_what_is_no_picture_is_refused(x_client: Any, media: str) -> None:
    with pytest.raises(tweepy.BadRequest):
        x_client._make_request("POST", "/2/media/upload", json={"media": media}, user_auth=True)
    with pytest.raises(tweepy.BadRequest):
        x_client._make_request("POST", "/2/media/metadata", json={"id": "1", "metadata": {}}, user_auth=True)


def test_limits_are_announced_on_every_answer_and_kept(x_client: Any, x_session: Any, control: Any) -> None:
    control("PUT", "limits", {"x_posts_per_15_minutes": 3})
    for left in (2, 1, 0):
        x_client.create_tweet(text=f"{left} left")
        assert x_session.last.headers["x-rate-limit-limit"] == "3"
        assert x_session.last.headers["x-rate-limit-remaining"] == str(left)
        assert 890 < int(x_session.last.headers["x-rate-limit-reset"]) - time.time() <= 901
    with pytest.raises(tweepy.TooManyRequests) as raised:
        x_client.create_tweet(text="one too many")
    assert raised.value.reset_time == int(x_session.last.headers["x-rate-limit-reset"])
    x_client.get_me()
    assert x_session.last.headers["x-rate-limit-limit"] == "75"


def test_a_hundred_posts_in_fifteen_minutes_are_the_limit(raw: Any, x_secrets: Any) -> None:
    headers = {"Authorization": "Bearer " + x_secrets["bearer_token"]}
    statuses = [
        raw("POST", "/x/2/tweets", json={"text": f"post {number}"}, headers=headers).status_code
        for number in range(101)
    ]
    assert statuses == [201] * 100 + [429]
