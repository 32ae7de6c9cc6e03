"""Count the boards anew from all their rows, and say where what was shown was wrong."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.checkins.tallying import recount


class Command(BaseCommand):
    """Recounts every board that is kept ready; what differed is right afterwards."""

    help = "Count the check-in boards anew, and say which of them showed answers that are not there."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Recount.

        Raises:
            CommandError: some board was wrong, so that whoever runs it by a clock is told.
        """
        rollcalls = Rollcall.objects.filter(board_tally__isnull=False).select_related("alert").order_by("pk")
        wrong = [rollcall.alert.marker for rollcall in rollcalls if recount(rollcall=rollcall, now=clock.now())]
        if wrong:
            raise CommandError(f"Counted otherwise than shown, and put right: {', '.join(wrong)}.")
        self.stdout.write(f"{len(rollcalls)} boards show what their rows say.")
