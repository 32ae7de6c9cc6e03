"""Registers the room with Django."""

from django.apps import AppConfig


class OutwardConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.outward"
    label = "outward"
