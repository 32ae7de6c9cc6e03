"""Registers the room with Django."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """See the room's own docstring."""

    name = "console"
