"""Registers the room with Django."""

from django.apps import AppConfig


class AtlasConfig(AppConfig):
    """See the room's own docstring."""

    name = "atlas"
