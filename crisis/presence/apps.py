"""Registers the room with Django."""

from django.apps import AppConfig


class PresenceConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.presence"
    label = "presence"
