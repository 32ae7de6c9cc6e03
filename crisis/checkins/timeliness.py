"""How soon questions are answered: the time to the first answer, by post and by week; rankings may rest on it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from django.db.models import QuerySet

from crisis.alerts.models import Alert
from crisis.checkins.reach import letters
from crisis.checkins.unverified import Letter
from crisis.registry.models import Mode
from crisis.staff.reach import EVERYTHING, Reach

# What needs no answer counts in no time to one.
_NO_QUESTIONS = (Letter.Ending.NEEDLESS, Letter.Ending.SPAM)


@dataclass(frozen=True, slots=True)
class Timeliness:
    """How soon some questions were answered.

    Attributes:
        asked: how many there were; neither spam nor what needed no answer.
        answered: how many of them have had a first answer.
        median, most: the time within which half, and nine of ten, of those answered had it; None where none was.
    """

    asked: int
    answered: int
    median: timedelta | None
    most: timedelta | None

    @property
    def waiting(self) -> int:
        """How many have had none."""
        return self.asked - self.answered


@dataclass(frozen=True, slots=True)
class OfPost:
    """The questions of one post in one week.

    Attributes:
        post_id, post: which; None and blank for those of the whole ministry.
        week: the Monday on which it begins, by UTC; None for all weeks together.
    """

    post_id: int | None
    post: str
    week: date | None
    figures: Timeliness


def counted(mode: str, since: datetime, reach: Reach = EVERYTHING) -> QuerySet[Letter]:
    """Return the questions whose time to an answer counts.

    Args:
        mode: one of Mode: a drill's answers prove nothing of real ones.
        since: when they came, at the earliest. What is done with is kept for 90 days only (data/retention.toml, "letters").
        reach: only those in it.
    """
    rows = letters(reach).filter(mode=Mode(mode), received_at__gte=since)
    return rows.exclude(ending__in=_NO_QUESTIONS)


def about(alert: Alert, reach: Reach = EVERYTHING) -> Timeliness:
    """Sum up what was asked about an alert of a chain, from its first word on.

    Args:
        alert: any of the chain.
        reach: only those in it.
    """
    return timeliness(letters(reach).filter(alert__code=alert.code).exclude(ending__in=_NO_QUESTIONS))


def timeliness(rows: QuerySet[Letter]) -> Timeliness:
    """Sum questions up.

    Args:
        rows: as `counted` returns them, or fewer.
    """
    return _summed(list(rows.values_list("received_at", "answered_at")))


def by_post(mode: str, since: datetime, reach: Reach = EVERYTHING, *, weekly: bool = False) -> list[OfPost]:
    """Return how soon each post answers, by name; within a post the newest week first. One query.

    Args:
        mode, since, reach: as `counted` has them.
        weekly: by week, else all weeks together.
    """
    found: dict[tuple[str, int | None, date | None], list[tuple[datetime, datetime | None]]] = defaultdict(list)
    rows = counted(mode, since, reach).values_list("post", "post__name", "received_at", "answered_at")
    for post_id, name, received_at, answered_at in rows.iterator():
        day = received_at.date()
        week = day - timedelta(days=day.weekday()) if weekly else None
        found[name or "", post_id, week].append((received_at, answered_at))
    ordered = sorted(found.items(), key=lambda each: (each[0][0], -(each[0][2] or date.min).toordinal()))
    return [OfPost(post_id, name, week, _summed(times)) for (name, post_id, week), times in ordered]


def by_account(mode: str, since: datetime) -> dict[int, Timeliness]:
    """Return how soon the questions to each account were answered, by its number. One query.

    Args:
        mode, since: as `counted` has them.
    """
    found: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    rows = counted(mode, since).filter(account__isnull=False).values_list("account", "received_at", "answered_at")
    for account, received_at, answered_at in rows.iterator():
        found[account].append((received_at, answered_at))
    return {account: _summed(times) for account, times in found.items()}


def _summed(times: Sequence[tuple[datetime, datetime | None]]) -> Timeliness:
    waited = sorted(answered_at - received_at for received_at, answered_at in times if answered_at is not None)
    return Timeliness(len(times), len(waited), _nearest(waited, 0.5), _nearest(waited, 0.9))


def _nearest(waited: Sequence[timedelta], share: float) -> timedelta | None:
    """Return the shortest time within which a share of them had an answer (nearest rank); None of none."""
    return waited[ceil(share * len(waited)) - 1] if waited else None
