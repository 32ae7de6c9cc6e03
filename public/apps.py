"""Registers the room with Django."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    """See the room's own docstring."""

    name = "public"
