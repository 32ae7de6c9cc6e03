"""Registers the room with Django."""

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.checkins"
    label = "checkins"

    def ready(self) -> None:
        """Hear of a restore from backup."""
        from crisis.broadcast.signals import restored
        from crisis.checkins import answering, sending

        restored.connect(answering.call_unknown, dispatch_uid="checkins.restored")
        restored.connect(sending.call_unknown, dispatch_uid="checkins.restored_replies")
