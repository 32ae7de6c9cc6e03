"""Registers the room with Django."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.health"
    label = "health"
