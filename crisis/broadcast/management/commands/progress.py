"""manage.py progress ALERT: how a broadcast goes, counted in the ledger; once, or each second until it is done."""

import json
import re
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.queries import by_marker, public_chain
from crisis.broadcast.pace import Forecast, Pace
from crisis.broadcast.queries import Progress, progress

TICK_S = 1.0
_ALERT = re.compile(r"([A-Za-z0-9]{6})(?:/([0-9]{1,4}))?")


def found(text: str) -> Alert:
    """Return the alert that somebody names: CODE/n, or CODE for the newest of its chain.

    Raises:
        CommandError: it is no code, or no issued alert has it.
    """
    match = _ALERT.fullmatch(text.strip())
    if match is None:
        raise CommandError(
            f"{text!r} is no alert's code. It has six characters, as in ABC123, or ABC123/2 for one of a chain."
        )
    code, number = match.groups()
    alert = by_marker(code, int(number)) if number else next(iter(public_chain(code)), None)
    if alert is None:
        raise CommandError(
            f"No issued alert has the code {text.strip().upper()}. Codes stand in every text, and in the console."
        )
    return alert


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None


def data(alert: Alert, counted: Progress, forecast: Forecast, now: datetime) -> dict[str, Any]:
    """Return the counts as plain values."""
    return {
        "alert": alert.marker,
        "mode": alert.mode,
        "state": alert.state,
        "at": _stamp(now),
        "issued_at": _stamp(alert.issued_at),
        "deliveries": counted.deliveries,
        "accounts": {"meant": counted.accounts, "posted": counted.accounts_posted},
        "notices": {"expected": counted.expected_notices, **counted.notices},
        "mismatch": counted.mismatch,
        "left": {"deliveries": forecast.deliveries.left, "notices": forecast.notices.left},
        "per_s": {
            "deliveries": round(forecast.deliveries.per_s, 2),
            "notices": round(forecast.notices.per_s, 2),
        },
        "first_posted_at": _stamp(counted.first_posted_at),
        "last_posted_at": _stamp(counted.last_posted_at),
        "first_accepted_at": _stamp(counted.first_accepted_at),
        "last_accepted_at": _stamp(counted.last_accepted_at),
        "expected_end_at": _stamp(forecast.ends_at),
        "done": counted.done,
    }


def _time(at: datetime | None) -> str:
    return f"{at:%H:%M:%S}" if at else "–"


def _states(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(counts.items())) or "none"


def _span(first: datetime | None, last: datetime | None, pace: Pace) -> str:
    return f"first {_time(first)}, last {_time(last)}, {pace.per_s:.1f}/s over the last minute"


def _end(counted: Progress, forecast: Forecast) -> str:
    if counted.done:
        return "everything has settled"
    return (
        f"expected end {forecast.ends_at:%d %b %H:%M:%S} UTC"
        if forecast.ends_at
        else "expected end unknown: nothing moves"
    )


def lines(alert: Alert, counted: Progress, forecast: Forecast) -> list[str]:
    """Return the counts for people."""
    issued = f"{alert.issued_at:%d %b %H:%M:%S} UTC" if alert.issued_at else "never"
    told = [
        f"{alert.get_mode_display()} {alert.marker} {alert.situation}: {alert.get_state_display().lower()}, {issued}",
        f"  publications  {_states(counted.deliveries)}; {counted.accounts_posted} of {counted.accounts} accounts have all",
        f"                {_span(counted.first_posted_at, counted.last_posted_at, forecast.deliveries)}",
        f"  notices       {_states(counted.notices)}; {counted.expected_notices:,} expected",
        f"                {_span(counted.first_accepted_at, counted.last_accepted_at, forecast.notices)}",
        f"  {_end(counted, forecast)}",
    ]
    if counted.mismatch:
        told.insert(1, "  ANOTHER NUMBER OF NOTICES WAS WRITTEN THAN APPROVED: look at the journal.")
    return told


def line(counted: Progress, forecast: Forecast, now: datetime) -> str:
    """Return the counts in one line."""
    posted, accepted = counted.deliveries.get("posted", 0), counted.notices.get("accepted", 0)
    return (
        f"{now:%H:%M:%S} UTC  {posted:,} of {sum(counted.deliveries.values()):,} publications "
        f"({forecast.deliveries.per_s:.1f}/s), {accepted:,} of {counted.expected_notices:,} notices "
        f"({forecast.notices.per_s:.1f}/s), {_end(counted, forecast)}"
    )


class Command(BaseCommand):
    """Say how a broadcast goes."""

    help = "Say how the broadcast of an alert goes: counts, rate, first, last and expected end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which, and how."""
        parser.add_argument("alert", help="its public code: ABC123, or ABC123/2 for one of a chain")
        parser.add_argument("--json", action="store_true", help="as JSON; with --follow, one object a line")
        parser.add_argument("--follow", action="store_true", help="a line each second until everything has settled")

    def handle(self, *_: Any, **options: Any) -> None:
        """Say it."""
        alert = found(options["alert"])
        if not options["follow"]:
            counted, forecast, now = self._count(alert)
            if options["json"]:
                self.stdout.write(json.dumps(data(alert, counted, forecast, now), indent=1))
            else:
                self.stdout.write("\n".join(lines(alert, counted, forecast)))
            return
        try:
            self._follow(alert, as_json=options["json"])
        except KeyboardInterrupt:
            self.stderr.write("No longer followed; the broadcast goes on.")

    def _count(self, alert: Alert) -> tuple[Progress, Forecast, datetime]:
        now = clock.now()
        counted = progress(alert, now)
        return counted, counted.forecast(now), now

    def _follow(self, alert: Alert, *, as_json: bool) -> None:
        while True:
            counted, forecast, now = self._count(alert)
            if as_json:
                self.stdout.write(json.dumps(data(alert, counted, forecast, now)))
            else:
                self.stdout.write(line(counted, forecast, now))
            self.stdout.flush()
            if counted.done:
                return
            time.sleep(TICK_S)
