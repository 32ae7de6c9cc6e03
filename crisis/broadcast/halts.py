"""Quiet that a platform asked for, kept in the database: a Redis that forgets it costs no request during a ban."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from crisis.broadcast import breakers
from crisis.broadcast.models import Breaker, Delivery, DeliveryState
from crisis.registry.models import Account
from platforms.errors import Throttled


def halt(name: str, until: datetime) -> None:
    """Remember that a platform, or one account on it, wants quiet until a time; a longer quiet that stands already is kept."""
    shorter = Breaker.objects.filter(Q(halted_until=None) | Q(halted_until__lt=until), name=name)
    if not shorter.update(halted_until=until):
        Breaker.objects.get_or_create(name=name, defaults={"halted_until": until})


def halted(names: Iterable[str], now: datetime) -> datetime | None:
    """Return until when quiet is wanted, or None."""
    quiet = Breaker.objects.filter(name__in=list(names), halted_until__gt=now).order_by("-halted_until")
    return quiet.values_list("halted_until", flat=True).first()


def obey(*, account: Account, error: Throttled, now: datetime) -> None:
    """Let everything wait that a refusal concerns: the deliveries of its account, or of all accounts of the platform."""
    until = now + timedelta(seconds=error.retry_after)
    platform, own = breakers.keys(account.platform, account.pk)
    concerned = Delivery.objects.filter(state=DeliveryState.QUEUED, not_before__lt=until)
    if error.scope == "app":
        halt(platform, until)
        concerned = concerned.filter(account__in=Account.objects.filter(platform=account.platform))
    else:
        halt(own, until)
        concerned = concerned.filter(account=account)
    # What somebody is writing at this moment is not waited for: it asks for itself before it is sent.
    free = Delivery.objects.filter(pk__in=concerned.select_for_update(skip_locked=True).values("pk"))
    free.update(not_before=until, reason=Throttled.code)
