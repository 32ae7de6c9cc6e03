"""People who want to be erased, while somebody must still be able to reach them: it is done later (crisis/privacy/erasing.py)."""

from datetime import datetime

from django.db.models import QuerySet

from crisis.audience.models import Citizen


def wait(*, citizen: Citizen, now: datetime) -> None:
    """Note that somebody wants to be erased, once nobody must be able to reach them any more; until then nothing else is sent."""
    Citizen.objects.filter(pk=citizen.pk, erase_asked_at=None).update(erase_asked_at=now)


def waiting() -> QuerySet[Citizen]:
    """Return those who wait to be erased, the longest first."""
    asked = Citizen.objects.filter(erase_asked_at__isnull=False)
    return asked.select_related("ministry").order_by("erase_asked_at")


def keep(*, citizen: Citizen) -> None:
    """Note that somebody who waits to be erased has come back, and wants it no more."""
    Citizen.objects.filter(pk=citizen.pk, erase_asked_at__isnull=False).update(erase_asked_at=None)
