"""Registers the room with Django."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.alerts"
    label = "alerts"
