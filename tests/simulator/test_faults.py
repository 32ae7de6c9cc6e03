"""Every fault on every platform where it exists: what the real client libraries make of it, and what is stored."""

import contextlib
import time
import warnings
from typing import Any

import pytest
import requests
import telegram.error
import tweepy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # see conftest
    import facebook

PLATFORMS = ("telegram", "x", "facebook")
CUT: dict[str, type[BaseException]] = {
    "telegram": telegram.error.NetworkError,
    "x": requests.ConnectionError,
    "facebook": requests.ConnectionError,
}
LATE: dict[str, type[BaseException]] = {
    "telegram": telegram.error.TimedOut,
    "x": requests.ReadTimeout,
    "facebook": requests.ReadTimeout,
}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("name", "stored"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_connection(
    failure: Any, publish: Any, control: Any, stands: Any, struck: Any, platform: str, name: str, stored: int
) -> None:
    control.fault(name, platform, times=1)
    error = failure(lambda: publish[platform]("K7/1"))
    assert isinstance(error, CUT[platform])
    cause = str(error.__cause__ or error)
    assert "without sending" in cause or "without response" in cause
    assert (stands("K7/1"), struck()) == (stored, 1)
    assert control("GET", "requests")["requests"][platform]
    assert publish[platform]("K8/1")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_answer_cut_in_the_middle(failure: Any, publish: Any, control: Any, stands: Any, platform: str) -> None:
    control.fault("cut_within", platform, times=1)
    error = failure(lambda: publish[platform]("K7/1"))
    expected = telegram.error.NetworkError if platform == "telegram" else requests.exceptions.ChunkedEncodingError
    assert isinstance(error, expected)
    assert stands("K7/1") == 1


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.usefixtures("impatient")
def test_an_answer_that_comes_too_late_although_it_is_stored(
    failure: Any, publish: Any, control: Any, stands: Any, platform: str
) -> None:
    control.fault("slow_after", platform, times=1, params={"seconds": 5})
    assert isinstance(failure(lambda: publish[platform]("K7/1")), LATE[platform])
    assert stands("K7/1") == 1


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.usefixtures("impatient")
def test_a_client_that_leaves_before_anything_is_stored(
    failure: Any, publish: Any, control: Any, stands: Any, platform: str
) -> None:
    control.fault("slow_before", platform, times=1, params={"seconds": 0.3})
    assert isinstance(failure(lambda: publish[platform]("K7/1")), LATE[platform])
    time.sleep(0.25)
    assert stands("K7/1") == 0


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", ["slow_before", "slow_after"])
def test_a_slow_answer_arrives(publish: Any, control: Any, platform: str, name: str) -> None:
    control.fault(name, platform, times=1, params={"seconds": 0.1})
    began = time.monotonic()
    assert publish[platform]("K7/1")
    assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_dripping_answer_is_whole_at_the_end(publish: Any, control: Any, stands: Any, platform: str) -> None:
    control.fault("drip", platform, times=1, params={"seconds": 0.0005})
    assert publish[platform]("K7/1")
    assert stands("K7/1") == 1


HTML_ERRORS = {
    "telegram": (telegram.error.NetworkError, "Parsing the server response"),
    "x": (tweepy.TwitterServerError, ""),
    "facebook": (facebook.GraphAPIError, "Maintype was not text"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_error_in_html(failure: Any, publish: Any, control: Any, stands: Any, platform: str) -> None:
    control.fault("error_html", platform, times=1, params={"status": 503})
    error = failure(lambda: publish[platform]("K7/1"))
    assert isinstance(error, HTML_ERRORS[platform][0])
    assert HTML_ERRORS[platform][1] in str(error)
    assert stands("K7/1") == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_error_after_all_was_stored(failure: Any, publish: Any, control: Any, stands: Any, platform: str) -> None:
    control.fault("error_html", platform, times=1, params={"stored": True})
    assert failure(lambda: publish[platform]("K7/1")) is not None
    assert stands("K7/1") == 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_error_in_json(failure: Any, control: Any, publish: Any, platform: str) -> None:
    body = {"error": {"message": "Please retry", "type": "OAuthException", "code": 2, "is_transient": True}}
    control.fault("error_json", platform, times=1, params={"status": 500, "body": body})
    error = failure(lambda: publish[platform]("K7/1"))
    assert isinstance(error, HTML_ERRORS[platform][0])
    if platform == "facebook":
        assert error.code == 2


def test_an_empty_json_error_looks_like_success_to_facebook_sdk(
    failure: Any, publish: Any, graph: Any, control: Any
) -> None:
    control.fault("empty_json", "facebook", times=1)
    assert graph.put_object("me", "feed", message="K7/1") == {}
    assert graph.session.last.status_code == 500
    for platform in ("telegram", "x"):
        control.fault("empty_json", platform, times=1)
        assert isinstance(failure(lambda: publish[platform]("K7/1")), HTML_ERRORS[platform][0])  # noqa: B023


UNREADABLE = {
    "telegram": telegram.error.TelegramError,
    "x": requests.JSONDecodeError,
    "facebook": facebook.GraphAPIError,
}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("name", "stored"), [("garbage_2xx", 0), ("created_garbage", 1)])
def test_a_success_in_html(
    failure: Any, publish: Any, control: Any, stands: Any, platform: str, name: str, stored: int
) -> None:
    control.fault(name, platform, times=1)
    assert isinstance(failure(lambda: publish[platform]("K7/1")), UNREADABLE[platform])
    assert stands("K7/1") == stored


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_success_that_is_a_list(failure: Any, publish: Any, control: Any, stands: Any, platform: str) -> None:
    control.fault("array_2xx", platform, times=1)
    assert failure(lambda: publish[platform]("K7/1")) is not None
    assert stands("K7/1") == 0


def test_an_answer_without_a_content_type_confuses_facebook_sdk(failure: Any, publish: Any, control: Any) -> None:
    control.fault("error_html", "facebook", times=1, params={"content_type": None})
    assert isinstance(failure(lambda: publish["facebook"]("K7/1")), KeyError)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_redirect_goes_where_it_is_told(
    failure: Any, publish: Any, control: Any, x_session: Any, graph: Any, platform: str
) -> None:
    control.fault("redirect", platform, times=1, params={"to": "http://127.0.0.1:9/elsewhere"})
    assert failure(lambda: publish[platform]("K7/1")) is not None
    session = {"x": x_session, "facebook": graph.session}.get(platform)
    if session is not None:
        assert (session.last.status_code, session.last.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_answer_of_any_size(
    failure: Any, publish: Any, control: Any, x_session: Any, graph: Any, platform: str
) -> None:
    control.fault("answer_bytes", platform, times=1, params={"size": 3_000_000})
    assert failure(lambda: publish[platform]("K7/1")) is not None
    session = {"x": x_session, "facebook": graph.session}.get(platform)
    if session is not None:
        assert len(session.last.content) == 3_000_000


REVOKED = {"telegram": telegram.error.InvalidToken, "x": tweepy.Unauthorized, "facebook": facebook.GraphAPIError}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_that_is_revoked_until_the_fault_is_cleared(
    failure: Any, publish: Any, control: Any, stands: Any, struck: Any, platform: str
) -> None:
    fault_id = control.fault("unauthorized", platform)
    for _ in range(3):
        error = failure(lambda: publish[platform]("K7/1"))
        assert isinstance(error, REVOKED[platform])
    if platform == "facebook":
        assert (error.code, error.result["error"]["error_subcode"]) == (190, 460)
    assert (stands("K7/1"), struck()) == (0, 3)
    control("DELETE", f"faults/{fault_id}")
    assert publish[platform]("K7/1")


def test_a_suspended_account(failure: Any, publish: Any, control: Any, x_session: Any) -> None:
    for platform in PLATFORMS:
        control.fault("suspended", platform, times=1)
    assert "bot was kicked from the channel chat" in str(failure(lambda: publish["telegram"]("K7/1")))
    assert isinstance(failure(lambda: publish["x"]("K7/1")), tweepy.Forbidden)
    assert "suspended" in x_session.last.json()["type"]
    error = failure(lambda: publish["facebook"]("K7/1"))
    assert (error.code, error.result["error"]["error_subcode"]) == (190, 459)
    for code in (64, 326, 226, 89, 185, 187):
        control.fault("suspended", "x", times=1, params={"code": code})
        assert isinstance(failure(lambda: publish["x"]("K7/1")), tweepy.Forbidden)
        assert x_session.last.json()["errors"][0]["code"] == code


def test_a_used_up_quota(failure: Any, publish: Any, control: Any, call_bot: Any, x_session: Any) -> None:
    for platform in PLATFORMS:
        control.fault("quota", platform, times=1)
    assert isinstance(failure(lambda: publish["x"]("K7/1")), tweepy.HTTPException)
    assert (x_session.last.status_code, x_session.last.json()["title"]) == (402, "CreditsDepleted")
    error = failure(lambda: publish["facebook"]("K7/1"))
    assert (error.code, error.result["error"]["error_subcode"]) == (368, 1390008)
    assert call_bot("sendMessage", chat_id=77, text="x")["parameters"] == {"retry_after": 36000}
    control.fault("quota", "x", times=1, params={"kind": "usage-capped"})
    assert isinstance(failure(lambda: publish["x"]("K7/1")), tweepy.TooManyRequests)
    assert x_session.last.json()["type"].endswith("usage-capped")


def test_a_duplicate(failure: Any, publish: Any, control: Any, stands: Any) -> None:
    for platform in ("x", "facebook"):
        control.fault("duplicate", platform, times=1)
    assert "duplicate content" in str(failure(lambda: publish["x"]("K7/1")))
    assert failure(lambda: publish["facebook"]("K7/1")).code == 506
    assert stands("K7/1") == 0


def test_rate_limits_with_and_without_their_time(
    failure: Any, publish: Any, control: Any, call_bot: Any, x_session: Any, graph: Any
) -> None:
    for platform in PLATFORMS:
        control.fault("rate_limit", platform, times=1, params={"retry_after": 120})
        control.fault("rate_limit", platform, times=1, params={"retry_after": None})
    timed, timeless = (call_bot("sendMessage", chat_id=77, text="x") for _ in range(2))
    assert (timed["status"], timed["parameters"], timed["headers"]["Retry-After"]) == (429, {"retry_after": 120}, "120")
    assert (timeless["status"], "parameters" in timeless, "Retry-After" in timeless["headers"]) == (429, False, False)
    error = failure(lambda: publish["x"]("K7/1"))
    assert isinstance(error, tweepy.TooManyRequests)
    assert 118 <= error.reset_time - time.time() <= 121
    assert failure(lambda: publish["x"]("K7/1")).reset_time is None
    assert failure(lambda: publish["facebook"]("K7/1")).code == 32
    usage = graph.session.last.headers["X-Business-Use-Case-Usage"]
    assert '"estimated_time_to_regain_access":2' in usage
    assert failure(lambda: publish["facebook"]("K7/1")).code == 32
    assert "X-Business-Use-Case-Usage" not in graph.session.last.headers


def test_rate_limits_of_the_whole_app(failure: Any, publish: Any, control: Any, x_session: Any, graph: Any) -> None:
    params = {"retry_after": 60, "scope": "app"}
    for platform in ("x", "facebook"):
        control.fault("rate_limit", platform, account="somebody else", times=1, params=params)
    assert isinstance(failure(lambda: publish["x"]("K7/1")), tweepy.TooManyRequests)
    assert x_session.last.headers["x-app-limit-24hour-remaining"] == "0"
    assert failure(lambda: publish["facebook"]("K7/1")).code == 4
    assert '"call_count":101' in graph.session.last.headers["X-App-Usage"]


@pytest.mark.parametrize(
    ("reason", "error", "words"),
    [
        (None, telegram.error.Forbidden, "bot was blocked by the user"),
        ("deactivated", telegram.error.Forbidden, "user is deactivated"),
        ("kicked", telegram.error.Forbidden, "bot was kicked from the channel chat"),
        ("not_found", telegram.error.BadRequest, "Chat not found"),
    ],
)
def test_a_recipient_who_is_gone(
    bot: Any, control: Any, reason: str | None, error: type[Exception], words: str
) -> None:
    control.fault("gone", "telegram", chat=77, times=1, params={"reason": reason} if reason else {})
    assert bot("send_message", "@mfa_alerts", "others hear it").message_id == 1
    with pytest.raises(error, match=words):
        bot("send_message", 77, "x")


def test_a_group_that_has_moved(bot: Any, control: Any) -> None:
    control.fault("migrated", "telegram", account="@MFA_alerts", params={"to": -1009876543210})
    with pytest.raises(telegram.error.ChatMigrated) as raised:
        bot("send_message", "@mfa_alerts", "x")
    assert raised.value.new_chat_id == -1009876543210


def test_a_publication_that_lists_do_not_show_yet(publish: Any, control: Any, x_client: Any, graph: Any) -> None:
    me = x_client.get_me().data.id
    for platform in ("x", "facebook"):
        control.fault("hidden_for", platform, params={"seconds": 0.4})
        publish[platform]("K7/1")
    assert x_client.get_users_tweets(me, user_auth=True).data is None
    assert graph.get_connections("me", "published_posts")["data"] == []
    time.sleep(0.4)
    assert x_client.get_users_tweets(me, user_auth=True).data[0].text == "K7/1"
    assert graph.get_connections("me", "published_posts")["data"][0]["message"] == "K7/1"


def test_what_is_to_be_changed_is_not_there(publish: Any, control: Any, bot: Any, x_client: Any, graph: Any) -> None:
    ids = {platform: publish[platform]("K7/1") for platform in PLATFORMS}
    for platform in PLATFORMS:
        control.fault("edit_missing", platform)
    with pytest.raises(telegram.error.BadRequest, match="Message to edit not found"):
        bot("edit_message_text", "x", chat_id="@mfa_alerts", message_id=int(ids["telegram"]))
    with pytest.raises(telegram.error.BadRequest, match="Message to delete not found"):
        bot("delete_message", "@mfa_alerts", int(ids["telegram"]))
    with pytest.raises(tweepy.NotFound):
        x_client.delete_tweet(ids["x"])
    with pytest.raises(facebook.GraphAPIError) as raised:
        graph.delete_object(ids["facebook"])
    assert (raised.value.code, raised.value.result["error"]["error_subcode"]) == (100, 33)


def test_raw_sockets_see_the_cut(simulator: Any, control: Any) -> None:
    import socket

    def ask(name: str) -> bytes:
        control.fault(name, "telegram", times=1)
        with socket.create_connection(("127.0.0.1", simulator.port), timeout=3) as connection:
            connection.sendall(b"GET /telegram/bot123456:AAtest-token/getMe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(4096):
                    received += piece
        return received

    assert ask("cut_before") == b""
    assert ask("cut_after") == b""
    head, _, body = ask("cut_within").partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    assert 0 < len(body) < length
