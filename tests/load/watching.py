"""Many look at one board: a rollcall of a whole country, its row that is kept ready, its page, and finding somebody in it."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.load.answering import _call
from tests.load.house import FIRST_CHAT, House, issue

Told = dict[str, Any]
PENDING = 200  # answers that are not added up yet, as many as come within two seconds of a bad day
# ruff: noqa: S608 - the only things put into a statement are ours
_GIVEN = ["emma", "louis", "fatima", "jan", "zoe", "mohamed", "sophie", "thomas", "ana", "wei", "olga", "pierre"]


def watching(one: House, *, citizens: int, viewers: int, seconds: int) -> Told:
    """Measure with so many people, of whom everybody was told and two of three have answered; who is there already stays."""
    from crisis import clock
    from crisis.checkins.tallying import add_up, recount, shown
    from tests.functional.factories import fill
    from tests.load.citizens import install, subscribe, subscribed

    if not (before := subscribed()):
        install()
    begun = time.perf_counter()
    with _unchecked():
        subscribe(citizens - before, "FR", after=before)
    alert, _, _ = issue(("FR",))
    fill(alert)
    rollcall = alert.rollcall
    with _unchecked():
        _answered(rollcall.pk, alert.pk)
        _named()
    made_s = time.perf_counter() - begun
    begun = time.perf_counter()
    assert recount(rollcall=rollcall, now=clock.now()) is False
    counted_s = time.perf_counter() - begun
    _pending(rollcall.pk)
    sql, statements = _sql_times(lambda: shown(rollcall))
    bare, _ = _sql_times(lambda: _nothing(statements))
    begun = time.perf_counter()
    added = add_up(rollcall.pk)
    added_s = time.perf_counter() - begun
    _pending(rollcall.pk)
    found, plain = _search_times(citizens), _plain_times(citizens)
    listed = _list_times(rollcall)
    total = shown(rollcall).total
    return {
        "made_s": made_s, "counted_s": counted_s,
        "sql_p95_s": _p95(sql), "sql_bare_s": _p95(bare), "added": added, "added_s": added_s,
        "search_p95_s": _p95(found), "search_bare_s": _p95(plain),
        "list_s": max(listed),
        "registered": total.registered, "answers": sum(total.answers.values()),
        **_viewed(one, rollcall.pk, viewers, seconds),
    }  # fmt: skip


@contextlib.contextmanager
def _unchecked() -> Iterator[None]:
    """Let the database make rows without looking up, for each of millions, the rows that they name."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def _p95(times: list[float]) -> float:
    return sorted(times)[len(times) * 95 // 100]


def _answered(rollcall: int, alert: int) -> None:
    """Let the notices be accepted, and two of three people answer, over three days."""
    from django.db import connection

    from crisis import clock

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE broadcast_notice SET state = 'accepted', accepted_at = %s WHERE run_id IN "
            "(SELECT id FROM broadcast_noticerun WHERE alert_id = %s)",
            [clock.now(), alert],
        )
        cursor.execute(
            "INSERT INTO checkins_checkin (rollcall_id, citizen_id, contact_id, post_id, safety, people, others, others_are, "
            "others_self, source, ref, text, at, current) SELECT %s, c.citizen_id, c.id, n.post_id, "
            "CASE WHEN c.id %% 50 = 0 THEN 'needs_help' WHEN c.id %% 9 = 0 THEN 'not_there' ELSE 'safe' END, n.people, 0, '', "
            "false, 'bot', 'load:' || n.id, '', CAST(%s AS timestamptz) - (c.id %% 72) * interval '1 hour', true "
            "FROM broadcast_noticerun r JOIN broadcast_notice n ON n.run_id = r.id "
            "JOIN audience_contact c ON c.id = n.contact_id WHERE r.alert_id = %s AND c.id %% 3 > 0",
            [rollcall, clock.now(), alert],
        )


def _named() -> None:
    """Give everybody a name, and index its words as the task does."""
    from django.db import connection

    given = ", ".join(f"'{name}'" for name in _GIVEN)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (SELECT id AS one, "
            f"(ARRAY[{given}])[1 + id % {len(_GIVEN)}] || ' ' || "
            "translate(to_char((id * 7919) % 99991, 'FM00000'), '0123456789', 'aeiounrtsl') || 'mans' AS folded "
            "FROM audience_citizen WHERE folded_name = ''), "
            "named AS (UPDATE audience_citizen SET folded_name = folded, indexed_name = folded, name = initcap(folded) "
            "FROM made WHERE id = one RETURNING id, folded) "
            "INSERT INTO audience_nameword (citizen_id, word) SELECT id, unnest(string_to_array(folded, ' ')) FROM named"
        )
        cursor.execute("VACUUM ANALYZE")


def _pending(rollcall: int) -> None:
    from crisis import clock
    from crisis.checkins.rollup import BoardDelta, hour_of

    hour = hour_of(clock.now())
    BoardDelta.objects.bulk_create(
        BoardDelta(rollcall_id=rollcall, hour=at, column=column, people=people)
        for _ in range(PENDING // 2)
        for at, column, people in ((hour, "safe", 1), (None, "no_answer", -1))
    )


def _sql_times(read: Callable[[], object], times: int = 400) -> tuple[list[float], int]:
    """Return how long the database took for each reading, all its statements together, and how many a reading has."""
    from django.db import connection

    spent: list[float] = []
    statements = 0

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal statements
        statements += 1
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[-1] += time.perf_counter() - begun

    with connection.execute_wrapper(timed):
        for _ in range(times):
            spent.append(0.0)
            read()
    return spent[20:], statements // times


def _nothing(times: int) -> None:
    """Ask the database as often for what it need not read: what any such reading costs at least."""
    from django.db import connection

    with connection.cursor() as cursor:
        for _ in range(times):
            cursor.execute("SELECT 1")


def _search_times(citizens: int) -> list[float]:
    """Find people as clerks do, half of them bound to posts: by surname, both names, a beginning, a chat's number, or nobody."""
    from crisis.audience.models import Citizen
    from crisis.checkins.phone import search
    from crisis.registry.models import Post
    from crisis.staff.reach import EVERYTHING, Reach

    dice = random.Random(6)  # noqa: S311 - no secret
    bound = Reach.of(posts=frozenset(Post.objects.filter(country="FR").values_list("pk", flat=True)), rollcall=None)
    times = []
    for turn in range(200):
        name = Citizen.objects.values_list("folded_name", flat=True).get(pk=dice.randint(1, citizens))
        given, surname = name.split()
        typed = (surname, f"{surname} {given}", surname[:6], str(FIRST_CHAT + dice.randint(1, citizens)), given)[
            turn % 5
        ]
        if turn % 20 == 19:
            typed = f"q{turn}xx"
        begun = time.perf_counter()
        found = search(typed, bound if turn // 5 % 2 else EVERYTHING)
        times.append(time.perf_counter() - begun)
        assert bool(found) == (turn % 20 != 19), typed
    return times


def _plain_times(citizens: int, times: int = 20) -> list[float]:
    """Find surnames as a framework's admin pages do: by a part of the name, in any case."""
    from crisis.audience.models import Citizen

    dice = random.Random(7)  # noqa: S311 - no secret
    spent = []
    for _ in range(times):
        name = Citizen.objects.values_list("name", flat=True).get(pk=dice.randint(1, citizens))
        begun = time.perf_counter()
        assert list(Citizen.objects.filter(name__icontains=name.split()[1]).order_by("name", "id")[:50])
        spent.append(time.perf_counter() - begun)
    return spent


def _list_times(rollcall: Any) -> list[float]:
    """Put its people in order for a first page, all of them and those of one filter at a time."""
    from crisis.checkins.gravest import Gravest
    from crisis.checkins.queries import people

    times = []
    for status in ("", "needs_help", "no_answer"):
        chosen = people(rollcall, status=status) if status else None
        begun = time.perf_counter()
        page = Gravest(rollcall, chosen, status=status)[:50]
        times.append(time.perf_counter() - begun)
        assert page
    return times


def _viewed(one: House, rollcall: int, viewers: int, seconds: int) -> Told:
    """Let so many people look on, each in a session of their own, whose page asks every other second."""
    from django.conf import settings
    from django.test import Client

    from crisis.staff.models import Officer

    clerk, cookies = Officer.objects.get(username="clerk"), []
    for _ in range(viewers):
        browser = Client()
        browser.force_login(clerk)
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}")
    _, url = one.start_web()
    values = {"path": f"/console/rollcalls/{rollcall}/counts/", "cookies": cookies}
    _call(url, {"kind": "look", "number": 50, "values": values})
    rate = viewers / 2
    calls = {"kind": "look", "rate": rate, "number": int(rate * seconds)}
    (bare,) = _call(url, calls | {"values": values | {"path": "/nothing"}})
    (told,) = _call(url, calls | {"values": values})
    return {
        "page_p95_s": told["p95"],
        "page_bare_s": bare["p95"],
        "page_rate": told["rate"],
        "not_taken": len(told["not_taken"]),
        "wanted_rate": rate,
    }


WATCHING: dict[str, Callable[..., Told]] = {"watching": watching}
