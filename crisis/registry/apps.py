"""Registers the room with Django."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.registry"
    label = "registry"
