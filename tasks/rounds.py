"""The rounds: once a minute the ways out are tried, and finished runs are tallied. Slow work; nothing waits for it."""

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.health import operations, queries, tallies
from crisis.health.models import Canary
from platforms import catalog
from platforms.contract import Outgoing, Probes, Verifies
from platforms.errors import BadCredentials, PlatformError, Throttled, Unconfirmed
from tasks import throttle, wiring

log = logging.getLogger(__name__)

AT_ONCE = 5  # accounts of one round: two hundred are tried within an hour, and no platform sees a burst
ROUND_S = 10.0  # no other is begun after it: with the longest answer the round stays within the task's time limit
WORDS = "Tocsin: a canary. This message goes away by itself; nothing is to be done."


@shared_task(name="tasks.rounds.canary")
def canary() -> None:
    """Try the ways out that are due; two at the same time, or one much later, are safe."""
    begun = time.monotonic()
    operations.enrol(chat=bool(settings.TELEGRAM_OPERATIONS_CHAT), platforms=_verified(), now=clock.now())
    for each in queries.due(clock.now(), limit=AT_ONCE):
        if time.monotonic() - begun > ROUND_S:
            break
        if operations.take(each, clock.now()):
            operations.settle(each, _tried(each), clock.now())


def _verified() -> list[str]:
    """Return the platforms whose accounts are tried by asking whom their token speaks for.

    Not Telegram: all its accounts share the bot's token, which the operations chat proves better. Not where the platform
    charges for the question, unless the settings say that it is worth it; nor where there is nobody to ask.
    """
    asked = [spec for spec in catalog.specs() if spec.slug != "telegram" and not spec.blind and not spec.by_hand]
    return [spec.slug for spec in asked if not spec.verify_is_charged or spec.slug in settings.CANARY_CHARGED]


def _tried(each: Canary) -> PlatformError | None:
    """Try one; None if it went well."""
    spec = catalog.spec(each.platform)
    assert spec is not None  # noqa: S101 - only platforms of the catalogue are enrolled
    buckets = throttle.for_notices() if each.account is None else throttle.for_asking(spec, each.account)
    if (wait := throttle.take_soon(buckets)) > 0:
        # Alerts go first; that they go is proof enough meanwhile.
        return Throttled("our own limit", scope="app", retry_after=wait)
    wiring.lend_connection()
    try:
        if each.account:
            return _speaks_for_us(each)
        _reaches_us()
    except Throttled as error:
        # The buckets are shared with the alerts: a refusal that the canary hears holds for them too.
        key = throttle.key_of(spec, each.account, error.scope) if each.account else throttle.TELEGRAM
        throttle.halt(key, seconds=error.retry_after)
        return error
    except PlatformError as error:
        return error
    except Exception as error:
        log.exception("an adapter broke its contract", extra={"canary": each.name})
        return Unconfirmed(f"our own mistake: {type(error).__name__}")
    return None


def _reaches_us() -> None:
    adapter = wiring.adapter("telegram")
    if not isinstance(adapter, Probes):
        raise TypeError("the Telegram adapter probes")
    adapter.probe(Outgoing(text=WORDS, marker=""), wiring.citizen(settings.TELEGRAM_OPERATIONS_CHAT))


def _speaks_for_us(each: Canary) -> PlatformError | None:
    account = each.account
    assert account is not None  # noqa: S101 - asked before
    adapter = wiring.adapter(account.platform)
    if not isinstance(adapter, Verifies):
        return None
    identity = adapter.verify(wiring.target(account))
    if account.platform_id and identity.platform_id != account.platform_id:
        return BadCredentials("the token speaks for another account")
    return None


@shared_task(name="tasks.rounds.tally")
def tally() -> None:
    """Count finished runs once and for good, so that no scrape reads them again."""
    now = clock.now()
    for run in tallies.running(now - timedelta(days=settings.WATCH_DAYS)):
        if tallies.tally(run, now):
            log.info("run tallied", extra={"run": run.pk, "alert": run.alert_id, "marker": run.alert.marker})
