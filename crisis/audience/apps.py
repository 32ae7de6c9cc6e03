"""Registers the room with Django."""

from django.apps import AppConfig


class AudienceConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.audience"
    label = "audience"
