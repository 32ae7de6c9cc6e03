"""manage.py run: start the whole house on this machine (what `make run` calls)."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo import house, state


class Command(BaseCommand):
    """Run the demo."""

    help = "Start the whole house on this machine: loopback platforms only. Ctrl-C stops it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port."""
        parser.add_argument(
            "--port", type=int, default=state.DEFAULT_PORT, help="web server; the next two are used too"
        )

    def handle(self, *_: Any, port: int, **__: Any) -> None:
        """Run it."""
        if not 1024 <= port <= 65_000:
            raise CommandError("The port is between 1024 and 65000.")
        if port != state.load(settings.VAR_DIR).port:
            self._restart_with(port)
        try:
            code = house.run(house.print_line, wait=house.until_told())
        except house.CannotStart as error:
            raise CommandError(str(error)) from error
        sys.exit(code)

    def _restart_with(self, port: int) -> None:
        """Begin again with settings that know the port: every address of the house follows from it."""
        import os

        try:
            house.lock(settings.VAR_DIR).close()
        except house.CannotStart as error:
            raise CommandError(str(error)) from error
        state.set_port(settings.VAR_DIR, port)
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves
