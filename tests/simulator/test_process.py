"""The simulator as a process: its command line, its stop, its memory."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.__main__ import main
from simulator.testing import running
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
TOKEN = "123456:AAtest-token"


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-W", "error", "-m", "simulator", "--port", str(free_port()), *arguments]
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert started.stdout is not None
        yield started, started.stdout.readline().strip().removeprefix("simulator: ")
    finally:
        started.kill()
        started.communicate()


def ask(method: str, url: str, **kwargs: Any) -> Any:
    with requests.Session() as session:
        return session.request(method, url, timeout=10, **kwargs)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_and_keeps_everything(tmp_path: Path, stop: signal.Signals) -> None:
    data = str(tmp_path / "deep" / "simulator.sqlite3")
    with process("--data", data) as (first, url):
        ask("PUT", f"{url}/_control/bots", json=[{"token": TOKEN, "username": "tocsin_bot"}])
        ask("PUT", f"{url}/_control/accounts", json=[{"platform": "telegram", "address": "@mfa_alerts"}])
        ask("PUT", f"{url}/_control/people", json=[{"chat_id": 77, "started": True, "delay_s": [0, 2]}])
        ask("PUT", f"{url}/_control/limits", json={"telegram_per_second": 7})
        ask("POST", f"{url}/telegram/bot{TOKEN}/sendMessage", json={"chat_id": "@mfa_alerts", "text": "K7/1"})
        update_id = ask("POST", f"{url}/_control/people/77/act", json={"kind": "text", "text": "hi"}).json()[
            "update_id"
        ]
        ask("POST", f"{url}/_control/people/77/act", json={"kind": "block"})
        polling = threading.Thread(target=_poll, args=(url, update_id + 9))
        polling.start()
        time.sleep(0.3)
        began = time.monotonic()
        first.send_signal(stop)
        _, errors = first.communicate(timeout=5)
        assert (first.returncode, errors) == (0, "")
        assert time.monotonic() - began < 2
        polling.join()
    with running(data=Path(data)) as second:
        health = second.control("GET", "health")
        assert [health[name] for name in ("accounts", "bots", "people", "publications", "messages")] == [1, 1, 1, 1, 2]
        assert second.control("GET", "limits")["telegram_per_second"] == 7
        assert second.control("GET", "chats/77")["state"] == "blocked"
        message = {"chat_id": "@mfa_alerts", "text": "K7/2"}
        sent = ask("POST", f"{second.url}/telegram/bot{TOKEN}/sendMessage", json=message).json()
        assert sent["result"]["message_id"] == 2


def _poll(url: str, offset: int) -> None:
    with suppress(requests.ConnectionError):
        ask("GET", f"{url}/telegram/bot{TOKEN}/getUpdates", params={"timeout": 50, "offset": offset})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])  # noqa: S104 - refused
def test_only_loopback_is_listened_on(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", host, "--port", "0"]) == 2
    error = capsys.readouterr().err
    assert (host in error, error.count("\n"), "loopback only" in error) == (True, 1, True)


def test_a_taken_port_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert error == f"simulator: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert main(["--port", "99999"]) == 2


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "simulator.sqlite3"
    data.write_text("this is a letter, not a database, and it is long enough to be read as one" * 20)
    assert main(["--port", "0", "--data", str(data)]) == 2
    error = capsys.readouterr().err
    assert (str(data) in error, error.count("\n")) == (True, 1)


def test_a_stop_does_not_wait_for_slow_answers() -> None:
    with running() as simulator:
        ask("PUT", f"{simulator.url}/_control/bots", json=[{"token": TOKEN, "username": "tocsin_bot"}])
        for name in ("slow_before", "slow_after", "drip"):
            fault = {"fault": name, "platform": "telegram", "times": 1, "params": {"seconds": 30}}
            ask("POST", f"{simulator.url}/_control/faults", json=fault)
        clients = [threading.Thread(target=_get_me, args=(simulator.url,)) for _ in range(3)]
        for client in clients:
            client.start()
        time.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    for client in clients:
        client.join(5)
        assert not client.is_alive()


def _get_me(url: str) -> None:
    with suppress(requests.RequestException):
        ask("GET", f"{url}/telegram/bot{TOKEN}/getMe")


def test_a_webhook_and_what_waits_for_it_outlive_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "simulator.sqlite3"
    with running(data=data) as first:
        ask("PUT", f"{first.url}/_control/bots", json=[{"token": TOKEN, "username": "tocsin_bot"}])
        ask("PUT", f"{first.url}/_control/people", json=[{"chat_id": 77}])
        ask("POST", f"{first.url}/telegram/bot{TOKEN}/setWebhook", json={"url": "http://127.0.0.1:9/hook"})
        ask("POST", f"{first.url}/_control/people/77/act", json={"kind": "text", "text": "hi"})
    with running(data=data) as second:
        info = ask("GET", f"{second.url}/telegram/bot{TOKEN}/getWebhookInfo").json()["result"]
        assert (info["url"], info["pending_update_count"]) == ("http://127.0.0.1:9/hook", 1)


def test_two_run_side_by_side() -> None:
    with running() as one, running() as other:
        assert one.url != other.url
        one.control("PUT", "people", [{"chat_id": 1}])
        assert other.control("GET", "health")["people"] == 0
        with pytest.raises(ValueError, match="there is no person 1"):
            other.control("POST", "people/1/act", {"kind": "text", "text": "x"})


def test_another_server_cannot_cut_and_says_so() -> None:
    import asyncio

    from simulator.exchange import Exchange

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        return None

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    with pytest.raises(RuntimeError, match="only the simulator's own server"):
        asyncio.run(Exchange(scope, receive, send, asyncio.Event()).hang_up())
