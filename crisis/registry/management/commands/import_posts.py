"""manage.py import_posts FILE.csv --ministry CODE: bring a ministry's posts into the registry."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from crisis.clock import now
from crisis.registry.importing import Report, counted, doubt, import_posts
from crisis.registry.operations import reference_ministry
from crisis.registry.reading import Reading, UnreadableFile, read


class Command(BaseCommand):
    """Import posts."""

    help = (
        "Bring a ministry's posts, jurisdictions, accounts and numbers into the registry. Doing it again changes nothing. "
        "Bad rows are left out and reported with line and reason; then the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """File, ministry, and how sure."""
        parser.add_argument("file", type=Path, help="CSV in UTF-8; data/posts.csv shows the columns")
        parser.add_argument("--ministry", required=True, help="the code of the ministry whose posts they are, like BE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument(
            "--yes", action="store_true", help="also for a ministry that is not known here, or with many new posts"
        )

    def handle(self, *_: Any, file: Path, ministry: str, dry_run: bool, yes: bool, **__: Any) -> None:
        """Run it."""
        if not ministry.isalnum() or len(ministry) > 8:
            raise CommandError(f"{ministry!r} is no code of a ministry: use up to eight letters, like BE.")
        code = ministry.upper()
        try:
            reading = read(file)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        found = doubt(reading=reading, code=code)
        if found and not (yes or dry_run):
            raise CommandError(f"{found} Nothing was written. If it is meant, add --yes; --dry-run says more.")
        if dry_run:
            if found:
                self.stdout.write(f"Would be refused without --yes: {found}")
            with transaction.atomic():
                report = self._import(reading, code)
                transaction.set_rollback(True)
            self.stdout.write("Dry run: nothing was written.")
        else:
            report = self._import(reading, code)
        if report.problems:
            for problem in report.problems:
                self.stderr.write(f"Left out: {problem}")
            raise CommandError(f"{_rows(report)} left out; the others stand.")

    def _import(self, reading: Reading, code: str) -> Report:
        owner, is_new = reference_ministry(code)
        if is_new:
            self.stdout.write(f"Ministry {owner.code} is new: it stands as reference data.")
        report = import_posts(reading=reading, ministry=owner, now=now())
        for remark in report.remarks:
            self.stdout.write(f"Note: {remark}")
        if not owner.is_home:
            self.stdout.write(f"Note: {owner} is not at home in this installation: no alert can target its posts.")
        self.stdout.write(
            f"{owner.code}: {counted(report.created, 'post')} created, {report.updated} updated, {report.unchanged} unchanged; "
            f"{counted(report.accounts, 'new account')}, each with its shadow; {_rows(report)} left out."
        )
        return report


def _rows(report: Report) -> str:
    rows = len(report.problems)
    return f"{counted(rows, 'row')} {'was' if rows == 1 else 'were'}"
