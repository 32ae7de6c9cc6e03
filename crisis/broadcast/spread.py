"""How a broadcast goes by platform and by post: how much stands, and when the first and the last of it was published."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from crisis.broadcast.models import MOVING, Delivery, DeliveryState

_OUT = (DeliveryState.POSTED, DeliveryState.AMENDED, DeliveryState.WITHDRAWN)
_ACT = (DeliveryState.UNCONFIRMED, DeliveryState.HELD)


@dataclass(slots=True)
class Spread:
    """The publications of one platform, or of one post.

    Attributes:
        published, waiting, to_decide, failed, other: how many; `to_decide` waits for a person.
        first_at, last_at: when the first and the last was published; None while none is.
    """

    name: str
    published: int = 0
    waiting: int = 0
    to_decide: int = 0
    failed: int = 0
    other: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def total(self) -> int:
        """How many there are."""
        return self.published + self.waiting + self.to_decide + self.failed + self.other

    def add(self, delivery: Delivery) -> None:
        """Count one more."""
        state = delivery.state
        if state in _OUT:
            self.published += 1
        elif state in MOVING:
            self.waiting += 1
        elif state in _ACT:
            self.to_decide += 1
        elif state == DeliveryState.FAILED:
            self.failed += 1
        else:
            self.other += 1
        if (at := delivery.posted_at) is not None:
            self.first_at = min(self.first_at or at, at)
            self.last_at = max(self.last_at or at, at)


def by_post(deliveries: Iterable[Delivery]) -> list[Spread]:
    """Return one for each post, and for each holder that speaks for the whole ministry, by name.

    Args:
        deliveries: as `queries.deliveries_of` returns them.
    """
    return _by(deliveries, lambda each: str(each.account.holder.post or each.account.holder.name))


def by_platform(deliveries: Iterable[Delivery]) -> list[Spread]:
    """Return one for each platform, by its slug."""
    return _by(deliveries, lambda each: each.account.platform)


def _by(deliveries: Iterable[Delivery], named: Callable[[Delivery], str]) -> list[Spread]:
    found: dict[str, Spread] = {}
    for each in deliveries:
        found.setdefault(named(each), Spread(named(each))).add(each)
    return sorted(found.values(), key=lambda row: row.name)
