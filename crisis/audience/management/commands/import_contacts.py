"""manage.py import_contacts FILE.csv: bring in contacts that another system holds."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis.audience.importing import ADDRESSES, COLUMNS, BadFile, bring, read
from crisis.clock import now
from crisis.registry.queries import home_ministry


class Command(BaseCommand):
    """Import contacts."""

    help = (
        f"Bring in citizens with their contacts. Columns: {', '.join(COLUMNS)}; of {', '.join(ADDRESSES.values())} "
        "at least one is filled in, and a place, or lat and lon. Anything wrong is said with its line; nothing is written then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """File, and how sure."""
        parser.add_argument("file", type=Path, help="CSV in UTF-8 with a line of column names")
        parser.add_argument("--dry-run", action="store_true", help="check the file, and write nothing")

    def handle(self, *_: Any, file: Path, dry_run: bool, **__: Any) -> None:
        """Run it."""
        ministry = home_ministry()
        try:
            rows = read(file, ministry)
            if dry_run:
                self.stdout.write(f"{len(rows)} rows are good; nothing was written.")
                return
            done = bring(rows, ministry=ministry, now=now())
        except BadFile as error:
            for problem in error.problems:
                self.stderr.write(problem)
            raise CommandError(f"{len(error.problems)} problems; nothing was written.") from error
        self.stdout.write(f"{done.made} people are new, {done.changed} changed; {done.contacts} contacts are new.")
