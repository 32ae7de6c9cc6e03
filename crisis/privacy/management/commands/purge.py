"""manage.py purge: remove now what is due, or only count it."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crisis import clock
from crisis.privacy.purging import due_counts, purge
from crisis.retention import purposes

ROUND_S = 30.0


class Command(BaseCommand):
    """Remove what is kept no longer; see data/retention.toml."""

    help = "Remove what is kept no longer (data/retention.toml). The beat does so every night by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--dry-run", action="store_true", help="only count; change nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it."""
        now = clock.now()
        counts = due_counts(now) if options["dry_run"] else self._all_of_it()
        for name, purpose in purposes().items():
            if purpose.days is not None:
                self.stdout.write(f"{counts.get(name, 0):>9}  {name:<18} {purpose.what}")
        self.stdout.write("Only counted; nothing was changed." if options["dry_run"] else "Done.")

    def _all_of_it(self) -> dict[str, int]:
        """Go on until nothing is left; each round renews the claim on the night."""
        while True:
            begun = time.monotonic()
            night = purge(now=clock.now(), go_on=lambda begun=begun: time.monotonic() - begun < ROUND_S)  # type: ignore[misc]
            if night is None:
                raise CommandError("A purge is under way. Wait two minutes, then ask again.")
            if night.finished_at:
                return dict(night.counts)
