"""manage.py connect_service NUMBER [--address NAME] < FILE: give what an account needs that no editor can connect by a link."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis.clock import now
from crisis.registry.handover import give
from crisis.registry.models import Account
from crisis.registry.operations import RegistryError, is_by_hand


class Command(BaseCommand):
    """Give an account what it needs."""

    help = (
        "Store the address of an account's service, which holds its key: from a file, from standard input, or typed unseen; "
        "never from the command line, where others see it. The account's number stands in the address of its page."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which account, and where to read."""
        parser.add_argument("account", type=int, help="the account's number")
        parser.add_argument("--address", default="", help="the public name, or the page, of a shadow that has none yet")
        parser.add_argument("--file", type=Path, help="a file that holds the service's address, and nothing else")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it."""
        account = Account.objects.select_related("shadow_of").filter(pk=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}.")
        secret = "" if is_by_hand(account) else self._read(options["file"])
        try:
            give(account=account, secret=secret, address=options["address"], now=now())
        except RegistryError as error:
            raise CommandError(str(error)) from error
        account.refresh_from_db()
        state = f"paused: {account.paused_why}" if account.paused_at else "may publish"
        self.stdout.write(f"{account} is connected; {state}.")

    @staticmethod
    def _read(file: Path | None) -> str:
        if file is not None:
            try:
                return file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{file} cannot be read.") from error
        if sys.stdin.isatty():
            return getpass("The service's address (not shown): ").strip()
        return sys.stdin.read().strip()
