"""manage.py coverage [--json]: how many posts are on which platform, in which languages, with a website; then and now."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.audience.tables import BadTable
from crisis.presence.comparison import columns, enter, keep, on_websites, rows
from crisis.presence.standing import standings
from crisis.registry.atlas import platform_name
from crisis.registry.coverage import coverage
from crisis.registry.models import Ministry
from crisis.registry.queries import home_ministry


class Command(BaseCommand):
    """Print the coverage of the home ministry's posts."""

    help = "Count the posts of the home ministry that are on each platform; accounts for drills do not count."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """In which form, and what to keep."""
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--keep", action="store_true", help="keep today's count, to compare later ones with")
        parser.add_argument("--compare", action="store_true", help="beside each count that was kept or entered")
        parser.add_argument(
            "--enter",
            type=Path,
            metavar="FILE.csv",
            help="keep a count of somebody else; data/coverage-2018.csv shows the form",
        )
        parser.add_argument("--on", type=date.fromisoformat, help="YYYY-MM-DD: the day for which it holds")
        parser.add_argument(
            "--whose", default="", help="which ministry it counts: a code, or a name; else the home one"
        )
        parser.add_argument("--source", default="", help="who counted, and where it stands")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it."""
        if options["enter"]:
            self._enter(options)
            return
        ministry, on = home_ministry(), clock.now().date()
        found = coverage(ministry, on=on)
        if options["keep"]:
            keep(found, ministry=ministry, on=on, now=clock.now())
        if options["compare"]:
            self._compare(columns(found, ministry=str(ministry), on=on), as_json=options["json"])
            return
        sites = on_websites(standings(ministry, on=on))
        if options["json"]:
            # Only once websites were read is anything known of what they link to.
            self.stdout.write(json.dumps(asdict(found) | ({"websites": asdict(sites)} if sites.read else {})))
            return
        lines = [(platform_name(slug), many) for slug, many in found.platforms.items()]
        lines += [(f"language {code}", many) for code, many in found.languages.items()]
        for name, many in [*lines, ("with a website", found.website_links)]:
            self.stdout.write(f"{name:<20} {many:>4} of {found.posts} posts")
        if sites.read:
            self.stdout.write(f"{'all accounts linked':<20} {sites.linking:>4} of {sites.read} websites that were read")

    def _enter(self, options: dict[str, Any]) -> None:
        if not (options["on"] and options["source"]):
            raise CommandError("A count is entered with --on, the day for which it holds, and --source, who counted.")
        whose = options["whose"] or home_ministry().code
        known = Ministry.objects.filter(code=whose.upper()).first()
        try:
            row = enter(
                data=options["enter"].read_bytes(), whose=str(known or whose)[:120], on=options["on"],
                source=options["source"][:300], ministry=known, now=clock.now(),
            )  # fmt: skip
        except (OSError, BadTable) as error:
            raise CommandError(str(getattr(error, "strerror", None) or error)) from error
        self.stdout.write(f"Kept: {row}, {row.counted['posts']} posts.")

    def _compare(self, found: list[Any], *, as_json: bool) -> None:
        if as_json:
            told = [
                {"whose": each.whose, "on": each.on.isoformat(), "source": each.source, "posts": each.posts}
                | {":".join(filter(None, key)): many for key, many in each.counted.items()}
                for each in found
            ]
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(" " * 24 + "".join(f"{each.whose[:20]:>22}" for each in found))
        self.stdout.write(" " * 24 + "".join(f"{each.on!s:>22}" for each in found))
        for key in rows(found):
            name = ":".join(filter(None, key))
            cells = [
                "-" if (share := each.share(key)) is None else f"{each.counted[key]} of {each.posts}, {share} %"
                for each in found
            ]
            self.stdout.write(f"{name:<24}" + "".join(f"{cell:>22}" for cell in cells))
