"""make run: prepare, start, furnish, drill, and stay until told to stop."""

import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command

from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.models import Alert
from crisis.broadcast.preflight import Refused
from crisis.registry.operations import read_ministries
from demo import drill, furnish, processes, state
from demo.furnish import USERS

Say = Callable[[str], None]
AGAIN_S = 1.0
_TELLING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """Something that the person can mend stands in the way; the message says what."""


def lock(var: Path) -> IO[str]:
    """Take the house for this process; it is given back when the process ends, however it ends.

    Raises:
        CannotStart: it runs already.
    """
    handle = (var / "run.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(
            f"Tocsin runs here already: {settings.PUBLIC_URL}/console/. Stop it with Ctrl-C in its terminal, or: make stop"
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def stop_leftover(var: Path, say: Say) -> None:
    """Stop a supervisor whose launcher was killed, so that its processes do not stand in the way."""
    with suppress(OSError, ValueError):
        pid = int((var / "supervisord.pid").read_text(encoding="utf-8"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc").is_dir() else b"supervisord"
        if b"supervisord" not in command or str(var).encode() not in command:
            return
        os.kill(pid, signal.SIGTERM)
        say("Stopping what an earlier run left behind ...")
        until = time.monotonic() + 2 * processes.STOP_S + 4
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.1)


def check_ports(ports: dict[int, str]) -> None:
    """Refuse to start where a port is taken.

    Args:
        ports: by number, what it is for.

    Raises:
        CannotStart: one is taken.
    """
    for port, words in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CannotStart(
                    f"Port {port}, for the {words}, is taken ({error.strerror}). Choose others: make run PORT={port + 1000}"
                ) from None


def prepare(say: Say) -> None:
    """Make the database and the static files, or bring them up to date."""
    began = time.monotonic()
    say("Preparing the database ...")
    call_command("migrate", verbosity=0)
    call_command("install", stdout=_Quiet(say))
    if seed := seed_posts(settings.HOME_MINISTRY):
        call_command("import_posts", seed, ministry=settings.HOME_MINISTRY, stdout=_Quiet(say))
    call_command("collectstatic", interactive=False, verbosity=0)
    say(f"  done after {time.monotonic() - began:.1f} s")


def seed_posts(ministry: str) -> Path | None:
    """Return the file of posts that ships for a ministry, or None: nobody begins with another ministry's."""
    name = read_ministries(settings.DATA_DIR / "ministries.toml").get(ministry, {}).get("posts")
    return settings.DATA_DIR / name if name else None


class _Quiet:
    """Passes a command's last word on, not its notes."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def write(self, text: str) -> None:
        if text.strip() and not text.startswith("Note:"):
            self._say(f"  {text.strip()}")

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False


def welcome(say: Say) -> None:
    """Say where everything is."""
    say("")
    say("Tocsin is running. Nothing of it leaves this machine.")
    say(f"  Console               {settings.PUBLIC_URL}/console/")
    for username, (name, password, _) in USERS.items():
        say(f"     {username:<10} {password:<18} {name}")
    say(f"  Public front page     {settings.PUBLIC_URL}/")
    say(f"  Loopback platforms    {settings.SIMULATOR_URL}/   (timelines, and a chat with the bot as a citizen)")
    say(f"  Logs                  {settings.VAR_DIR / 'log'}")
    say("Another drill: make drill COUNTRY=FR SITUATION=evacuation     Stop: Ctrl-C")


def run(say: Say, *, wait: Callable[[], Any]) -> int:
    """Run the house until `wait` returns.

    Args:
        say: prints a line.
        wait: returns, or raises KeyboardInterrupt, when it shall stop.

    Returns:
        The exit code.
    """
    var: Path = settings.VAR_DIR
    os.umask(0o077)
    held = lock(var)
    stop_leftover(var, say)
    if settings.IGNORED_ENVIRONMENT:
        say(f"Ignored, because a demo uses no real token or database: {', '.join(settings.IGNORED_ENVIRONMENT)}.")
    embedded = not os.environ.get("REDIS_URL")
    port = state.load(var).port
    ports = {port: "web server", port + 1: "loopback platforms", port + 4: "loopback mail server"} | (
        {port + 2: "embedded Redis"} if embedded else {}
    )
    check_ports(ports)
    try:
        return _keep(say, wait, embedded_redis=embedded)
    except KeyboardInterrupt:
        _hear_no_more()
        say("")
        return 0
    except processes.NotReady as error:
        say(str(error))
        return 1
    finally:
        say("Stopped.")
        held.close()


def _keep(say: Say, wait: Callable[[], Any], *, embedded_redis: bool) -> int:
    """Prepare, start and furnish, then keep everything running until `wait` returns; whatever happens, stop it all."""
    prepare(say)
    plan = processes.plan(embedded_redis=embedded_redis)
    say("Starting the processes ...")
    config = processes.write_config(plan)
    supervisor = None
    try:
        with _undisturbed():
            supervisor = processes.start(config)
        processes.wait_ready(plan, supervisor, say)
        found = furnish.furnish(clock.now())
        say(f"  furnished: {found['shadows']} shadow accounts, {found['citizens']:,} simulated citizens")
        if why := drill.impossible():
            say(why)
        elif not Alert.objects.exists():
            _first_drill(say)
        welcome(say)
        while supervisor.poll() is None and not wait():
            pass
        if supervisor.poll() is None:
            return 0
        say(f"The supervisor has stopped: see {settings.VAR_DIR / 'log' / 'supervisord.log'}.")
        return 1
    finally:
        _hear_no_more()
        say("Stopping ...")
        if supervisor is not None:
            processes.stop(supervisor)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hear a stop only afterwards: between a process's start and the moment when we know of it, it would leave it behind.

    Raises:
        KeyboardInterrupt: there was one meanwhile.
    """
    heard: list[int] = []
    before = {number: signal.signal(number, lambda told, _: heard.append(told)) for number in _TELLING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if heard:
        raise KeyboardInterrupt


def _hear_no_more() -> None:
    """Let nobody interrupt the stopping: an impatient second Ctrl-C would leave processes behind."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (*_TELLING, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def _first_drill(say: Say) -> None:
    say("Running a first drill: an earthquake in Japan, on shadow accounts, with simulated citizens ...")
    try:
        alert, found = drill.issue(drill.Asked(["JP"], "earthquake"), clock.now())
    except (ContentError, Refused) as error:
        say(f"  refused: {error}")
        return
    waits = drill.follow(alert, say)
    for line in drill.summary(drill.report(alert, found, waits=waits)):
        say(line)
    for each in waits:
        say(f"  It still waits for {each}.")


def until_told() -> Callable[[], bool]:
    """Return what waits a second at a time, and stops when the terminal, or whoever started us, is gone."""
    parent = os.getppid()

    def raise_interrupt(*_: object) -> None:
        # Raised inside a library's own cleaning up, it would be swallowed: it comes again until it is heard.
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, raise_interrupt)
    # Also SIGINT: a shell that starts us in the background lets us inherit it as ignored.
    for number in _TELLING:
        signal.signal(number, raise_interrupt)

    def wait() -> bool:
        time.sleep(1.0)
        return os.getppid() != parent

    return wait


def print_line(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
