"""manage.py offline_kit FOLDER: one file a post, to be printed or kept where it can be read when this house is down."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.kit import kit
from crisis.clock import now
from crisis.registry.models import Post
from crisis.registry.queries import home_ministry, serving_posts


class Command(BaseCommand):
    """Write the kits."""

    help = (
        "Write one HTML file a post: all situations in all languages, its accounts, its numbers. It needs nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and for whom."""
        parser.add_argument("folder", type=Path, help="it is made if it is not there")
        parser.add_argument("--post", default="", help="a post's code; left out: every post")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it."""
        posts = serving_posts(home_ministry())
        if options["post"]:
            posts = posts.filter(code=options["post"])
        if not posts:
            raise CommandError("There is no such post: manage.py import_posts brings them in.")
        folder: Path = options["folder"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for post in posts:
                self._write(folder, post)
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}.") from error
        self.stdout.write(f"{len(posts)} kits in {folder}.")

    def _write(self, folder: Path, post: Post) -> None:
        # Whole or not at all: a kit that ends in the middle is found when it is needed.
        half = folder / f".{post.code}.part"
        half.write_text(kit(post, now()), encoding="utf-8")
        half.replace(folder / f"{post.code}.html")
