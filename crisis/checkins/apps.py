"""Registers the room with Django."""

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.checkins"
    label = "checkins"
