"""How many followed some accounts over a year: the one reading of the history, a few rows of a few accounts by their index."""

from collections.abc import Iterable
from datetime import date, timedelta

from crisis.presence.models import TRUST, AccountSnapshot, Source
from crisis.registry.models import Account

BACK = timedelta(days=366)
MOST = 20  # accounts; no post has more


def followers_over_time(accounts: Iterable[Account], *, on: date) -> list[tuple[date, int]]:
    """Return the followers of accounts together, week by week until a day; each counts with its newest figure of that time.

    Args:
        accounts: whose; of more than `MOST` only the first ones.
        on: the last day.
    """
    keys = [account.pk for account in accounts][:MOST]
    rows = AccountSnapshot.objects.filter(account__in=keys, on__gt=on - BACK, on__lte=on, followers__isnull=False)
    newest: dict[int, int] = {}
    weeks: dict[date, int] = {}
    told = rows.values_list("on", "source", "account", "followers")
    # Of one day's figures the source that knows best counts, as in Latest.
    for day, _, account, followers in sorted(told, key=lambda row: (row[0], TRUST[Source(row[1])])):
        newest[account] = followers or 0
        # The week's last figure is its point; the last week's is today's.
        weeks[min(on, day + timedelta(days=6 - day.weekday()))] = sum(newest.values())
    return sorted(weeks.items())
