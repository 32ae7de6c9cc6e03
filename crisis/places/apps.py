"""Registers the room with Django."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """See the room's own docstring."""

    name = "crisis.places"
    label = "places"
