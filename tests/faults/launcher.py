"""Starts the product's processes, and starts each again whenever it dies, with the faults that a row asked for.

The product's modules are loaded once; each life of a process is a fork, so that a hundred kills cost a hundred forks. What the
harness asks for stands in files of the folder TOCSIN_VAR:

    run-NAME       Celery's words, one a line: while it stands, this process shall live
    end            kill all of them; it is taken away when that is done
    shift          seconds by which the product's clock is wrong, read whenever it is asked for; shift-NAME: for one process
    hold-NAME      while it stands, a process that died stays dead
    kill-STEP      how many times more this step kills its process; one delivery, or one chunk, kills at most once
    pause-STEP     the same, but it stops the process as SIGSTOP does, until somebody wakes it
    kills          a line for each such kill: its step, what it killed with, when
    urls           other addresses of platforms, as JSON, for lives that begin while it stands
    poison         the id of a delivery that kills whoever publishes it, always
    NAME.pid       of the present life;  NAME.deaths: a line for each life that has ended: its exit status
"""

import contextlib
import fcntl
import functools
import importlib
import inspect
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path
from typing import Any

VAR = Path(os.environ["TOCSIN_VAR"])
STEPS = ("claim", "intent", "before_send", "after_send", "after_settle")
# What is cut short so that a row takes seconds: the product's value of each stands in its module.
SHORT: dict[str, dict[str, Any]] = {
    "crisis.broadcast.ledger": {"LEASE": timedelta(seconds=5), "READ_AFTER": timedelta(seconds=1)},
    "crisis.broadcast.notice_ledger": {
        "LEASE": timedelta(seconds=5),
        "RESEND_AFTER": timedelta(seconds=2),
        "UNREACHABLE_FOR": timedelta(seconds=1),
        "OURS_TO_MEND": timedelta(seconds=3),
    },
    "crisis.broadcast.filling": {"LEASE": timedelta(seconds=5)},
    "crisis.broadcast.breakers": {
        "SHORTEST": timedelta(seconds=2),
        "LONGEST": timedelta(seconds=4),
        "PROBE": timedelta(seconds=5),
    },
    "tasks.broadcast": {"LONGEST_SEND": timedelta(seconds=3.5)},
    "tasks.notices": {"CHUNK_S": 1.5, "LONGEST_SEND": timedelta(seconds=3.5)},
}
_present: ContextVar[int] = ContextVar("delivery", default=0)


def absent() -> list[str]:
    """Return what should be cut short and the product does not have (any more)."""
    modules = {name: importlib.import_module(name) for name in SHORT}
    return [f"{name}.{each}" for name, values in SHORT.items() for each in values if not hasattr(modules[name], each)]


def shorten() -> None:
    """Cut the product's leases short."""
    gone = absent()
    for name, values in SHORT.items():
        for constant, value in values.items():
            if f"{name}.{constant}" not in gone:
                setattr(importlib.import_module(name), constant, value)


def hurry_lists() -> None:
    """Let a platform's list be late by a tenth of what it may be: 6 s stand for a minute."""
    from crisis.broadcast import ledger

    whole = ledger.appears_within
    setattr(ledger, "appears_within", lambda platform: whole(platform) / 10)  # noqa: B010


def shift_clock() -> None:
    """Let the product's one clock be wrong by what the file `shift` says."""
    from crisis import clock

    true = clock.now

    def now() -> Any:
        for path in (VAR / f"shift-{os.environ.get('FAULTS_NAME', '')}", VAR / "shift"):
            with contextlib.suppress(OSError, ValueError):
                return true() + timedelta(seconds=float(path.read_text(encoding="utf-8")))
        return true()

    setattr(clock, "now", now)  # noqa: B010


def die() -> None:
    """Do not come back from here."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def pauses_or_dies_here(step: str, key: object) -> None:
    """Stop or kill this process, if that was asked for at this step."""
    if _struck("pause", step, key):
        os.kill(os.getpid(), signal.SIGSTOP)
    _struck("kill", step, key)


def _struck(how: str, step: str, key: object) -> bool:
    """Tell whether this step still has to strike, and this delivery or window has not been struck yet; a kill is done here."""
    path = VAR / f"{how}-{step}"
    if not path.exists():
        return False
    # Whoever is killed holds the lock until then: two threads of one process are never counted for one death.
    with (VAR / "strikes.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        first, *before = path.read_text(encoding="utf-8").split()
        chance, left = first.split("x")
        if int(left) <= 0 or str(key) in before or random.random() > float(chance):  # noqa: S311 - dice
            return False
        part = path.with_name(f"part-{how}")
        part.write_text("\n".join([f"{chance}x{int(left) - 1}", *before, str(key)]), encoding="utf-8")
        part.replace(path)
        with (VAR / "kills").open("a", encoding="utf-8") as log:
            log.write(f"{step} {key} {time.time()}\n")
        if how == "kill":
            die()
    return True


def _around(
    owner: Any,
    name: str,
    before: Callable[..., None] | None,
    after: Callable[..., None] | None,
    counts: Callable[[Any], bool] = lambda _: True,
) -> None:
    """Call something before and after a function or coroutine function of the product; after, only if its result counts."""
    inner = getattr(owner, name)

    if inspect.iscoroutinefunction(inner):

        @functools.wraps(inner)
        async def outer(*args: Any, **kwargs: Any) -> Any:
            if before:
                before(*args, **kwargs)
            result = await inner(*args, **kwargs)
            if after and counts(result):
                after(*args, **kwargs)
            return result
    else:

        @functools.wraps(inner)
        def outer(*args: Any, **kwargs: Any) -> Any:
            if before:
                before(*args, **kwargs)
            result = inner(*args, **kwargs)
            if after and counts(result):
                after(*args, **kwargs)
            return result

    setattr(owner, name, outer)


def _adapters() -> list[Any]:
    from platforms import catalog

    return [catalog.adapter_class(slug) for slug in catalog.slugs()]


def _at(step: str, key: Callable[..., object]) -> Callable[..., None]:
    return lambda *args, **kwargs: pauses_or_dies_here(step, key(*args, **kwargs))


def _took_it(claim: Any) -> bool:
    return claim is not None


def _took_some(claim: tuple[int, list[Any]]) -> bool:
    """Tell whether a window held anything: a bell that rang twice finds it empty, and whoever dies there loses nothing."""
    return bool(claim[1])


def _poisoned(*_: Any) -> None:
    with contextlib.suppress(OSError):
        if (VAR / "poison").read_text(encoding="utf-8") == str(_present.get()):
            die()


def _remember(**kwargs: Any) -> None:
    """Let a thread know which delivery it works on: what an adapter is handed does not say."""
    _present.set(kwargs["delivery_id"])


def _by_thread(*_: Any) -> object:
    return _present.get()


def _by_chat(_: Any, out: Any, target: Any) -> object:
    return f"{out.marker}:{target.address}"


def arm() -> None:
    """Wrap the steps of a delivery, and of a window of notices."""
    from crisis.broadcast import ledger, notice_ledger

    def by_id(**kwargs: Any) -> object:
        return kwargs["delivery_id"]

    def by_window(**kwargs: Any) -> object:
        return f"{kwargs['run_id']}:{kwargs['first']}"

    _around(ledger, "claim", _remember, None)
    _around(ledger, "claim", _at("claim", by_id), _at("intent", by_id), _took_it)
    _around(ledger, "settle", None, _at("after_settle", lambda **kwargs: kwargs["held"].delivery.pk))
    _around(notice_ledger, "claim_window", _at("notice_claim", by_window), _at("notice_intent", by_window), _took_some)
    _around(notice_ledger, "settle_window", None, _at("notice_after_settle", lambda **kwargs: kwargs["number"]))
    for adapter in _adapters():
        _around(adapter, "publish", _poisoned, None)
        _around(adapter, "publish", _at("before_send", _by_thread), _at("after_send", _by_thread))
        if hasattr(adapter, "notify"):
            _around(adapter, "notify", _at("notice_before_send", _by_chat), _at("notice_after_send", _by_chat))


def prepare() -> None:
    """Load the product, and bend it."""
    import django

    django.setup()
    importlib.import_module("config.celery")
    for module in (
        "tasks.broadcast",
        "tasks.notices",
        "tasks.sweep",
        "tasks.rounds",
        "platforms.telegram",
        "platforms.x",
        "platforms.facebook",
    ):
        importlib.import_module(module)
    shorten()
    hurry_lists()
    shift_clock()
    arm()


def live(name: str, words: list[str]) -> None:
    """Be the process: Celery's own main, in a process group of its own."""
    os.setpgid(0, 0)
    os.environ["FAULTS_NAME"] = name
    log = os.open(VAR / "log" / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    (VAR / f"{name}.pid").write_text(str(os.getpid()), encoding="utf-8")
    with contextlib.suppress(OSError):
        from django.conf import settings

        settings.PLATFORM_URLS = settings.PLATFORM_URLS | json.loads((VAR / "urls").read_text(encoding="utf-8"))
    sys.argv = ["celery", *words]
    from celery.__main__ import main

    main()


def sweep_away() -> None:
    """Kill whatever this launcher's processes and their pools have left, known by the environment they were born with."""
    marks = {f"TOCSIN_VAR={VAR}".encode(), b"FAULTS_LAUNCHED=1"}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if marks <= set((entry / "environ").read_bytes().split(b"\0")):
                    os.kill(int(entry.name), signal.SIGKILL)


def main() -> None:
    """Let live what the files `run-NAME` ask for, for as long as whoever started us lives and wants it."""
    prepare()
    parent, lives, stopping = os.getppid(), {}, False  # type: int, dict[str, int], bool

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while not stopping and os.getppid() == parent:
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(-1, os.WNOHANG)
            name = next((name for name, pid in lives.items() if pid == ended), None)
            if name is not None:
                # What a killed worker leaves behind finds out by itself, in its own time, as it would anywhere.
                del lives[name]
                with (VAR / f"{name}.deaths").open("a", encoding="utf-8") as file:
                    file.write(f"{ended} {status}\n")
        for wish in VAR.glob("run-*"):
            name = wish.name.removeprefix("run-")
            if name not in lives and not (VAR / f"hold-{name}").exists():
                words = wish.read_text(encoding="utf-8").split("\n")
                lives[name] = os.fork()
                if lives[name] == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    live(name, words)
                    os._exit(0)
        if (VAR / "end").exists():
            sweep_away()
            for pid in lives.values():
                os.waitpid(pid, 0)
            lives.clear()
            (VAR / "end").unlink()
        time.sleep(0.02)
    sweep_away()


if __name__ == "__main__":
    main()
