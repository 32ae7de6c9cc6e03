"""manage.py restored: say that a backup was put back, before any worker starts; with --resume let the house go on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.broadcast.restoring import NotYet, restored, resume


class Command(BaseCommand):
    """Keep a restored house from saying again what it has said since the backup was taken."""

    help = "After restoring a backup, before the workers start: nothing leaves until the accounts have been read back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The second half."""
        parser.add_argument(
            "--resume", action="store_true", help="let the house go on, once the accounts are read back"
        )
        parser.add_argument(
            "--at-once", action="store_true", help="with --resume: do not wait for accounts that are slow"
        )

    def handle(self, *_: Any, **chosen: Any) -> None:
        """Run it."""
        if chosen["resume"]:
            try:
                left = resume(now=clock.now(), at_once=chosen["at_once"])
            except NotYet as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                f"The house goes on. Still unknown: {left.deliveries + left.reading} publications, "
                f"{left.deliveries} of which wait for a person; {left.notices} notices, each of which is sent at most once more."
            )
            return
        told = restored(now=clock.now())
        self.stdout.write(
            f"Nothing leaves. May have left since the backup: {told.deliveries} publications, which are read back as soon as "
            f"the workers start, and {told.notices} notices; {told.runs} runs were not all written."
        )
        self.stdout.write(
            "May have been sent, and are not sent again by themselves (each says so where it stands in the console): "
            + ", ".join(f"{number} {name}" for name, number in told.others.items())
            + ". A list that was brought in since the backup is gone with its invitations: bring it in again without inviting."
        )
        self.stdout.write(
            "Sent once more, as much is lost without it: the question whether somebody is still where they were, and the link "
            "by which somebody confirms an address. Codes that were used at a door since the backup look unused."
        )
        if told.unissued:
            self.stdout.write(
                f"{told.unissued} alerts were waiting for approval or issue: look at the accounts before you approve them again."
            )
        self.stdout.write("Then: manage.py restored --resume")
