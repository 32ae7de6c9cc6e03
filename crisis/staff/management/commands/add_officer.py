"""manage.py add_officer NAME --role ROLE: make somebody who can sign in."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from crisis.clock import now
from crisis.staff.models import Officer, Role
from crisis.staff.operations import add_officer


class Command(BaseCommand):
    """Make an officer, or grant roles to one."""

    help = (
        "Make an officer (asks for the password, or reads it from standard input), or grant roles to an existing one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name, person and roles."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the person's name as colleagues see it")
        parser.add_argument(
            "--role", action="append", choices=Role.values, required=True, help="may be given several times"
        )

    def handle(self, *_: Any, username: str, name: str, role: list[str], **__: Any) -> None:
        """Run it."""
        password = ""
        if not Officer.objects.filter(username=username).exists():
            password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
            try:
                validate_password(password)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
        roles = [Role(value) for value in role]
        officer = add_officer(username=username, name=name or username, password=password, roles=roles, now=now())
        held = ", ".join(sorted(grant.get_role_display() for grant in officer.grants.all()))
        self.stdout.write(f"{officer.username} holds: {held}.")
