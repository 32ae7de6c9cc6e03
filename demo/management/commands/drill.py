"""manage.py drill: run an exercise in the house that runs."""

import json
import logging
import re
from argparse import ArgumentParser
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.models import Alert
from crisis.alerts.where import Circle
from crisis.broadcast.preflight import Preflight, Refused
from crisis.places.names import country_of, unknown_countries
from crisis.registry.operations import MixedInstallation, check_installation
from crisis.wording.catalogue import UnknownSituation
from demo import drill, furnish, simulator

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run a drill."""

    help = "Run an EXERCISE on the shadow accounts of the house that runs (make run), and say what happened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where and what."""
        parser.add_argument("--country", default="", help="one or several countries, by code or name: JP, or JP,KR,TW")
        parser.add_argument("--around", default="", help="instead: around this town")
        parser.add_argument("--radius", type=int, default=100, help="in km, with --around (default 100)")
        parser.add_argument("--situation", default="earthquake", help="default: earthquake")
        parser.add_argument(
            "--then", action="append", default=[], choices=["update", "end", "retract"],
            help="afterwards correct it, as people would; may be given several times, in order",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the result as JSON only")
        parser.add_argument(
            "--timeout",
            type=float,
            default=drill.SETTLE_S,
            help="seconds for which nothing may move before it gives up",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it."""
        self._check_running()
        try:
            alert, found = self._issued(options)
        except CommandError as error:
            cause = error.__cause__ or error
            fields = ",".join(sorted(getattr(cause, "errors", ())))
            log.warning("refused", extra={"command": "drill", "error": type(cause).__name__, "fields": fields})
            raise
        told, waits = self._follow(alert, found, options)
        reports = [told]
        for step in options["then"]:
            if waits:
                break
            alert = drill.then(step, alert, clock.now())
            told, waits = self._follow(alert, found, options)
            reports.append(told)
        if options["json"]:
            self.stdout.write(json.dumps(reports if options["then"] else told, indent=1, ensure_ascii=False))
        if waits:
            raise CommandError(
                f"The drill has not settled, and nothing moved for {options['timeout']:g} s. It waits for {'; '.join(waits)}."
            )

    def _follow(self, alert: Alert, found: Preflight, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        say = (lambda _: None) if options["json"] else self.stdout.write
        waits = drill.follow(alert, say, patience_s=options["timeout"])
        told = drill.report(alert, found, waits=waits)
        if not options["json"]:
            for line in drill.summary(told):
                self.stdout.write(line)
        return told, waits

    def _issued(self, options: dict[str, Any]) -> tuple[Alert, Preflight]:
        asked = self._asked(options)
        if why := drill.impossible():
            raise CommandError(why)
        furnish.furnish_new(clock.now())
        try:
            return drill.issue(asked, clock.now())
        except (ContentError, Refused, UnknownSituation) as error:
            raise CommandError(str(error)) from error

    def _asked(self, options: dict[str, Any]) -> drill.Asked:
        typed = [word.strip() for word in re.split(r"[,;]", options["country"]) if word.strip()]
        unknown = [word for word in typed if country_of(word) is None]
        if unknown:
            raise CommandError(unknown_countries(unknown))
        if not typed and not options["around"]:
            raise CommandError("Say where: --country JP, or --around Osaka --radius 50.")
        circle = Circle(options["around"], options["radius"]) if options["around"] else None
        return drill.Asked([country_of(word) or word for word in typed], options["situation"], circle)

    def _check_running(self) -> None:
        try:
            simulator.health()
            with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
                client.ping()
            check_installation(mode=settings.TOCSIN_MODE)
        except MixedInstallation as error:
            raise CommandError(str(error)) from error
        except (simulator.SimulatorDown, redis.RedisError) as error:
            raise CommandError("The house is not running here. Start it first: make run") from error
