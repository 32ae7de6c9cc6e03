"""Asking about the nights."""

from crisis.privacy.models import Purge


def latest() -> Purge | None:
    """Return the latest night that was finished."""
    return Purge.objects.filter(finished_at__isnull=False).order_by("-night").first()
