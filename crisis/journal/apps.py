"""Registers the room with Django."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.journal"
    label = "journal"
