"""manage.py rotate_keys: encrypt every stored secret with the first of TOCSIN_KEYS, so that the others may go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis.clock import now
from crisis.registry.rotation import rotate


class Command(BaseCommand):
    """Rotate the keys."""

    help = (
        "Encrypt every stored secret with the first key of TOCSIN_KEYS; doing it again changes nothing. "
        "What fits none of the keys is named and left; then the exit code is 1."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Run it."""
        lost = 0
        for each in rotate(now()):
            lost += len(each.unreadable)
            self.stdout.write(
                f"{each.column}: {each.rotated} encrypted anew, {each.current} stood under the first key already, "
                f"{len(each.unreadable)} could not be read."
            )
            for whose in each.unreadable:
                self.stderr.write(f"Could not be read: {whose}")
        if lost:
            raise CommandError(
                f"Keys that fit {lost} of the secrets are missing: put them back behind the first one and run this again, "
                "or connect these accounts anew."
            )
        self.stdout.write("Everything stands under the first key: the others may be dropped from TOCSIN_KEYS.")
