"""Registers the room with Django."""

from django.apps import AppConfig


class GatheringConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.gathering"
    label = "gathering"

    def ready(self) -> None:
        """Hear of a restore from backup."""
        from crisis.broadcast.signals import restored
        from crisis.gathering.sending import call_unknown

        restored.connect(call_unknown, dispatch_uid="gathering.restored")
