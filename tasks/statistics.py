"""Statistics: once a day each connected account's platform is asked whom it reaches, a few a minute, behind everything else.

How soon people are answered there our own inbox knows, once a day too.
"""

import logging
import time

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.presence import answering, operations
from crisis.presence.models import Source
from crisis.registry.models import Account, Mode
from crisis.registry.queries import house_paused
from platforms import catalog
from platforms.contract import Adapter, Audience, Counts, Target
from platforms.errors import PlatformError, Unsupported
from tasks import asking

log = logging.getLogger(__name__)

AT_ONCE = 5  # accounts of one round: three hundred are asked within an hour, and no platform sees a burst
ROUND_S = 10.0  # no other is begun after it, as in the other rounds


def counted() -> list[str]:
    """Return the platforms that say whom an account reaches; where asking costs credit, only if the settings allow it."""
    asked = [spec for spec in catalog.specs() if issubclass(catalog.adapter_class(spec.slug), Counts)]
    return [spec.slug for spec in asked if not spec.verify_is_charged or spec.slug in settings.CANARY_CHARGED]


@shared_task(name="tasks.statistics.count")
def count() -> None:
    """Ask for the accounts that are due; two rounds at the same time, or one much later, are safe."""
    if house_paused():
        return
    begun, done = time.monotonic(), 0
    # In a demo nothing leaves this machine: the simulator is asked for the shadows, and what it says is marked.
    mode = Mode.EXERCISE if settings.LOOPBACK_ONLY else Mode.LIVE
    for account in operations.due(counted(), clock.now(), mode=mode, limit=AT_ONCE):
        if time.monotonic() - begun > ROUND_S:
            break
        done += _count(account)
    if done:
        operations.total(clock.now().date())
    answering.note_answers(clock.now(), mode=mode)


def _count(account: Account) -> bool:
    of = account.shadow_of or account
    if not operations.take(of, clock.now()):
        return False
    if asking.wait_s(account) > 0:
        operations.put_off(of, clock.now())
        return False
    found = asking.asked(account, _audience)
    if isinstance(found, PlatformError):
        log.info("an account could not be counted", extra={"account": account.pk, "error": found.code})
        operations.put_off(of, clock.now())
        return False
    operations.record_count(
        account=of, followers=found.followers, publications=found.publications,
        source=Source.DEMO if settings.LOOPBACK_ONLY else Source.PLATFORM, now=clock.now(),
    )  # fmt: skip
    return True


def _audience(adapter: Adapter, target: Target) -> Audience:
    if not isinstance(adapter, Counts):
        raise Unsupported("nobody is counted there")
    return adapter.count(target)
