"""Figures of a year for the demo, always the same: what the simulator then says of the shadows goes on from there."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from crisis.presence.models import AccountSnapshot, DayTotal, Latest, Source
from crisis.presence.operations import put_totals
from crisis.registry.atlas import public_accounts
from crisis.registry.models import Account
from platforms import catalog

WEEKS = 52
_FEWEST, _MOST = 49, 39_815  # what the study of 2018 found: the fewest and the most likes of a post


def _dice(account: Account, what: str) -> float:
    """Return a number from 0 to 1 that is always the same for an account."""
    return int(hashlib.sha256(f"{what}:{account}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def followers(account: Account, weeks_ago: int = 0) -> int:
    """Return how many follow an account in the demo."""
    now = _FEWEST + (_MOST - _FEWEST) * _dice(account, "followers") ** 4
    return round(now * (1 - weeks_ago / WEEKS * 0.6 * _dice(account, "growth")))


def _on_days(account: Account, today: date) -> Iterator[tuple[date, dict[str, Any]]]:
    pace = round(8 * _dice(account, "pace") ** 2, 1)
    for weeks in range(WEEKS, -1, -1):
        on = today - timedelta(weeks=weeks)
        silent = timedelta(days=round(_dice(account, f"silent:{weeks}") * 7 / max(0.2, pace)))
        yield on, {"followers": followers(account, weeks), "posts_per_week": pace, "last_post_on": on - silent}


@transaction.atomic
def history(now: datetime) -> int:
    """Give the public accounts that have a shadow figures of a year, marked as demo data; once.

    Returns:
        Of how many accounts.
    """
    if AccountSnapshot.objects.exists():
        return 0
    accounts = list(public_accounts().filter(platform__in=catalog.slugs()))
    every = public_accounts().count()
    snapshots: list[AccountSnapshot] = []
    totals: dict[tuple[str, date], DayTotal] = {}
    for account in accounts:
        told: dict[str, Any] = {}
        for on, told in _on_days(account, now.date()):
            snapshots.append(AccountSnapshot(account=account, on=on, source=Source.DEMO, at=now, **told))
            for platform in ("", account.platform):
                total = totals.setdefault(
                    (platform, on),
                    DayTotal(platform=platform, on=on, followers=0, accounts=0, measured=0, demo=True),
                )
                total.followers += told["followers"]
                total.measured += 1
                total.accounts = total.measured if platform else every
        origins = {name: [now.date().isoformat(), Source.DEMO.value] for name in told}
        Latest.objects.get_or_create(account=account, defaults=told | {"origins": origins})
    AccountSnapshot.objects.bulk_create(snapshots, batch_size=1_000)
    put_totals(totals.values())
    return len(accounts)
