"""How many links that somebody asked for may leave an hour by a way that costs money: for the whole house, whoever asks."""

import logging
from datetime import datetime

from django.conf import settings

from crisis.audience.knocks import count, knock

log = logging.getLogger(__name__)

_PAID, _TOLD = "paid by the house", "staff were told"  # what is counted at a way's door


def room(kind: str, now: datetime) -> bool:
    """Tell whether one more link may leave by a way of Contact.Kind in this hour."""
    most = settings.LINKS_HOURLY.get(kind)
    return most is None or count(door=kind, place=_PAID, now=now) < most


def spend(kind: str, now: datetime) -> bool:
    """Count one more link by a way; False if this hour's are spent. Staff is told once an hour, by the last one."""
    most = settings.LINKS_HOURLY.get(kind)
    if most is None:
        return True
    passed = knock(door=kind, place=_PAID, most=most, now=now)
    if not room(kind, now) and knock(door=kind, place=_TOLD, most=1, now=now):
        log.error(
            "this hour's links are spent: who asks for one waits, or is told to take another way",
            extra={"code": "links_spent", "way": kind, "hourly": most},
        )
    return passed


def spent(now: datetime) -> list[str]:
    """Return the ways by which no further link leaves in this hour, for staff."""
    return [kind for kind in settings.LINKS_HOURLY if not room(kind, now)]
