"""manage.py install: decide once what this database is for, and bring in ministries and places."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crisis.clock import now
from crisis.places.operations import import_places
from crisis.registry.operations import MixedInstallation, RegistryError, install, read_ministries


class Command(BaseCommand):
    """Install the house in its database."""

    help = "Decide once what this database is for (demo or live, and which ministry); bring in ministries and places."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file of ministries."""
        parser.add_argument(
            "--ministry", default=settings.HOME_MINISTRY, help="the code of the ministry that is at home here"
        )
        parser.add_argument(
            "--ministries", type=Path, default=settings.DATA_DIR / "ministries.toml", help="a TOML file"
        )

    def handle(self, *_: Any, ministry: str, ministries: Path, **__: Any) -> None:
        """Run it."""
        try:
            installation = install(
                mode=settings.TOCSIN_MODE, home=ministry, ministries=read_ministries(ministries), now=now()
            )
        except (RegistryError, MixedInstallation) as error:
            raise CommandError(str(error)) from error
        places = import_places(settings.DATA_DIR)
        self.stdout.write(f"Installed: {installation}; {places:,} places.")
