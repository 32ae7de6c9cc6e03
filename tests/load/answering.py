"""How people's answers come in: webhook, board, pages, and everything together while a broadcast goes out.

Nothing can be lost unseen: what is looked for afterwards is what was to be sent, not what was taken.
"""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from tests.conftest import ROOT
from tests.load.house import FIRST_CHAT, THREADS, WORKERS, House, issue, wait

Told = dict[str, Any]
WEBHOOK = "/telegram/webhook"
PHONE = 32_470_000_000
SMS_CONTACTS = 10_000_000  # the first of their keys


def _call(url: str, *streams: Told) -> list[Told]:
    """Call a web process from a process apart; what became of each stream."""
    plan = json.dumps({"port": urlsplit(url).port, "streams": streams})
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.callers"],
        cwd=ROOT, input=plan, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: list[Told] = json.loads(done.stdout)
    for each in told:
        each["sent_at"] = {int(number): at for number, at in each["sent_at"].items()}
    return told


def _press(path: str = WEBHOOK, *, data: str = "c:1:safe", since: int = 0, tell: bool = False) -> Told:
    from django.conf import settings

    secret = settings.TELEGRAM_WEBHOOK_SECRET
    return {"path": path, "chat": FIRST_CHAT + 1, "data": data, "secret": secret, "since": since, "tell": tell}


def inbox(one: House, *, seconds: int, rate: int) -> Told:
    """Webhook POST to a committed row: as fast as it goes beside a view that does nothing, then at a rate."""
    from crisis.checkins.models import InboxUpdate
    from tests.load.citizens import install

    install()
    web, url = one.start_web(threads=THREADS)
    _call(url, {"kind": "press", "number": 500, "values": _press("/nothing")})
    _call(url, {"kind": "press", "first": 1, "number": 500, "values": _press()})
    runs: dict[str, list[Told]] = {"/nothing": [], WEBHOOK: []}
    first = 1_000_000
    expected = set(range(1, 501))
    # By turns, so that a machine that slows down slows both.
    for _ in range(3):
        for path, kept in runs.items():
            kept.extend(
                _call(url, {"kind": "press", "first": first, "seconds": seconds, "values": _press(path, tell=True)})
            )
            if path == WEBHOOK:
                expected |= set(kept[-1].pop("sent_at"))
            first += 1_000_000
    (steady,) = _call(
        url, {"kind": "press", "first": first, "rate": rate, "number": rate * seconds, "values": _press()}
    )
    expected |= set(range(first, first + rate * seconds))
    rows = Counter(int(ref) for ref in InboxUpdate.objects.values_list("ref", flat=True))
    return {
        "rate": _middle(runs[WEBHOOK]), "nothing": _middle(runs["/nothing"]), "at_rate": steady["rate"],
        "p95_s": steady["p95"], "p99_s": steady["p99"], "refused": steady["refused"], "sent": len(expected),
        "lost": len(expected - set(rows)), "doubled": sum(n > 1 for n in rows.values()), "web_cpu_s": web.cpu_s(),
        "not_ours": len(set(rows) - expected),
    }  # fmt: skip


def _middle(runs: list[Told]) -> float:
    return sorted(float(run["rate"]) for run in runs)[len(runs) // 2]


def _told_citizens(one: House, number: int, country: str) -> Any:
    """Issue an alert to so many people, let their notices out at full speed, and return it."""
    from crisis.broadcast.models import Notice
    from tests.load.citizens import install, subscribe

    install()
    subscribe(number, country)
    bulk = one.start("told", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2")
    one.start("sweep", "worker", "-Q", "sweep,posts", "-P", "threads", "-c", "2")
    one.start("beat", "beat", "-l", "WARNING", "-s", str(one.folder / "beat"), "--pidfile=")
    one.wait_for_workers("told", "sweep")
    alert, _, _ = issue((country,))
    wait(lambda: Notice.objects.filter(run__alert=alert, state="accepted").count() == number, 120)
    bulk.stop()
    one.workers.remove(bulk)
    return alert


def _ready(one: House, url: str, number: int, data: str) -> None:
    """Wait until the bot answers a press, of somebody who is not counted afterwards."""
    one.sink.ask("reset")
    _call(url, {"kind": "press", "first": number, "number": 1, "values": _press(data=data)})
    wait(lambda: one.sink.ask()["messages"] > 0, 60)


class Watch:
    """Looks at what the board counts, again and again, and keeps when it saw each answer first."""

    def __init__(self, rollcall: int) -> None:
        self.seen: dict[str, float] = {}
        self._rollcall, self._over = rollcall, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _look(self) -> None:
        from django.db import connection

        from crisis.checkins.models import CheckIn

        last = 0
        counted = CheckIn.objects.filter(rollcall=self._rollcall, current=True)
        while not self._over.is_set():
            # A key that was given earlier may be committed later.
            rows = list(counted.filter(pk__gt=last - 500).values_list("pk", "ref"))
            now = time.time()
            for pk, ref in rows:
                self.seen.setdefault(ref, now)
                last = max(last, pk)
            time.sleep(0.02)
        connection.close()


def visible(one: House, *, seconds: int, rate: int) -> Told:
    """From a press to an answer that the board counts, through webhook, inbox and the bot, at a rate."""
    from crisis.checkins.counting import board
    from crisis.checkins.models import CheckIn

    number = seconds * rate
    alert = _told_citizens(one, number + 1, "FR")
    data = f"c:{alert.rollcall.pk}:safe"
    _, url = one.start_web(threads=THREADS)
    one.start_bot()
    _ready(one, url, number, data)
    with Watch(alert.rollcall.pk) as watch:
        (sent,) = _call(url, {"kind": "press", "rate": rate, "number": number, "values": _press(data=data, tell=True)})
        asked = {f"telegram:{n}": at for n, at in sent["sent_at"].items()}
        lag_s = _until_still(lambda: sum(ref in watch.seen for ref in asked), number)
    rows = Counter(CheckIn.objects.filter(ref__in=asked).values_list("ref", flat=True))
    waits = sorted(watch.seen[ref] - at for ref, at in asked.items() if ref in watch.seen)
    return {
        "sent": number, "rate": len(waits) / (max(watch.seen.values()) - min(asked.values())), "lag_s": lag_s,
        **_shares(waits), "lost": number - len(rows), "doubled": sum(n > 1 for n in rows.values()),
        "board": board(alert.rollcall).total.answered("safe") - 1, "refused": sent["refused"],
    }  # fmt: skip


def _shares(waits: list[float]) -> Told:
    return {
        f"p{share}_s": waits[min(len(waits) - 1, len(waits) * share // 100)] if waits else 1e9 for share in (50, 95, 99)
    }


def _until_still(done: Callable[[], int], number: int, *, still_s: float = 20.0, most_s: float = 180.0) -> float:
    """Wait until so many are done, or no more for a while; return how long that took."""
    begun = moved = time.monotonic()
    before = done()
    while before < number and time.monotonic() - moved < still_s and time.monotonic() - begun < most_s:
        time.sleep(0.1)
        if (now := done()) != before:
            before, moved = now, time.monotonic()
    return time.monotonic() - begun


def pages(one: House, *, seconds: int, rate: int) -> Told:
    """The alert's page and its check-in page: as fast as it goes beside a view that does nothing, then at a rate."""
    import re

    from tests.load.citizens import install, subscribe

    install()
    subscribe(10, "FR")
    alert, _, _ = issue(("FR",))
    _, url = one.start_web(threads=THREADS)
    paths = {"nothing": "/nothing", "alert": f"/a/{alert.code}", "check_in": f"/a/{alert.code}/check-in?l=fr"}
    told: Told = {}
    runs: dict[str, list[Told]] = {name: [] for name in paths}
    for turn in range(4):
        for name, path in paths.items():
            found = _call(url, {"kind": "get", "seconds": seconds if turn else 1, "values": {"path": path}})
            runs[name] += found if turn else []
    for name, path in paths.items():
        (steady,) = _call(url, {"kind": "get", "rate": rate, "number": rate * seconds, "values": {"path": path}})
        told[name] = {
            "rate": _middle(runs[name]), "at_rate": steady["rate"], "p95_s": steady["p95"], "p99_s": steady["p99"],
            "wire": steady["largest"], "refused": steady["refused"], "not_taken": len(steady["not_taken"]),
        }  # fmt: skip
        # What a page needs beside itself counts too.
        for size in _linked(
            url + path, re.compile(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"|<img[^>]+src="([^"]+)"')
        ):
            told[name]["wire"] += size
    return told


def _linked(address: str, linked: Any) -> list[int]:
    from urllib.parse import urljoin
    from urllib.request import urlopen

    with urlopen(address, timeout=10) as page:  # noqa: S310 - loopback
        text = page.read().decode()
    sizes = []
    for match in linked.finditer(text):
        with urlopen(urljoin(address, match.group(1) or match.group(2)), timeout=10) as part:  # noqa: S310 - loopback
            sizes.append(len(part.read()) + len(bytes(part.headers)))
    return sizes


def crowd(one: House, *, seconds: int, broadcast: int, rate: int) -> Told:
    """Fifty answers a second by bot, web and SMS together while a broadcast goes out at a rate: each is recorded once."""
    from django.db.models import F

    from crisis.audience.addresses import sealed
    from crisis.audience.models import Contact
    from crisis.broadcast.models import Notice
    from tests.load.citizens import subscribe

    each = {"press": 15 * seconds, "text": 15 * seconds, "visit": 20 * seconds}
    alert = _told_citizens(one, each["press"] + each["text"] + 1, "FR")
    data = f"c:{alert.rollcall.pk}:safe"
    # The first answer by a button, the next by SMS, by which they were asked, the last is asked first of all.
    Contact.objects.bulk_create(
        Contact(
            id=SMS_CONTACTS + n, citizen_id=each["press"] + 1 + n, kind=Contact.Kind.SMS, linked_at=alert.issued_at,
            **sealed(f"+{PHONE + n}"),
        )
        for n in range(each["text"])
    )  # fmt: skip
    by_sms = Notice.objects.filter(contact_id__gt=each["press"], contact_id__lte=each["press"] + each["text"])
    by_sms.update(contact_id=F("contact_id") + SMS_CONTACTS - each["press"] - 1)
    subscribe(broadcast, "JP", after=each["press"] + each["text"] + 1)
    bulk = one.start("bulk", "worker", "-Q", "first,urgent,bulk", "-P", "prefork", "-c", "2", LOAD_RATE=str(rate))
    _, url = one.start_web(threads=THREADS, workers=WORKERS)
    one.start_bot(LOAD_RATE=str(rate))
    one.wait_for_workers("bulk")
    _ready(one, url, each["press"] + each["text"], data)
    one.sink.ask("reset")
    other, _, _ = issue(("JP",))
    wait(lambda: one.sink.ask()["messages"] > 0, 30)
    from django.conf import settings

    values = {
        "press": _press(data=data, tell=True),
        "text": {"phone": PHONE, "since": 0, "secret": settings.RECEIPTS_SECRETS["sms"]},
        "visit": {"path": f"/a/{alert.code}/check-in?l=fr"},
    }
    streams = [
        {"kind": kind, "rate": number / seconds, "number": number, "values": values[kind]}
        for kind, number in each.items()
    ]
    begun = one.sink.ask()
    called = dict(zip(each, _call(url, *streams), strict=True))
    ended = one.sink.ask()
    told = _recorded(alert, each, called) | {
        "notices": Notice.objects.filter(run__alert=other, state="accepted").count(),
        "messages_per_s": (ended["messages"] - begun["messages"]) / seconds, "called": called, "memory_mb": bulk.sample(),
    }  # fmt: skip
    # The last answer is recorded a moment before it is said.
    chats = {str(FIRST_CHAT + 1 + n) for n in range(each["press"])}
    _until_still(lambda: len(chats & set(one.sink.ask("chats"))), each["press"])
    arrived = {int(chat): (at, count) for chat, (at, count) in one.sink.ask("chats").items()}
    asked = {FIRST_CHAT + 1 + n: at for n, at in called["press"].pop("sent_at").items()}
    waits = sorted(arrived[chat][0] - at for chat, at in asked.items() if chat in arrived)
    told |= {f"answer_{name}": value for name, value in _shares(waits).items()}
    told["unanswered"] = each["press"] - len(waits)
    told["answered_again"] = sum(arrived[chat][1] > 1 for chat in asked if chat in arrived)
    return told


def _recorded(alert: Any, each: dict[str, int], called: dict[str, Told]) -> Told:
    """Return what stands of what was to be sent, and what stands twice; wait for the bot to get through first."""
    from crisis.checkins.models import CheckIn
    from crisis.checkins.unverified import Report

    answers = CheckIn.objects.filter(rollcall=alert.rollcall)
    pressed = [f"telegram:{n}" for n in range(each["press"])]
    by_bot = answers.filter(source=CheckIn.Source.BOT, ref__in=pressed)
    lag_s = _until_still(by_bot.count, each["press"])
    rows: dict[str, Counter[Any]] = {
        "press": Counter(by_bot.values_list("citizen", flat=True)),
        "text": Counter(answers.filter(source=CheckIn.Source.SMS).values_list("citizen", flat=True)),
        "visit": Counter(Report.objects.filter(alert=alert).values_list("text", flat=True)),
    }
    wanted: dict[str, set[Any]] = {
        "press": set(range(1, each["press"] + 1)),
        "text": set(range(each["press"] + 1, each["press"] + each["text"] + 1)),
        "visit": {f"visitor-{n}" for n in range(each["visit"])},
    }
    return {
        "lag_s": lag_s, "sent": sum(each.values()),
        "lost": {kind: len(wanted[kind] - set(found)) for kind, found in rows.items()},
        "doubled": {kind: sum(n > 1 for n in found.values()) for kind, found in rows.items()},
        "foreign": {kind: len(set(found) - wanted[kind]) for kind, found in rows.items()},
        "not_taken": {kind: len(found["not_taken"]) for kind, found in called.items()},
    }  # fmt: skip


ANSWERING: dict[str, Callable[..., Told]] = {"inbox": inbox, "visible": visible, "pages": pages, "crowd": crowd}
