"""manage.py coordinate USERNAME LIST: let a coordinator report for the people of a list."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crisis import clock
from crisis.audience.models import ImportedFile
from crisis.checkins.coordination import entrust
from crisis.staff.models import Officer
from crisis.staff.rights import Right, may


class Command(BaseCommand):
    """Let a coordinator report."""

    help = "Let a coordinator (manage.py add_officer ... --role coordinator) report for the people of a list that was brought in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("username")
        parser.add_argument("list", type=int, help="the number of the list")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it."""
        officer = Officer.objects.filter(username=options["username"]).first()
        if officer is None or not may(officer, Right.REPORT):
            raise CommandError(f"{options['username']} is no coordinator: manage.py add_officer makes one.")
        people = ImportedFile.objects.filter(pk=options["list"]).first()
        if people is None:
            known = ", ".join(f"{each.pk} ({each})" for each in ImportedFile.objects.order_by("pk")) or "none"
            raise CommandError(f"There is no list {options['list']}; there are: {known}.")
        entrust(officer=officer, people=people, now=clock.now(), actor="coordinate")
        self.stdout.write(f"{officer} may report for the people of {people}.")
