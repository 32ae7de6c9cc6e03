"""manage.py import_citizens FILE: bring in a list of people whom another system knows."""

import time
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.audience import uploads
from crisis.audience.columns import ADDRESSES, COLUMNS
from crisis.audience.importing import Work, bad_rows
from crisis.audience.lists import Upload
from crisis.audience.uploads import BadList, Origin
from crisis.registry.queries import home_ministry

LOOK_S = 0.5


class Command(BaseCommand):
    """Import citizens."""

    help = (
        f"Bring in people with their contacts. Columns: {', '.join(COLUMNS)}; of {', '.join(ADDRESSES.values())} at least one "
        "is filled in, and a place, or lat and lon. Anything wrong is said with its line, and nothing is written then, unless "
        "the bad rows are left out. Whoever has an address that stands here already is left as they are, or updated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """File, origin, columns, and how sure."""
        parser.add_argument("file", type=Path, help="CSV with a line of column names: UTF-8, or Windows-1252")
        parser.add_argument("--source", required=True, help="who gave the list, as its people may be told")
        parser.add_argument("--legal-basis", required=True, help="by what right its people are kept")
        parser.add_argument("--expires", type=date.fromisoformat, required=True, help="YYYY-MM-DD: kept until then")
        parser.add_argument(
            "--map",
            nargs="+",
            default=[],
            metavar="THEIRS=OURS",
            help="their column is which of ours; the rest is proposed",
        )
        parser.add_argument("--language", default="", help="of whoever's row names none")
        parser.add_argument(
            "--leave-out-bad", action="store_true", help="bring the good rows in, leave the bad ones out"
        )
        parser.add_argument("--bad", type=Path, help="write the bad rows, with their reasons, into this CSV")
        parser.add_argument("--update-known", action="store_true", help="give who is here already what the list says")
        parser.add_argument("--invite", action="store_true", help="invite who is new to link a chat")
        parser.add_argument("--dry-run", action="store_true", help="check the file, and write nothing")

    def handle(self, *_: Any, file: Path, **options: Any) -> None:
        """Run it."""
        try:
            upload = self._checked(file, options)
        except (OSError, BadList) as error:
            raise CommandError(str(getattr(error, "strerror", None) or error)) from error
        if options["bad"]:
            options["bad"].write_text(bad_rows(upload), encoding="utf-8-sig")
        said = f"{upload.good:,} rows are new, {upload.known:,} are known here already, {upload.bad:,} are bad"
        if options["dry_run"]:
            uploads.discard(upload=upload)
            self.stdout.write(f"{said}; nothing was written.")
            return
        try:
            uploads.bring_in(
                upload=upload, leave_out=options["leave_out_bad"], update_known=options["update_known"],
                invite=options["invite"], by=None, now=clock.now(),
            )  # fmt: skip
        except BadList as error:
            uploads.discard(upload=upload)
            raise CommandError(f"{said}. {error} Nothing was written.") from error
        self._work(upload)
        self.stdout.write(
            f"{upload.made:,} people are new, {upload.changed:,} changed; {upload.contacts:,} contacts are new; "
            f"{upload.bad:,} rows were left out."
        )

    def _checked(self, file: Path, options: dict[str, Any]) -> Upload:
        origin = Origin(file.name, options["source"], options["legal_basis"], options["expires"], options["language"])
        upload = uploads.take_in(
            data=file.read_bytes(), origin=origin, ministry=home_ministry(), by=None, now=clock.now()
        )
        try:
            uploads.confirm_columns(upload=upload, mapping=_mapping(upload, options["map"]))
        except BadList:
            uploads.discard(upload=upload)
            raise
        self.stdout.write(f"The file is {upload.encoding}, its columns are separated by {upload.delimiter!r}.")
        self._work(upload)
        for line, why, verdict in upload.problems:
            (self.stderr if verdict == "bad" else self.stdout).write(f"line {line}: {why}")
        return upload

    def _work(self, upload: Upload) -> None:
        """Work through the list here; where a worker has taken it already, look on."""
        state = Upload.objects.values_list("state", flat=True).get(pk=upload.pk)
        while Upload.objects.filter(pk=upload.pk, state=state).exists():
            if (mine := Work.begin(upload.pk, clock.now())) is None:
                time.sleep(LOOK_S)
                continue
            while mine.step(clock.now()):
                pass
        upload.refresh_from_db()


def _mapping(upload: Upload, said: list[str]) -> dict[str, str]:
    mapping = dict(upload.columns)
    for pair in said:
        theirs, sign, ours = pair.rpartition("=")
        if not sign:
            raise BadList(f"{pair!r} is not theirs=ours, like Adres=email.")
        # A column of theirs is one of ours: what was proposed for it gives way.
        mapping = {column: name for column, name in mapping.items() if name != theirs} | {ours: theirs}
    return mapping
