"""How fast a broadcast goes and when it should end: arithmetic only, no query and no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
LEAST = timedelta(seconds=1)  # what has just begun is not divided by nearly nothing
LONGEST = timedelta(days=30)  # further away, a time is no forecast


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of one kind.

    Attributes:
        per_s: how many left in a second, over the last minute, or since the first one left if that is less.
        left: how many have still to leave.
        ends_at: when the last should have left, if it goes on like this; None if nothing is left, or nothing moves.
    """

    per_s: float
    left: int
    ends_at: datetime | None


def pace(*, lately: int, first_at: datetime | None, left: int, now: datetime) -> Pace:
    """Tell the pace.

    Args:
        lately: how many left within `WINDOW`.
        first_at: when the very first one left.
        left: how many have still to leave.
        now: the time.
    """
    window = WINDOW if first_at is None else max(LEAST, min(WINDOW, now - first_at))
    per_s = lately / window.total_seconds()
    if not left or not per_s:
        return Pace(per_s, left, None)
    remaining_s = left / per_s
    return Pace(per_s, left, now + timedelta(seconds=remaining_s) if remaining_s < LONGEST.total_seconds() else None)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The paces of both kinds."""

    deliveries: Pace
    notices: Pace

    @property
    def ends_at(self) -> datetime | None:
        """When everything should have left; None if nothing is left, or if that cannot be told."""
        waiting = [each for each in (self.deliveries, self.notices) if each.left]
        ends = [each.ends_at for each in waiting if each.ends_at is not None]
        return max(ends) if ends and len(ends) == len(waiting) else None
