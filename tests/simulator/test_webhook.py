"""Webhooks: the secret, the order, the patience."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from telegram.error import BadRequest, Conflict


class Receiver:
    """A webhook that answers with the statuses it is told, and 200 when it is told none."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str | None, dict[str, Any]]] = []
        self.statuses: list[tuple[int, dict[str, str]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.got.append((time.monotonic(), self.headers.get("X-Telegram-Bot-Api-Secret-Token"), body))
                status, headers = receiver.statuses.pop(0) if receiver.statuses else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/telegram"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def wait_for(self, number: int, seconds: float = 6) -> list[dict[str, Any]]:
        deadline = time.monotonic() + seconds
        while len(self.got) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        return [body for _, _, body in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


def test_updates_are_posted_with_the_secret_and_in_order(bot: Any, control: Any, receiver: Receiver) -> None:
    waited = control.act(77, "text", text="0")["update_id"]
    assert bot("set_webhook", receiver.url, secret_token="s3cret_-X") is True
    for number in range(1, 6):
        control.act(77, "text", text=f"{number}")
    updates = receiver.wait_for(6)
    assert texts(updates) == ["0", "1", "2", "3", "4", "5"]
    assert updates[0]["update_id"] == waited
    assert {secret for _, secret, _ in receiver.got} == {"s3cret_-X"}
    info = bot("get_webhook_info")
    assert (info.url, info.pending_update_count, info.last_error_message) == (receiver.url, 0, None)


def test_a_refused_update_is_repeated_and_the_chat_keeps_its_order(bot: Any, control: Any, receiver: Receiver) -> None:
    receiver.statuses = [(503, {}), (500, {"Retry-After": "1"})]
    bot("set_webhook", receiver.url)
    control.act(77, "text", text="first")
    control.act(77, "text", text="second")
    assert texts(receiver.wait_for(4)) == ["first", "first", "first", "second"]
    moments = [moment for moment, _, _ in receiver.got]
    assert moments[1] - moments[0] < 0.5
    assert 0.9 < moments[2] - moments[1] < 2
    assert bot("get_webhook_info").last_error_message == "Wrong response from the webhook: 500 Internal Server Error"


def test_the_delay_grows_up_to_a_limit(bot: Any, control: Any, receiver: Receiver) -> None:
    control("PUT", "limits", {"telegram_webhook_retry_max_seconds": 0.2})
    receiver.statuses = [(500, {})] * 4
    bot("set_webhook", receiver.url)
    control.act(77, "text", text="again and again")
    assert len(receiver.wait_for(5)) == 5
    moments = [moment for moment, _, _ in receiver.got]
    assert moments[2] - moments[1] >= 0.2


def test_one_chat_does_not_hold_up_another(bot: Any, control: Any, receiver: Receiver) -> None:
    control("PUT", "people", [{"chat_id": 78, "started": True}])
    receiver.statuses = [(500, {"Retry-After": "30"})]
    bot("set_webhook", receiver.url)
    control.act(77, "text", text="stuck")
    receiver.wait_for(1)
    control.act(78, "text", text="free")
    assert texts(receiver.wait_for(2)) == ["stuck", "free"]
    assert bot("get_webhook_info").pending_update_count == 1


def test_polling_and_a_webhook_exclude_each_other(bot: Any, control: Any, receiver: Receiver) -> None:
    bot("set_webhook", receiver.url)
    with pytest.raises(Conflict, match=r"(?i)can't use getupdates method while webhook is active"):
        bot("get_updates")
    assert bot("delete_webhook") is True
    control.act(77, "text", text="polled")
    assert [update.message.text for update in bot("get_updates")] == ["polled"]
    assert receiver.got == []


def test_setting_a_webhook_ends_a_long_poll(bot: Any, call_bot: Any, receiver: Receiver) -> None:
    answers: list[dict[str, Any]] = []
    poller = threading.Thread(target=lambda: answers.append(call_bot("getUpdates", timeout=4)))
    poller.start()
    time.sleep(0.2)
    bot("set_webhook", receiver.url)
    poller.join()
    assert (answers[0]["status"], answers[0]["description"]) == (409, "Conflict: terminated by setWebhook request")


def test_pending_updates_can_be_dropped(bot: Any, control: Any, receiver: Receiver) -> None:
    control.act(77, "text", text="old")
    bot("set_webhook", receiver.url, drop_pending_updates=True)
    control.act(77, "text", text="new")
    assert texts(receiver.wait_for(1)) == ["new"]
    bot("delete_webhook", drop_pending_updates=True)
    assert bot("get_updates") == ()


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://example.org/hook", None),
        ("http://example.org/hook", None),
        ("https://127.0.0.1/hook", None),
        ("http://127.0.0.1:9/hook", "no spaces"),
        ("http://127.0.0.1:9/hook", "ü"),
        ("http://127.0.0.1:9/hook", "a" * 257),
    ],
)
def test_a_webhook_elsewhere_or_a_bad_secret_is_refused(bot: Any, url: str, secret: str | None) -> None:
    with pytest.raises(BadRequest):
        bot("set_webhook", url, secret_token=secret)
    assert bot("get_webhook_info").url == ""


def test_a_webhook_that_is_not_there_is_remembered_as_an_error(bot: Any, control: Any) -> None:
    bot("set_webhook", "http://127.0.0.1:9/hook")
    control.act(77, "text", text="nobody listens")
    deadline = time.monotonic() + 3
    while not (info := bot("get_webhook_info")).last_error_message and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (info.pending_update_count, "Connection" in info.last_error_message) == (1, True)
    assert info.max_connections == 40
