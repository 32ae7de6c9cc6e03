"""Accesses that end by themselves, made longer in time: which, by whom at a time, and what becomes of it.

A refresh token may be worth one use only. So whoever renews first leases every credential that holds the same access, by one
conditional UPDATE; what the platform gives is stored, for all of them at once, before anything of the old is forgotten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from crisis.encryption import Secrets, UnreadableSecret
from crisis.journal.operations import append
from crisis.registry.models import Credential
from crisis.registry.queries import willing
from platforms.access import Granted
from platforms.errors import BadCredentials, PlatformError, Throttled

ACTOR = "renewals"
LEASE = timedelta(minutes=5)  # the longest answer of a platform takes half a minute
_SOONEST, _LATEST = timedelta(minutes=1), timedelta(hours=1)
_HOPELESS = timedelta(days=1)  # between tries of what only an editor can mend, as far as the platform says


@dataclass(frozen=True, slots=True)
class Leased:
    """What one process may renew now, and nobody else.

    Attributes:
        credential: whose secrets are used.
        shared: the keys of all credentials with the same access, its own among them.
        until: when the lease ends; also its sign.
        before: the secrets as they were.
    """

    credential: Credential
    shared: tuple[int, ...]
    until: datetime
    before: Secrets = field(repr=False)


def due(now: datetime, before: Mapping[str, timedelta], *, limit: int) -> list[int]:
    """Return the credentials that should be renewed now, those that end first at the front; no person's who agrees no more.

    Args:
        now: the time.
        before: how long before its end an access is renewed, by platform; others never are.
        limit: at most so many.
    """
    if not before:
        return []
    near = reduce(or_, (Q(account__platform=slug, expires_at__lte=now + long) for slug, long in before.items()))
    rows = Credential.objects.filter(near, _free(now), willing(now.date(), "account__"), account__is_home=True)
    return list(rows.order_by("expires_at", "pk").values_list("pk", flat=True)[:limit])


def _free(now: datetime) -> Q:
    return Q(renew_after=None) | Q(renew_after__lte=now)


def lease(pk: int, now: datetime) -> Leased | None:
    """Take a credential, and all others with the same access, for one try; None if somebody else has, or it is gone.

    Raises:
        UnreadableSecret: it fits none of the keys.
    """
    credential = Credential.objects.select_related("account").filter(_free(now), pk=pk).first()
    if credential is None:
        return None
    secrets = Secrets(credential.secrets)
    shared = (pk, *(each.pk for each in _siblings(credential) if _same(each, secrets)))
    until = now + LEASE
    with transaction.atomic():
        # `expires_at`: whoever was faster may be done already.
        rows = Credential.objects.filter(_free(now), pk__in=shared, expires_at=credential.expires_at)
        if rows.update(renew_after=until) != len(shared):
            transaction.set_rollback(True)
            return None
    return Leased(credential, shared, until, secrets)


def _siblings(credential: Credential) -> Sequence[Credential]:
    """Return the other credentials that the same person's consent gave, if it may have given several."""
    if not credential.grantor:
        return ()
    platform = credential.account.platform
    rows = Credential.objects.filter(account__platform=platform, grantor=credential.grantor).exclude(pk=credential.pk)
    return list(rows.filter(expires_at=credential.expires_at).defer("secrets").order_by("pk"))


def _same(other: Credential, secrets: Secrets) -> bool:
    try:
        return Secrets(other.secrets) == secrets
    except UnreadableSecret:
        return False


@transaction.atomic
def store(leased: Leased, granted: Granted, now: datetime) -> bool:
    """Keep what the platform gave, for all that have this access; False if somebody connected it anew meanwhile.

    Raises:
        BadCredentials: it speaks for another account; nothing is stored.
    """
    number = leased.credential.account.platform_id
    if number and granted.identity.platform_id and granted.identity.platform_id != number:
        raise BadCredentials("the renewed access speaks for another account")
    # A refresh that makes nothing longer is not repeated by the minute.
    again = now + _between(granted.expires_at, now)
    kept = {
        "secrets": Secrets({**leased.before, **granted.secrets}),
        "expires_at": granted.expires_at,
        "renew_after": again,
        "renew_code": "",
    }
    held = Credential.objects.filter(pk__in=leased.shared, renew_after=leased.until)
    done = 0
    for pk, account in list(held.values_list("pk", "account")):
        if not held.filter(pk=pk).update(**kept):
            continue
        done += 1
        append(
            actor=ACTOR,
            action="registry.renew",
            subject=f"account:{account}",
            now=now,
            outcome="renewed",
            expires_at=granted.expires_at.isoformat() if granted.expires_at else None,
        )
    return done > 0


@transaction.atomic
def fail(leased: Leased, error: PlatformError, now: datetime) -> None:
    """Note that it was not renewed. What is stored holds as long as it did; it is tried again."""
    wait = _between(leased.credential.expires_at, now)
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after)
    elif isinstance(error, BadCredentials):
        wait = _HOPELESS
    rows = Credential.objects.filter(pk__in=leased.shared, renew_after=leased.until)
    for pk, account, before in list(rows.values_list("pk", "account", "renew_code")):
        if rows.filter(pk=pk).update(renew_after=now + wait, renew_code=error.code) and before != error.code:
            append(actor=ACTOR, action="registry.renew", subject=f"account:{account}", now=now, outcome=error.code)


def _between(end: datetime | None, now: datetime) -> timedelta:
    """Return how long to wait for the next try: an eighth of what is left, between a minute and an hour."""
    return _LATEST if end is None else min(max((end - now) / 8, _SOONEST), _LATEST)
