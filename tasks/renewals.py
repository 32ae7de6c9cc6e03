"""Renewing: once a minute, what ends soon and can be made longer is; two rounds at once never use one refresh token twice."""

import logging
import time

from celery import shared_task

from crisis import clock
from crisis.encryption import UnreadableSecret
from crisis.registry import renewals
from crisis.registry.queries import house_paused
from platforms import catalog
from platforms.access import Renews
from platforms.errors import BadCredentials, PlatformError, UnexpectedResponse
from tasks import wiring

log = logging.getLogger(__name__)

AT_ONCE = 20  # accesses of one round: a thousand that end within two hours are renewed in time
ROUND_S = 10.0  # no other is begun after it, as in the other rounds


@shared_task(name="tasks.renewals.renew")
def renew() -> None:
    """Renew what ends soon; two at the same time, or one much later, are safe."""
    if house_paused():
        return
    begun = time.monotonic()
    before = {
        spec.slug: spec.renew_before
        for spec in catalog.specs()
        if spec.renew_before is not None and issubclass(catalog.consent_class(spec.slug) or object, Renews)
    }
    for pk in renewals.due(clock.now(), before, limit=AT_ONCE):
        if time.monotonic() - begun > ROUND_S:
            break
        try:
            leased = renewals.lease(pk, clock.now())
        except UnreadableSecret:
            log.exception("a stored access cannot be read", extra={"credential": pk})
            continue
        if leased is not None:
            _renew(leased)


def _renew(leased: renewals.Leased) -> None:
    account = leased.credential.account
    wiring.lend_connection()
    try:
        screen: object = wiring.consent(account.platform)
        if not isinstance(screen, Renews):
            raise TypeError("only what renews is due")
        granted = screen.renew(wiring.target(account))
        kept = renewals.store(leased, granted, clock.now())
    except PlatformError as error:
        _failed(leased, error)
    except Exception as error:
        log.exception("a consent broke its contract", extra={"account": account.pk})
        _failed(leased, UnexpectedResponse(type(error).__name__))
    else:
        log.info("access renewed" if kept else "connected anew meanwhile", extra={"account": account.pk})


def _failed(leased: renewals.Leased, error: PlatformError) -> None:
    renewals.fail(leased, error, clock.now())
    loud = log.error if isinstance(error, BadCredentials) else log.warning
    loud("an access was not renewed", extra={"account": leased.credential.account_id, "code": error.code})
