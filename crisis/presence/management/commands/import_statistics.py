"""manage.py import_statistics FILE.csv: bring in figures of accounts, from a platform's export or an editor's notes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.audience.tables import BadTable
from crisis.presence.exports import WHOSE, bring_in, look
from crisis.presence.models import FIGURES, Source


class Command(BaseCommand):
    """Import statistics."""

    help = (
        f"Keep figures of accounts, one row an account and day: platform, account, on (a day), and any of {', '.join(FIGURES)}. "
        "Names of columns of the platforms' own exports are known. Bad rows are left out and reported with line and reason; "
        "then the exit code is 1. Doing it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """File, whose, and columns."""
        parser.add_argument("file", type=Path, help="CSV with a line of column names")
        parser.add_argument("--platform", default="", help="of every row: facebook, x, ...")
        parser.add_argument("--account", default="", help="of every row, where the file is of one account")
        parser.add_argument("--by-hand", action="store_true", help="an editor wrote the figures down: no export")
        parser.add_argument(
            "--map", nargs="+", default=[], metavar="THEIRS=OURS", help="their column is which of ours; none: THEIRS="
        )

    def handle(self, *_: Any, file: Path, **options: Any) -> None:
        """Run it."""
        columns = dict(pair.rsplit("=", 1) for pair in options["map"] if "=" in pair)
        if unknown := sorted(set(columns.values()) - {*FIGURES, *WHOSE, ""}):
            raise CommandError(f"--map knows no column {', '.join(unknown)} of ours.")
        try:
            found = look(
                data=file.read_bytes(), by=None, now=clock.now(), platform=options["platform"], account=options["account"],
                columns=columns,
            )  # fmt: skip
        except (OSError, BadTable) as error:
            raise CommandError(str(getattr(error, "strerror", None) or error)) from error
        if found.wrong:
            raise CommandError(
                f"{found.wrong}. The first line names {', '.join(name for name, _ in found.columns)[:300]}."
            )
        source = Source.FORM if options["by_hand"] else Source.EXPORT
        bring_in(found=found, source=source, by=None, now=clock.now())
        self.stdout.write(
            f"{len(found.rows):,} rows of {len(found.accounts):,} accounts are kept; {len(found.bad):,} were left out."
        )
        if found.bad:
            for bad in found.bad:
                self.stderr.write(f"Left out: {bad}")
            raise CommandError(f"{len(found.bad):,} rows left out; the others stand.")
