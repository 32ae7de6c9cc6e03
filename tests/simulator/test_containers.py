"""Instagram and Threads, without our adapters: what their documents say of containers, and what they refuse."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest

from tests.pictures import drawn, serving

SECRET = "app-secret"
ACCOUNTS = [
    {"platform": "instagram", "address": "mfa", "platform_id": "17000000000000001",
     "secrets": {"page_token": "insta-token", "app_secret": SECRET}},
    {"platform": "instagram", "address": "other", "platform_id": "17000000000000002", "secrets": {"page_token": "other-token"}},
    {"platform": "threads", "address": "mfa", "platform_id": "17000000000000003", "secrets": {"access_token": "threads-token"}},
]  # fmt: skip
PROOF = hmac.new(SECRET.encode(), b"insta-token", hashlib.sha256).hexdigest()
SIZES = {"square": (100, 100), "wide": (400, 100), "tall": (100, 400)}


def _picture(path: str) -> bytes:
    """Draw /square.jpeg, /wide.jpeg, /square.png and the like."""
    name, _, kind = path.strip("/").partition(".")
    return drawn(*SIZES[name], kind)


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with serving(_picture) as address:
        yield address


@pytest.fixture(autouse=True)
def _accounts(control: Any) -> None:
    control("PUT", "accounts", ACCOUNTS)


@pytest.fixture
def ask(raw: Any) -> Any:
    def ask(method: str, path: str, token: str = "insta-token", **form: str) -> Any:  # noqa: S107 - a token of this test
        where = "threads/v1.0" if token == "threads-token" else "graph-instagram/v25.0"
        proof = {"appsecret_proof": PROOF} if token == "insta-token" else {}
        sent = {"data": proof | form} if method == "POST" else {"params": proof | form}
        return raw(method, f"/{where}/{path}", headers={"Authorization": f"Bearer {token}"}, **sent)

    return ask


def told(answer: Any) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


MEDIA = "17000000000000001/media"


def test_a_container_is_published_once(ask: Any, pictures: str) -> None:
    made = ask("POST", MEDIA, image_url=f"{pictures}/square.jpeg", caption="Stay outside").json()["id"]
    assert ask("GET", made, fields="status_code").json() == {"status_code": "FINISHED", "id": made}
    assert ask("GET", MEDIA, fields="id").json() == {"data": []}
    published = ask("POST", "17000000000000001/media_publish", creation_id=made).json()["id"]
    assert ask("GET", made, fields="status_code").json()["status_code"] == "PUBLISHED"
    (listed,) = ask("GET", MEDIA, fields="id,caption").json()["data"]
    assert listed == {"id": published, "caption": "Stay outside"}
    assert told(ask("POST", "17000000000000001/media_publish", creation_id=made)) == (24, 2207006)
    assert ask("DELETE", published).json()["success"] is True
    assert told(ask("DELETE", published)) == (100, 33)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [("wide.jpeg", (36003, 2207009)), ("tall.jpeg", (36003, 2207009)), ("square.png", (36001, 2207005))],
)
def test_a_picture_has_its_form(ask: Any, pictures: str, picture: str, expected: tuple[int, int]) -> None:
    assert told(ask("POST", MEDIA, image_url=f"{pictures}/{picture}")) == expected


@pytest.mark.parametrize(
    "address", ["https://example.org/a.jpg", "http://127.0.0.1:9/a.jpg", "file:///etc/passwd", "x"]
)
def test_nothing_is_fetched_but_from_this_machine(ask: Any, address: str) -> None:
    assert told(ask("POST", MEDIA, image_url=address)) == (9004, 2207052)


def test_a_caption_has_at_most_30_hashtags(ask: Any, pictures: str) -> None:
    picture = f"{pictures}/square.jpeg"
    assert "id" in ask("POST", MEDIA, image_url=picture, caption="#a " * 30).json()
    assert told(ask("POST", MEDIA, image_url=picture, caption="#a " * 31)) == (36004, 2207010)


def test_each_account_has_its_own_containers(ask: Any, pictures: str) -> None:
    made = ask("POST", MEDIA, image_url=f"{pictures}/square.jpeg").json()["id"]
    assert told(ask("GET", made, "other-token", fields="status_code")) == (100, 33)
    assert told(ask("POST", "17000000000000002/media_publish", "other-token", creation_id=made)) == (24, 2207006)
    assert told(ask("POST", "17000000000000001/media_publish", "other-token", creation_id=made)) == (100, 33)


def test_a_page_proves_its_app(ask: Any) -> None:
    assert told(ask("GET", "17000000000000001", appsecret_proof="wrong")) == (100, None)


def test_threads_takes_a_text_alone_and_answers(ask: Any) -> None:
    def publish(**form: str) -> Any:
        made = ask("POST", "me/threads", "threads-token", media_type="TEXT", **form)
        return ask("POST", "me/threads_publish", "threads-token", creation_id=made.json()["id"]).json()["id"]

    first = publish(text="Stay outside")
    publish(text="and away", reply_to_id=first)
    listed = ask("GET", "me/threads", "threads-token", fields="text").json()["data"]
    assert [each["text"] for each in listed] == ["and away", "Stay outside"]


@pytest.mark.parametrize(
    "form",
    [{}, {"media_type": "TEXT"}, {"media_type": "IMAGE", "text": "a"}, {"media_type": "VIDEO", "text": "a"},
     {"media_type": "TEXT", "text": "a" * 501}, {"media_type": "TEXT", "text": "🚨" * 126}],
)  # fmt: skip
def test_threads_refuses_what_is_none_of_its_posts(ask: Any, form: dict[str, str]) -> None:
    assert told(ask("POST", "me/threads", "threads-token", **form))[0] == 100
