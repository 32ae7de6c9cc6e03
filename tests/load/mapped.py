"""The map among many accounts and years of their statistics, which the database makes itself."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

from tests.load.answering import _call
from tests.load.house import House

Told = dict[str, Any]
RATES = {
    "map": 8.0,
    "statistics": 1.0,
}  # requests a second: far more than anybody opens it, and less than one process can


def mapped(one: House, *, accounts: int, days: int, seconds: int) -> Told:
    """Measure with so many accounts, each with a snapshot for each of so many days."""
    from django.core.management import call_command

    from crisis.presence.models import AccountSnapshot
    from tests.load.citizens import Nowhere, install

    install()
    call_command("collectstatic", interactive=False, verbosity=0, stdout=Nowhere())
    _accounts(accounts)
    _history(days)
    _, url = one.start_web()
    told: Told = {"snapshots": AccountSnapshot.objects.count()}
    for name, path in (("map", "/atlas/?l=en"), ("statistics", "/atlas/statistics/?l=en")):
        values, rate = {"path": path}, RATES[name]
        _call(url, {"kind": "get", "number": 20, "values": values})
        (called,) = _call(url, {"kind": "get", "rate": rate, "number": max(20, int(rate * seconds)), "values": values})
        with urlopen(f"{url}{path}", timeout=30) as answer:  # noqa: S310 - loopback
            size = len(gzip.compress(answer.read()))
        told[name] = {
            "p95_s": called["p95"], "rate": called["rate"], "wanted_rate": rate, "not_taken": called["not_taken"],
            "compressed": size,
        }  # fmt: skip
    return told


def _accounts(many: int) -> None:
    """Keep exactly so many public accounts, those that are added spread over all posts and four platforms."""
    from crisis.registry.models import Account, Holder

    Account.objects.filter(mode="exercise").delete()
    Account.objects.all().delete()
    posts = list(Holder.objects.filter(kind=Holder.Kind.POST).order_by("pk"))
    platforms = ("x", "facebook", "instagram", "mastodon")
    Account.objects.bulk_create(
        Account(
            holder=posts[n % len(posts)],
            platform=platforms[n % len(platforms)],
            address=f"account{n}",
            address_key=f"account{n}",
            is_home=True,
        )
        for n in range(many)
    )


def _history(days: int) -> None:
    """Let every account have grown day by day until today, with the newest of it kept apart as the tasks do."""
    from django.db import connection

    from crisis import clock

    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO presence_accountsnapshot (account_id, "on", source, at, followers, posts_per_week, last_post_on) '
            "SELECT a.id, CAST(%s AS date) - d, 'platform', %s, 100 + (a.id * 7919) %% 40000 + (%s - d), (a.id %% 60) / 10.0, "
            "CAST(%s AS date) - d - CAST(a.id %% 20 AS int) FROM registry_account a CROSS JOIN generate_series(0, %s - 1) d",
            [now.date(), now, days, now.date(), days],
        )
        cursor.execute(
            "INSERT INTO presence_latest (account_id, followers, posts_per_week, last_post_on, origins, asked_at) "
            "SELECT account_id, followers, posts_per_week, last_post_on, jsonb_build_object('followers', o, 'posts_per_week', o, "
            "'last_post_on', o), at FROM presence_accountsnapshot, LATERAL jsonb_build_array(\"on\"::text, source) o "
            'WHERE "on" = %s',
            [now.date()],
        )
        cursor.execute(
            'INSERT INTO presence_daytotal (platform, "on", followers, accounts, measured, demo) '
            "SELECT coalesce(a.platform, ''), s.\"on\", sum(s.followers), count(*), count(*), false "
            "FROM presence_accountsnapshot s JOIN registry_account a ON a.id = s.account_id "
            'WHERE s."on" > %s GROUP BY GROUPING SETS ((a.platform, s."on"), (s."on"))',
            [now.date() - timedelta(days=days)],
        )
        cursor.execute("VACUUM ANALYZE")


MAPPED: dict[str, Callable[..., Told]] = {"mapped": mapped}
