"""manage.py stop: stop the house that runs here (what `make stop` calls)."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo import house


class Command(BaseCommand):
    """Stop the demo."""

    help = "Stop the house that runs here."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Run it."""
        var: Path = settings.VAR_DIR
        try:
            house.lock(var).close()
        except house.CannotStart:
            with suppress(OSError, ValueError):
                os.kill(int((var / "run.lock").read_text(encoding="utf-8")), signal.SIGTERM)
            until = time.monotonic() + 20
            while time.monotonic() < until:
                with suppress(house.CannotStart):
                    house.lock(var).close()
                    self.stdout.write("Stopped.")
                    return
                time.sleep(0.2)
            raise CommandError("It did not stop within 20 s.") from None
        house.stop_leftover(var, self.stdout.write)
        self.stdout.write("Nothing runs here.")
