"""manage.py verify_entry --ministry CODE --purpose emergency --kind phone --by NAME: a person vouches for a number or link."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis.clock import now
from crisis.registry.directory import note_check
from crisis.registry.models import DirectoryEntry
from crisis.registry.operations import RegistryError


class Command(BaseCommand):
    """Verify a number or link of the directory."""

    help = (
        "Note that a person has dialled a number or opened a link of the directory today, and that it is right. "
        "--list shows what stands there, and what nobody has verified."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which entry, and who vouches for it."""
        parser.add_argument("--ministry", required=True, help="the ministry's code, like BE")
        parser.add_argument("--post", default="", help="the post's code; left out: the ministry's own entry")
        parser.add_argument("--purpose", choices=DirectoryEntry.Purpose.values)
        parser.add_argument("--kind", choices=DirectoryEntry.Kind.values)
        parser.add_argument("--by", default="", help="the name of whoever dialled or opened it")
        parser.add_argument("--list", action="store_true", help="show the entries, and change nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it."""
        entries = DirectoryEntry.objects.filter(ministry__code=options["ministry"].upper())
        if options["post"]:
            entries = entries.filter(post__code=options["post"])
        for name in ("purpose", "kind"):
            if options[name]:
                entries = entries.filter(**{name: options[name]})
        entries = entries.select_related("ministry", "post").order_by("post__code", "purpose", "kind")
        if options["list"]:
            for each in entries:
                self.stdout.write(_line(each))
            self.stdout.write(f"{sum(not each.verified_on for each in entries)} of {len(entries)} not verified.")
            return
        missing = [f"--{name}" for name in ("purpose", "kind", "by") if not (options[name] or "").strip()]
        if missing:
            raise CommandError(f"Say {', '.join(missing)} too; --list shows what there is.")
        entry = entries.filter(post=None).first() if not options["post"] else entries.first()
        if entry is None:
            whose = options["post"] or options["ministry"].upper()
            raise CommandError(f"{whose} has no such entry: --list shows what there is.")
        try:
            note_check(entry=entry, value=entry.value, by=options["by"], now=now(), actor="command")
        except RegistryError as error:
            raise CommandError(str(error)) from error
        entry.refresh_from_db()
        self.stdout.write(_line(entry))


def _line(entry: DirectoryEntry) -> str:
    whose = entry.post.code if entry.post else entry.ministry.code
    state = f"verified on {entry.verified_on} by {entry.verified_by}" if entry.verified_on else "not verified"
    return f"{whose}: {entry.kind} {entry.purpose} {entry.value} – {state}"
