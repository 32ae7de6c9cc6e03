"""Registers the room with Django."""

from django.apps import AppConfig


class BroadcastConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.broadcast"
    label = "broadcast"
