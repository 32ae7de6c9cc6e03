"""python -m tests.load.scenarios NAME FOLDER SINK [key=value ...]: one measurement of the whole pipeline, as JSON.

Each runs in a process of its own, on a fresh database.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import django

from tests.load.answering import ANSWERING
from tests.load.house import THREADS, WORKERS, House, Sink, house, issue, wait
from tests.load.mapped import MAPPED
from tests.load.watching import WATCHING

Told = dict[str, Any]


def pipeline(one: House, *, citizens: int, kill: bool = False) -> Told:
    """Issue to so many citizens at full speed; with `kill`, one of two workers dies in the middle and comes back."""
    from crisis.broadcast.models import Notice, NoticeRun
    from tests.load.citizens import install, subscribe

    install()
    subscribe(citizens, "JP")
    names = ["bulk1", "bulk2"] if kill else ["bulk1"]
    processes = "1" if kill else "2"
    workers = {
        name: one.start(name, "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", processes) for name in names
    }
    one.start("sweep", "worker", "-Q", "sweep,posts", "-P", "threads", "-c", "4")
    one.start("beat", "beat", "-l", "WARNING", "-s", str(one.folder / "beat"), "--pidfile=")
    one.wait_for_workers(*names, "sweep")
    time.sleep(1.0)
    one.sink.ask("reset")
    cpu = {name: worker.cpu_s() for name, worker in workers.items()}
    alert, at, approve_s = issue(("JP",))
    run = NoticeRun.objects.get(alert=alert)
    filled_s = killed_at = 0.0

    def watch() -> None:
        nonlocal filled_s, killed_at
        if not filled_s and NoticeRun.objects.filter(pk=run.pk).exclude(state="filling").exists():
            filled_s = time.time() - at
        for worker in workers.values():
            worker.sample()
        if kill and not killed_at and one.sink.ask()["chats"] > citizens / 2:
            killed_at = time.time()
            workers["bulk2"].kill()
            workers["bulk2"] = one.start("bulk2", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", processes)

    def done() -> bool:
        left = Notice.objects.filter(run=run).exclude(state__in=["accepted", "undelivered"])
        return bool(filled_s) and not left.exists()

    wait(done, 120 + citizens / 500, watch)
    told = one.sink.ask()
    run.refresh_from_db()
    steady = sorted(told["seconds"].items())[1:-1]
    result = {
        "citizens": citizens, "approve_s": approve_s, "filled_s": filled_s, "first_s": told["first_at"] - at,
        "last_s": told["last_at"] - at, "rate": told["messages"] / max(0.001, told["last_at"] - told["first_at"]),
        "steady_rate": sorted(number for _, number in steady)[len(steady) // 2] if steady else 0,
        "chats": told["chats"], "more_than_once": told["more_than_once"], "more_than_twice": told["more_than_twice"],
        "resent_unknown": Notice.objects.filter(run=run, resent_unknown=True).count(), "run": run.state,
        "accepted": Notice.objects.filter(run=run, state="accepted").count(),
        "memory_mb": {name: round(worker.peak_mb) for name, worker in workers.items()},
        "memory_flat": {name: _flat(worker.samples) for name, worker in workers.items()},
    }  # fmt: skip
    if not kill:
        result["cpu_ms_each"] = 1000 * sum(w.cpu_s() - cpu[n] for n, w in workers.items()) / citizens
    return result


def _flat(samples: list[float]) -> float:
    """Return the last quarter's memory over the second quarter's: 1 is flat."""
    if len(samples) < 8:
        return 1.0
    quarter = len(samples) // 4
    middle, last = samples[quarter : 2 * quarter], samples[-quarter:]
    return (sum(last) / len(last)) / (sum(middle) / len(middle))


def written(one: House, *, citizens: int) -> Told:
    """Issue to so many citizens at Telegram's own rate: how long their notices take to be written, and to be stopped."""
    from crisis import clock
    from crisis.broadcast.models import Notice, NoticeRun
    from crisis.broadcast.operations import stop
    from crisis.staff.models import Officer
    from tests.load.citizens import install, subscribe

    install()
    subscribe(citizens, "JP")
    bulk = one.start("bulk", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2", LOAD_RATE="30")
    one.start("sweep", "worker", "-Q", "sweep,posts", "-P", "threads", "-c", "4", LOAD_RATE="30")
    one.start("beat", "beat", "-l", "WARNING", "-s", str(one.folder / "beat"), "--pidfile=")
    one.wait_for_workers("bulk", "sweep")
    alert, at, _ = issue(("JP",))
    filling = NoticeRun.objects.filter(alert=alert, state="filling")
    wait(lambda: not filling.exists(), 300, bulk.sample)
    took, begun = time.time() - at, time.perf_counter()
    stop(alert=alert, by=Officer.objects.get(username="officer"), now=clock.now())
    return {
        "written_s": took, "stopped_s": time.perf_counter() - begun, "memory_mb": round(bulk.peak_mb),
        "stopped": Notice.objects.filter(run__alert=alert, state="stopped").count(),
    }  # fmt: skip


def first_notice(one: House, *, citizens: int, times: int) -> Told:
    """Approve again and again, and see when the first notice arrives."""
    from crisis.broadcast.operations import stop
    from crisis.staff.models import Officer
    from tests.load.citizens import install, subscribe

    install()
    subscribe(citizens, "JP")
    one.start("bulk", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2")
    one.wait_for_workers("bulk")
    firsts, approvals = [], []
    for _ in range(times):
        time.sleep(1.5)
        one.sink.ask("reset")
        alert, at, took = issue(("JP",))
        wait(lambda: one.sink.ask()["messages"] > 0, 30)
        firsts.append(one.sink.ask()["first_at"] - at - took)
        approvals.append(took)
        from crisis import clock

        stop(alert=alert, by=Officer.objects.get(username="officer"), now=clock.now())
    firsts.sort()
    return {
        "citizens": citizens, "after_commit_s": firsts, "approve_s": sorted(approvals),
        "p95_s": firsts[min(len(firsts) - 1, int(len(firsts) * 0.95))],
    }  # fmt: skip


def limited(one: House, *, seconds: int) -> Told:
    """At Telegram's own rate, with four processes, while the bot answers citizens."""
    from tasks import throttle
    from tests.load.citizens import install, subscribe

    install()
    subscribe(30 * seconds, "JP")
    bulk = one.start("bulk", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "4", LOAD_RATE="30")
    sweep = one.start("sweep", "worker", "-Q", "sweep", "-P", "threads", "-c", "2", LOAD_RATE="30")
    one.start("beat", "beat", "-l", "WARNING", "-s", str(one.folder / "beat"), "--pidfile=")
    web, url = one.start_web(threads=THREADS, workers=WORKERS)
    one.wait_for_workers("bulk", "sweep")
    one.sink.ask("reset")
    over = threading.Event()
    waits: list[float] = []

    def answer() -> None:
        # Five answers a second, as the bot would ask for them.
        while not over.is_set():
            begun = time.perf_counter()
            while (wait := throttle.take(throttle.for_replies())) > 0:
                time.sleep(wait)
            waits.append(time.perf_counter() - begun)
            time.sleep(0.2)

    threading.Thread(target=answer, daemon=True).start()
    alert, at, _ = issue(("JP",))
    wait(lambda: one.sink.ask()["messages"] > 0, 30)
    spent, until = bulk.cpu_s() + sweep.cpu_s(), time.monotonic() + seconds
    while time.monotonic() < until:
        # Whoever is worried opens the alert's page.
        with urlopen(f"{url}/a/{alert.code}", timeout=10) as page:  # noqa: S310 - loopback
            page.read()
        web.sample()
        time.sleep(0.5)
    spent = bulk.cpu_s() + sweep.cpu_s() - spent
    time.sleep(4)
    told = one.sink.ask()
    over.set()
    begun = int(told["first_at"]) + 2
    per_second = [told["seconds"].get(str(second), 0) for second in range(begun, begun + seconds)]
    waits.sort()
    return {
        "seconds": seconds, "sent": sum(per_second), "share": sum(per_second) / (25 * seconds),
        "most_in_a_second": max(per_second), "most_in_ten_seconds": max(sum(per_second[i : i + 10]) for i in range(seconds - 9)),
        "shortest_gap_s": told["shortest_gap_s"], "more_than_once": told["more_than_once"],
        "answers": len(waits), "answer_wait_p95_s": waits[int(len(waits) * 0.95)], "first_s": told["first_at"] - at,
        "web_mb": web.peak_mb / WORKERS, "core": spent / seconds,
    }  # fmt: skip


def chats(one: House, *, citizens: int) -> Told:
    """Two alerts at once to the same people, at a rate at which only each chat's own limit keeps them apart."""
    from crisis.broadcast.models import Notice
    from tests.load.citizens import install, subscribe

    install()
    subscribe(citizens, "JP")
    one.start("bulk", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2", LOAD_RATE="1000")
    one.start("sweep", "worker", "-Q", "sweep,posts", "-P", "threads", "-c", "2", LOAD_RATE="1000")
    one.start("beat", "beat", "-l", "WARNING", "-s", str(one.folder / "beat"), "--pidfile=")
    one.wait_for_workers("bulk", "sweep")
    one.sink.ask("reset")
    for _ in range(2):
        issue(("JP",))
    wait(lambda: Notice.objects.filter(state="accepted").count() == 2 * citizens, 60)
    told = one.sink.ask()
    return {"chats": told["chats"], "messages": told["messages"], "shortest_gap_s": told["shortest_gap_s"]}


def accounts(one: House, *, number: int, citizens: int = 0) -> Told:
    """Publish on so many accounts over TLS, whose platforms take 0.2 to 1 s each; with citizens, beside a broadcast to them."""
    from django.db.models import Max

    from crisis import clock
    from crisis.broadcast.models import Delivery
    from tests.load.citizens import accounts as furnish_accounts
    from tests.load.citizens import install, subscribe

    install()
    furnish_accounts(number, "JP")
    platforms = Sink(os.environ["LOAD_TLS"])
    if citizens:
        subscribe(citizens, "FR")
        one.start("bulk", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2")
    worker = one.start("posts", "worker", "-Q", "sweep,corrections,posts", "-P", "threads", "-c", "300", LOAD_POOL="16")
    one.start("beat", "beat", "-l", "WARNING", "-s", str(one.folder / "beat"), "--pidfile=")
    one.wait_for_workers("posts", *(["bulk"] if citizens else []))
    if citizens:
        issue(("FR",))
        wait(lambda: one.sink.ask()["messages"] > 100, 30)
    lasts = []
    for _ in range(3):
        platforms.ask("reset")
        alert, at, _ = issue(("JP",))
        waiting = Delivery.objects.filter(alert=alert, state__in=["queued", "sending"])
        wait(lambda rows=waiting: not rows.exists(), 120, worker.sample)  # type: ignore[misc]
        posted = Delivery.objects.filter(alert=alert, state="posted")
        # What goes on in a thread comes after the publication that stands alone, one answer later for each part.
        last = posted.filter(part=1).aggregate(last=Max("posted_at"))["last"]
        whole = posted.aggregate(last=Max("posted_at"))["last"]
        lasts.append(
            {
                "posted": posted.count(),
                "last_s": last.timestamp() - at,
                "thread_s": whole.timestamp() - at,
                "slowest_s": platforms.ask()["slowest_s"],
            }
        )
        time.sleep(1.0)
        assert clock.now() > whole
    best = sorted(lasts, key=lambda each: each["last_s"])[1]
    told = {"runs": lasts, **best, "ratio": best["last_s"] / best["slowest_s"]}
    return told | _retracted(alert, worker.sample) | {"memory_mb": round(worker.peak_mb)}


def _retracted(alert: Any, sample: Callable[[], object]) -> Told:
    """Retract an alert that stands everywhere, and tell how long it took from the click until 95 % was corrected."""
    from crisis import clock
    from crisis.broadcast.corrections import corrected
    from crisis.broadcast.retract import retract
    from crisis.staff.models import Officer

    alert.refresh_from_db()
    clicked = clock.now()
    cancel = retract(alert=alert, by=Officer.objects.get(username="officer"), now=clicked).alert
    took = (clock.now() - clicked).total_seconds()
    wait(lambda: (done := corrected(cancel)) is not None and done.waiting == 0, 120, sample)
    told = corrected(cancel)
    assert told is not None
    return {"corrected_s": told.seconds, "corrections": told.total, "corrected": told.done, "retract_s": took}


def naive(one: House, *, number: int, way: str) -> Told:
    """One task for each recipient, as everybody writes it first."""
    from tests.load.naive import app, send

    app.conf.broker_url = one.redis_url
    one.environment["NAIVE_WAY"] = way
    one.start_naive(2)
    time.sleep(4)
    one.sink.ask("reset")
    begun = time.time()
    for chat in range(1, number + 1):
        send.delay(chat)
    told = _until_still(one, number)
    # What it loses (a task that met a time-out is gone) it loses; the rate is of what arrived.
    return {"rate": told["chats"] / (told["last_at"] - begun), "number": number, "lost": number - told["chats"]}


def _until_still(one: House, number: int, *, still_s: float = 20.0) -> Told:
    """Wait until so many chats were reached, or none more for a while, and return what the sink counted."""
    told = one.sink.ask()
    begun = moved = time.monotonic()
    while told["chats"] < number and time.monotonic() - moved < still_s and time.monotonic() - begun < 300:
        time.sleep(0.25)
        before, told = told["chats"], one.sink.ask()
        if told["chats"] != before:
            moved = time.monotonic()
    return told


SCENARIOS: dict[str, Callable[..., Told]] = {
    "pipeline": pipeline, "written": written, "first_notice": first_notice, "limited": limited, "chats": chats,
    "accounts": accounts, "naive": naive, **ANSWERING, **MAPPED, **WATCHING,
}  # fmt: skip


def main(name: str, folder: str, sink: str, *pairs: str) -> Told:
    """Run one."""
    wanted = dict(pair.split("=", 1) for pair in pairs)
    database = wanted.pop("database", "")
    values: dict[str, Any] = {key: int(text) if text.isdigit() else text for key, text in wanted.items()}
    with house(Path(folder), Sink(sink), database=database) as one:
        os.environ.update(one.environment)
        django.setup()
        return SCENARIOS[name](one, **values)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
