"""Registers the room with Django."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.privacy"
    label = "privacy"
