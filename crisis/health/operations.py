"""What the house notes about itself: a pulse, and what came of trying a way out."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from crisis.health.models import Canary, Pulse
from crisis.registry.models import Account
from crisis.registry.queries import willing
from platforms.errors import PlatformError, Throttled

log = logging.getLogger(__name__)

SWEEP = "sweep"
OPERATIONS = "telegram:operations"

ACCOUNT_EVERY = timedelta(hours=6)
ACCOUNT_AGAIN = timedelta(minutes=15)
CHAT_EVERY = timedelta(minutes=5)
CHAT_AGAIN = timedelta(minutes=1)
# Nobody else tries a canary that was taken; a worker that died with it costs no more than this.
TAKEN = timedelta(minutes=2)


def beat(name: str, now: datetime) -> None:
    """Note that something which must go on by itself has come to its end once more."""
    if not Pulse.objects.filter(name=name).update(beaten_at=now):
        Pulse.objects.update_or_create(name=name, defaults={"beaten_at": now})


def enrol(*, chat: bool, platforms: Collection[str], now: datetime) -> None:
    """Keep one canary for each way out that can be tried, and none for any other.

    Args:
        chat: an operations chat is set.
        platforms: slugs whose accounts are tried; of those, only accounts that are connected and not paused: what is paused
            publishes nothing, and a person knows. Nor is any a person's who has not agreed, or agrees no more.
        now: new ones are due from it.
    """
    wanted = Account.objects.filter(
        willing(now.date()), is_home=True, paused_at=None, credential__isnull=False, platform__in=platforms
    )
    Canary.objects.exclude(account=None).exclude(account__in=wanted).delete()
    Canary.objects.bulk_create(
        [
            Canary(name=f"account:{account.pk}", platform=account.platform, account=account, due_at=now)
            for account in wanted.filter(canary=None)
        ],
        ignore_conflicts=True,
    )
    if chat:
        Canary.objects.get_or_create(name=OPERATIONS, defaults={"platform": "telegram", "due_at": now})
    else:
        Canary.objects.filter(name=OPERATIONS).delete()


def take(canary: Canary, now: datetime) -> bool:
    """Take a due canary for trying; False if somebody else has."""
    return bool(Canary.objects.filter(pk=canary.pk, due_at=canary.due_at).update(due_at=now + TAKEN))


def settle(canary: Canary, outcome: PlatformError | None, now: datetime) -> Canary:
    """Write what came of trying a canary; from the moment that a person must act it is logged as an error, once.

    Args:
        canary: as it was taken.
        outcome: None if it went well. To be told to wait proves neither.
        now: the time.

    Returns:
        The canary as it stands now.
    """
    every, again = (CHAT_EVERY, CHAT_AGAIN) if canary.account_id is None else (ACCOUNT_EVERY, ACCOUNT_AGAIN)
    rang = canary.rings
    if outcome is None:
        if rang:
            log.info("a canary is well again", extra=_ids(canary))
        canary.ok_at, canary.failed_since, canary.failures, canary.code, canary.sentence = now, None, 0, "", ""
        canary.due_at = now + every
    elif isinstance(outcome, Throttled):
        canary.due_at = now + again
    else:
        canary.failures += 1
        canary.failed_since = canary.failed_since or now
        canary.code, canary.sentence = outcome.code, outcome.sentence[:200]
        canary.due_at = now + min(every, again * 2 ** min(canary.failures - 1, 10))
        if canary.rings and not rang:
            log.error(
                "a canary rings: a person must act",
                extra=_ids(canary) | {"code": "canary_rings", "outcome": outcome.code, "failures": canary.failures},
            )
    fields = ["ok_at", "failed_since", "failures", "code", "sentence", "due_at"]
    # A canary that was removed meanwhile stays removed.
    Canary.objects.filter(pk=canary.pk).update(**{name: getattr(canary, name) for name in fields})
    return canary


def _ids(canary: Canary) -> dict[str, object]:
    return {"canary": canary.name, "platform": canary.platform, "account": canary.account_id}
