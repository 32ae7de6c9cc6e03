"""Holding back floods at the public doors: so many an hour from one place, which is known by a keyed digest only."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from crisis.audience.models import Knock

KEPT = timedelta(hours=1)


def whose(place: str) -> str:
    """Return what stands for a place (an IP address, as the door has shortened it): a keyed digest, 64 characters."""
    return salted_hmac("tocsin.knock", place, algorithm="sha256").hexdigest()


@transaction.atomic
def knock(*, door: str, place: str, most: int, now: datetime) -> bool:
    """Count one more try of a door, and tell whether it may pass.

    Args:
        door: its name, at most 12 characters.
        place: where it comes from; blank: nobody knows, and then nobody is held back for what others did.
        most: how many may pass within an hour.
        now: the time.

    Returns:
        False if so many have passed within the last hour; then this one is not counted.
    """
    forget(now)
    if not place:
        return True
    if count(door=door, place=place, now=now) >= most:
        return False
    Knock.objects.create(door=door, whose=whose(place), at=now)
    return True


def count(*, door: str, place: str, now: datetime) -> int:
    """Return how many from a place have passed a door within the last hour; see `knock`."""
    return Knock.objects.filter(door=door, whose=whose(place), at__gt=now - KEPT).count()


def forget(now: datetime) -> int:
    """Forget what is older than an hour, and return how many that were."""
    return Knock.objects.filter(at__lte=now - KEPT).delete()[0]
