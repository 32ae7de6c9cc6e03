"""Asking who is on the staff."""

from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from crisis.staff.models import Grant, Officer, Role


def staff(now: datetime) -> QuerySet[Officer]:
    """Return the staff, who has left last, with those of their grants that hold; volunteers come and go elsewhere."""
    current = (
        Grant.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now)).prefetch_related("posts").order_by("role")
    )
    rows = Officer.objects.exclude(grants__role=Role.VOLUNTEER).select_related("invitation__made_by")
    rows = rows.prefetch_related(Prefetch("grants", current), "ways")
    return rows.order_by("-is_active", "first_name", "username")


def volunteers(now: datetime) -> QuerySet[Grant]:
    """Return who is let in now, who leaves first at the top."""
    rows = Grant.objects.filter(role=Role.VOLUNTEER, expires_at__gt=now)
    return rows.select_related("officer", "rollcall__alert").prefetch_related("posts").order_by("expires_at", "pk")
