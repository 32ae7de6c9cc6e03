"""manage.py verify_journal: walk the audit trail and name the first place where it does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis.journal.models import Entry
from crisis.journal.operations import verify


class Command(BaseCommand):
    """Verify the chain of the journal."""

    help = "Verify the chain of the journal; exits 1 and names the first broken entry if it does not hold."

    def handle(self, *_: Any, **__: Any) -> None:
        """Run it."""
        if broken := verify():
            raise CommandError(f"The journal does not hold at entry {broken.position}: {broken.why}.")
        sealed = Entry.objects.exclude(position=None).count()
        waiting = Entry.objects.filter(position=None).count()
        self.stdout.write(f"The journal holds: {sealed} entries sealed, {waiting} waiting for the sealer.")
