"""Environment, guard and logs: a clear word for each mistake, and no secret in any of them."""

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import env, guard
from config.logging import JsonFormatter, LineFormatter, configure, redact
from demo import state
from tests.conftest import ROOT
from tests.servers import valkey


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-the-file\n")
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "token"))
    assert env.text("TOKEN") == "from-the-file"

    monkeypatch.setenv("TOKEN", "from-the-environment")
    with pytest.raises(ImproperlyConfigured, match="Both TOKEN and TOKEN_FILE"):
        env.text("TOKEN")

    monkeypatch.delenv("TOKEN")
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.text("TOKEN")


def test_what_is_not_set_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="Set NOWHERE_SET"):
        env.text("NOWHERE_SET")
    assert env.words("NOWHERE_SET", "a, b,,c") == ["a", "b", "c"]
    monkeypatch.setenv("ODD", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="yes or no"):
        env.flag("ODD")
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        env.number("ODD", 3)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"])
def test_loopback_is_this_machine(host: str) -> None:
    assert guard.is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "example.org", "127.0.0.1.nip.io", "localhost.evil.org", ""])  # noqa: S104
def test_everything_else_is_not(host: str) -> None:
    assert not guard.is_loopback(host)


def test_a_demo_refuses_a_broker_elsewhere_without_showing_its_password() -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        guard.require_loopback("REDIS_URL", "redis://:hunter2@redis.ministry.example:6379/0")
    assert "redis.ministry.example" in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert guard.require_loopback("REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.mark.parametrize(
    "value",
    [
        "short",
        "a" * 60,
        "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz",
        "changeme-0123456789-abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_a_default_key_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SECRET_KEY", value)
    with pytest.raises(ImproperlyConfigured) as raised:
        guard.require_key("TOCSIN_SECRET_KEY")
    assert value not in str(raised.value)


def test_keys_must_be_fernet_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Fernet.generate_key().decode()
    monkeypatch.setenv("TOCSIN_KEYS", f"{good}, {good}")
    assert guard.require_fernet_keys("TOCSIN_KEYS") == [good, good]
    for wrong in ("", "nonsense", "A" * 43 + "="):
        monkeypatch.setenv("TOCSIN_KEYS", wrong)
        with pytest.raises(ImproperlyConfigured):
            guard.require_fernet_keys("TOCSIN_KEYS")


@pytest.mark.parametrize(
    "url", ["http://alerts.example.org", "https://127.0.0.1", "https://localhost:8000", "alerts.example.org"]
)
def test_the_public_address_is_https_and_elsewhere(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    with pytest.raises(ImproperlyConfigured):
        guard.require_https("PUBLIC_URL")


SECRETS = [
    (
        "POST https://api.telegram.org/bot123456789:AAH-token_token_token_token_tok/sendMessage",
        "AAH-token_token_token_token_tok",
    ),
    ("GET /v25.0/me?access_token=EAABsbCS1iHg&fields=id", "EAABsbCS1iHg"),
    ("Authorization: Bearer AAAA.BBBB-CCCC", "AAAA.BBBB-CCCC"),
    ('OAuth oauth_token="12345-abcde", oauth_signature="xyz%3D"', "12345-abcde"),
    ("redis://:hunter2@127.0.0.1:8002/0 refused", "hunter2"),
    ("appsecret_proof=0123456789abcdef", "0123456789abcdef"),
    # With the first whoever reads the log signs in as an officer: Django writes down the address of whatever it refuses.
    (f"Forbidden (CSRF token missing.): /console/account/invitation/{'aB3_' * 10}xyz/", "aB3_aB3_"),
    (f"Internal Server Error: /seek/answer/WzEsMl0:1vPq3X:{'aB3_' * 10}xyz", "aB3_aB3_"),
    (f"Not Found: /seek/answer/WzEsMl0%3A1vPq3X%3A{'aB3_' * 10}xyz", "aB3_aB3_"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_log_line_shows_a_secret(text: str, secret: str) -> None:
    assert secret not in redact(text)
    try:
        raise ValueError(text)
    except ValueError:
        record = logging.LogRecord(
            "a", logging.ERROR, __file__, 1, "it broke: %s", (text,), exc_info=__import__("sys").exc_info()
        )
    record.__dict__ |= {"said": text, "nested": {"url": text}}
    assert secret not in LineFormatter().format(record)
    line = JsonFormatter().format(record)
    assert secret not in line
    assert "ValueError" in json.loads(line)["trace"]


def test_an_error_that_ends_a_process_shows_no_secret() -> None:
    code = (
        "from config.logging import configure; configure(level='INFO');"
        "raise ValueError('The token `123456789:AAH-token_token_token_token_tok` was rejected by the server.')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert "AAH-token_token_token_token_tok" not in done.stderr.splitlines()[-1]
    assert "<token>" in done.stderr.splitlines()[-1]


def test_a_line_has_its_ids() -> None:
    record = logging.LogRecord("tasks", logging.INFO, __file__, 1, "delivery settled", (), None)
    record.__dict__ |= {"alert": 3, "delivery": 12}
    line = LineFormatter().format(record)
    assert line.endswith("INFO tasks: delivery settled alert=3 delivery=12")
    assert line[10] == "T"


def test_as_json_a_line_has_its_ids_as_values() -> None:
    record = logging.LogRecord("tasks", logging.INFO, __file__, 1, "delivery %s", ("settled\nat last",), None)
    record.__dict__ |= {"alert": 3, "delivery": 12, "marker": "ABC123/1", "password": "hunter2", "at": "elsewhere"}
    line = JsonFormatter().format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert {name: told[name] for name in ("level", "logger", "words", "alert", "delivery", "marker")} == {
        "level": "INFO", "logger": "tasks", "words": "delivery settled\nat last", "alert": 3, "delivery": 12,
        "marker": "ABC123/1",
    }  # fmt: skip
    assert told["at"].endswith("Z"), "no field takes the place of the time"
    assert told["password"] == "<hidden>"


def test_a_task_that_broke_is_named_with_its_ids() -> None:
    record = logging.LogRecord("celery.app.trace", logging.ERROR, __file__, 1, "Task broke", (), None)
    record.__dict__["data"] = {"name": "tasks.broadcast.deliver", "args": "(12,)", "hostname": "x"}
    assert LineFormatter().format(record).endswith("Task broke args=(12,) task=tasks.broadcast.deliver")
    assert json.loads(JsonFormatter().format(record))["task"] == "tasks.broadcast.deliver"


def test_logs_have_one_of_two_forms() -> None:
    assert configure(level="INFO")["formatters"]["chosen"]["()"].endswith("LineFormatter")
    assert configure(level="INFO", form="json")["formatters"]["chosen"]["()"].endswith("JsonFormatter")
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT must be line or json, not 'xml'"):
        configure(level="INFO", form="xml")


def test_a_token_may_be_left_out_but_never_be_weak(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert guard.optional_token("METRICS_TOKEN") == ""
    for weak in ("short", "a" * 40, "changeme-changeme-changeme-0123"):
        monkeypatch.setenv("METRICS_TOKEN", weak)
        with pytest.raises(ImproperlyConfigured) as raised:
            guard.optional_token("METRICS_TOKEN")
        assert weak not in str(raised.value)
    monkeypatch.delenv("METRICS_TOKEN")
    (tmp_path / "token").write_text("q7Rk-0vZ2mN4bX6cL8sD1fG3hJ5\n")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / "token"))
    assert guard.optional_token("METRICS_TOKEN") == "q7Rk-0vZ2mN4bX6cL8sD1fG3hJ5"


def test_the_guard_against_the_workers_exit_is_still_needed() -> None:
    """Celery 5.7.0 dies when its broker goes away at the wrong moment; when this fails, the guard in config/celery.py can go."""
    from importlib.metadata import version

    from kombu.connection import Connection
    from kombu.transport import redis as transport
    from redis.exceptions import ConnectionError as RedisConnectionError

    assert version("celery").startswith("5.7."), (
        "try the 'hostname' exit again with this release, and drop the guard if it is gone"
    )
    connection: Any = Connection("redis://127.0.0.1:1/0")  # type: ignore[no-untyped-call]
    channel: Any = object.__new__(transport.Channel)
    channel.connection = type("ClosedTransport", (), {"client": None})()
    with pytest.raises(RedisConnectionError, match="closed"):
        channel._connparams()
    connection.release()


def test_a_worker_that_cannot_acknowledge_takes_messages_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is frozen while a message is acknowledged; when this fails, the guard in config/celery.py can go."""
    import config.celery

    with valkey(tmp_path) as url:
        assert _can_consume_after_a_frozen_ack(url, "guarded"), "the guard does not help"
        monkeypatch.setattr("kombu.transport.redis.QoS.ack", config.celery._acknowledge)
        assert not _can_consume_after_a_frozen_ack(url, "bare"), "this release needs no guard any more: drop it"


def _can_consume_after_a_frozen_ack(url: str, queue: str) -> bool:
    from kombu.connection import Connection

    options = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}
    connection: Any = Connection(url, transport_options=options)  # type: ignore[no-untyped-call]
    with connection, connection.SimpleQueue(queue) as messages:
        messages.consumer.qos(prefetch_count=1)
        messages.put("one")
        message = messages.get(timeout=5)
        with redis.Redis.from_url(url) as client:
            client.execute_command("CLIENT", "PAUSE", 1_000, "ALL")
        with pytest.raises(connection.connection_errors):
            message.ack()
        can: bool = message.channel.qos.can_consume()
        time.sleep(1.0)  # until Redis is awake again: what is closed on the way out asks it once more
        return can


def test_a_demo_that_an_older_version_made_goes_on(tmp_path: Path) -> None:
    made = state.load(tmp_path)
    file = tmp_path / "demo.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"x_consumer_secret": "of an older version"}))

    assert state.load(tmp_path) == made
    assert made.app_secret("X_CONSUMER_SECRET") == state.load(tmp_path).app_secret("X_CONSUMER_SECRET")
    assert made.app_secret("X_CONSUMER_SECRET") != made.app_secret("X_CONSUMER_KEY")
    assert made.secret_key not in made.app_secret("X_CONSUMER_KEY")
