"""Stays noted with a code that is no country's (FX for metropolitan France, IC for the Canary Islands) get the country's."""

from typing import Any

from django.db import migrations

# What country-coder calls a part of a country, and what ISO 3166-1 calls the whole; data/make_places.py maps them now.
ISO = {"FX": "FR", "IC": "ES", "CP": "FR", "CQ": "GG", "AC": "SH", "TA": "SH", "DG": "IO"}


def name_countries(apps: Any, _: Any) -> None:
    """Give each such stay its country, and the region and time zone that nobody could find under the other code."""
    places = apps.get_model("places", "Place").objects
    for stay in apps.get_model("audience", "Stay").objects.filter(country__in=ISO):
        stay.country = ISO[stay.country]
        near = places.filter(
            country=stay.country, lat__range=(stay.lat - 1, stay.lat + 1), lon__range=(stay.lon - 1, stay.lon + 1)
        )
        town = min(near, key=lambda p: (p.lat - stay.lat) ** 2 + (p.lon - stay.lon) ** 2, default=None)
        if town is not None:
            stay.region, stay.time_zone = town.region, town.time_zone
            stay.place_name = stay.place_name or town.name
        stay.save()


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("audience", "0002_citizen_by_name"), ("places", "0001_initial")]

    operations = [migrations.RunPython(name_countries, migrations.RunPython.noop)]
