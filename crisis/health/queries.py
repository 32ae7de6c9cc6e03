"""Asking how the house is: pulses and canaries."""

from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from crisis.health.models import Canary, Pulse


def beaten_at(name: str) -> datetime | None:
    """Return when a pulse was last felt, or None if it never was."""
    return Pulse.objects.filter(name=name).values_list("beaten_at", flat=True).first()


def canaries() -> QuerySet[Canary]:
    """Return every canary."""
    return Canary.objects.select_related("account__shadow_of").order_by("name")


def ringing() -> QuerySet[Canary]:
    """Return the canaries for which a person must act; the same rule as `Canary.rings`."""
    return canaries().filter(Q(failures__gte=2) | Q(failures=1, code="bad_credentials"))


def due(now: datetime, *, limit: int) -> list[Canary]:
    """Return the canaries that should be tried now, the longest waiting first.

    The operations chat, which every citizen's notice depends on, never waits behind hundreds of accounts.
    """
    rows = Canary.objects.filter(due_at__lte=now).select_related("account__holder", "account__credential")
    chat = ExpressionWrapper(Q(account=None), output_field=BooleanField())
    return list(rows.annotate(chat=chat).order_by("-chat", "due_at", "pk")[:limit])
