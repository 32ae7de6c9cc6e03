"""Registers the room with Django."""

from django.apps import AppConfig


class GatheringConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.gathering"
    label = "gathering"
