"""Is this house ready? A few questions, each of which is given two seconds and answered in one sentence."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import redis
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from crisis import clock
from crisis.health import queries
from crisis.health.operations import SWEEP
from crisis.registry.queries import house_paused
from watch import broker

PATIENCE_S = 2.0
SWEEP_LATE_S = 30.0  # it ticks every two seconds


class NotReady(Exception):
    """What was asked is not as it must be; the message says it, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's answer, in words, and how many seconds it took."""

    name: str
    ok: bool
    says: str
    seconds: float


_migrated = threading.Event()  # once applied, migrations stay applied: the plan is made until then only


def database() -> str:
    """Tell that the database answers and has every migration."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated.is_set():
        executor = MigrationExecutor(connection)
        if missing := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
            raise NotReady(f"{missing} migrations are not applied: run manage.py migrate")
        _migrated.set()
    return "answers, and every migration is applied"


def broker_answers() -> str:
    """Tell that the broker answers."""
    try:
        broker.queues()
    except redis.RedisError as error:
        raise NotReady(
            f"does not answer ({type(error).__name__}): what is due waits in the ledger until it does"
        ) from None
    return "answers"


def sweep() -> str:
    """Tell that the sweep goes on: without it nothing that was lost is found."""
    beaten_at = queries.beaten_at(SWEEP)
    if beaten_at is None:
        raise NotReady("has never ticked: is beat running, and a worker on the queue sweep?")
    age = (clock.now() - beaten_at).total_seconds()
    if age > SWEEP_LATE_S:
        raise NotReady(f"ticked {age:.0f} s ago: is beat running, and a worker on the queue sweep?")
    return f"ticked {max(0.0, age):.1f} s ago"


def house() -> str:
    """Tell that something may leave at all: after a restore from backup nothing does, until a person says so."""
    if why := house_paused():
        raise NotReady(f"is paused ({why}): nothing leaves; see manage.py restored --help")
    return "goes on"


def canary() -> str:
    """Tell whether Telegram is tried. That one rings makes no house unready, and is said in the console, not to everybody."""
    chat = "on" if settings.TELEGRAM_OPERATIONS_CHAT else "off (TELEGRAM_OPERATIONS_CHAT is not set)"
    return f"Telegram end to end: {chat}"


QUESTIONS: dict[str, Callable[[], str]] = {
    "database": database,
    "broker": broker_answers,
    "sweep": sweep,
    "house": house,
    "canary": canary,
}
_hanging: dict[str, threading.Thread] = {}


def _answer(name: str, question: Callable[[], str]) -> Answer:
    began = time.monotonic()
    try:
        ok, says = True, question()
    except NotReady as error:
        ok, says = False, str(error)
    except Exception as error:  # noqa: BLE001 - a check that breaks is an answer; its words might hold an address or a password
        ok, says = False, f"fails: {type(error).__name__}"
    return Answer(name, ok, says, time.monotonic() - began)


def bounded(questions: dict[str, Callable[[], str]], *, patience_s: float = PATIENCE_S) -> list[Answer]:
    """Ask at once, each on a thread of its own, and wait no longer than so many seconds for all of them.

    A database host that swallows packets cannot be given a time-out by every driver; a thread can be left behind. One that is
    still waiting from an earlier time is not joined by a second.
    """
    told: SimpleQueue[Answer] = SimpleQueue()

    def ask(name: str, question: Callable[[], str]) -> None:
        try:
            told.put(_answer(name, question))
        finally:
            connections.close_all()

    answers: dict[str, Answer] = {}
    open_questions = 0
    for name, question in questions.items():
        if (left := _hanging.get(name)) is not None and left.is_alive():
            answers[name] = Answer(name, ok=False, says="has not answered since it was last asked", seconds=0.0)
            continue
        _hanging[name] = threading.Thread(target=ask, args=(name, question), name=f"ready-{name}", daemon=True)
        _hanging[name].start()
        open_questions += 1
    until = time.monotonic() + patience_s
    for _ in range(open_questions):
        try:
            answer = told.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        answers[answer.name] = answer
    late = f"no answer within {patience_s:g} s"
    return [answers.get(name) or Answer(name, ok=False, says=late, seconds=patience_s) for name in questions]
