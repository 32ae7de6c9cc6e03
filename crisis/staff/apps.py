"""Registers the room with Django."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.staff"
    label = "staff"
