"""The one collector: it counts what stands in the ledger when it is asked.

No process keeps a counter of its own, so that what dies takes no figure with it, and every process that is asked says the same.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import redis
from django.conf import settings
from prometheus_client.metrics_core import Metric

from crisis import clock
from crisis.checkins.queries import unassigned
from crisis.checkins.reported import calls_for_help
from crisis.health import census, queries, tallies
from crisis.health.operations import SWEEP
from crisis.privacy.queries import latest
from watch import broker, families
from watch.families import NoticeCount, gauge
from watch.memory import Shared

log = logging.getLogger(__name__)

LIVE_LEAST_S = 5.0


class LedgerCollector:
    """Counts for Prometheus.

    Finished runs have a tally; a running one is counted in one pass, whose answer is shared for twenty times as long as it took.
    So a million notices are never read at each scrape.
    """

    def __init__(self) -> None:
        self._running: dict[int, Shared[tallies.RunCount]] = {}

    def collect(self) -> Iterator[Metric]:
        """Count everything; a part that fails is said to, and the others stand."""
        now = clock.now()
        since = now - timedelta(days=settings.WATCH_DAYS)
        parts: dict[str, Callable[[], Iterator[Metric]]] = {
            "deliveries": lambda: families.deliveries(census.deliveries(since), census.deliveries_due_since(now), now),
            "notices": lambda: families.notices(self._notices(since, now), census.runs(since), now),
            "broker": self._broker,
            "journal": lambda: families.journal(census.unsealed(), now),
            "purge": lambda: families.purge(latest()),
            "breakers": lambda: families.breakers(census.open_breakers(now)),
            "accounts": lambda: families.accounts(census.paused_accounts()),
            "credentials": lambda: families.ending(census.ending()),
            "calls": lambda: families.calls(calls_for_help(), now),
            "cases": lambda: families.unassigned(unassigned(), now),
            "canaries": lambda: families.canaries(list(queries.canaries()), queries.beaten_at(SWEEP)),
        }
        well = gauge("part_ok", "Whether this part of the counts could be made", ["part"])
        took = gauge("part_seconds", "How long counting this part took", ["part"])
        for part, make in parts.items():
            began = time.monotonic()
            try:
                found = list(make())
            except Exception as error:  # noqa: BLE001 - whatever it is, the other figures are needed then more than ever
                log.warning("a part of the metrics failed", extra={"part": part, "error": type(error).__name__})
                found = []
            yield from found
            well.add_metric([part], bool(found))
            took.add_metric([part], time.monotonic() - began)
        yield from (well, took)

    def _notices(self, since: datetime, now: datetime) -> list[NoticeCount]:
        found = [
            NoticeCount(
                mode=tally.run.alert.mode,
                states=[(state, reason, number) for state, reason, number in tally.counts],
                resent_unknown=tally.resent_unknown,
                due_since=None,
                last_accepted_at=tally.last_accepted_at,
            )
            for tally in tallies.tallied(since)
        ]
        running = {run.pk: run for run in tallies.running(since)}
        known = self._running
        self._running = {
            pk: known.get(pk) or Shared(partial(tallies.count, pk), least_s=LIVE_LEAST_S) for pk in running
        }
        for pk, run in running.items():
            counted = self._running[pk].get()
            # What was never tried may leave since the alert was issued.
            due = run.alert.issued_at if counted.fresh else counted.first_due_at
            due = due if tallies.holds(run.alert, now) else None
            found.append(
                NoticeCount(run.alert.mode, counted.states, counted.resent_unknown, due, counted.last_accepted_at)
            )
        return found

    def _broker(self) -> Iterator[Metric]:
        try:
            return families.broker(broker.queues())
        except redis.RedisError:
            return families.broker(None)
