"""Asking a platform for an account what can wait: within its rates, behind its breakers, and telling both what it answered."""

import logging
from collections.abc import Callable
from typing import TypeVar

from crisis import clock
from crisis.broadcast import breakers, halts
from crisis.encryption import UnreadableSecret
from crisis.registry.models import Account
from platforms import catalog
from platforms.contract import Adapter, Receipt, Target
from platforms.errors import PlatformError, Throttled, Unconfirmed, UnexpectedResponse
from tasks import throttle, wiring

log = logging.getLogger(__name__)

T = TypeVar("T")

LONGER_S = 300.0  # an account that refuses is asked again after that


def _names(account: Account) -> list[str]:
    return breakers.keys(account.platform, account.pk)


def let_go(account: Account) -> None:
    """Give back what `wait_s` let through and of which nothing was asked."""
    breakers.release(_names(account))


def wait_s(account: Account) -> float:
    """Return for how many seconds nothing may be asked for an account; 0 takes a permit, and its breaker lets us through."""
    spec, now = catalog.spec(account.platform), clock.now()
    if spec is None:
        return LONGER_S
    if (quiet := throttle.halted_s(throttle.keys_of(spec, account))) > 0:
        return quiet
    if (wait := throttle.take(throttle.for_asking(spec, account))) > 0:
        return wait
    until = halts.halted(_names(account), now) or breakers.admit(_names(account), now)
    return max(1.0, (until - now).total_seconds()) if until else 0.0


def asked(account: Account, ask: Callable[[Adapter, Target], T]) -> T | PlatformError:
    """Ask a platform something for an account; what it refuses is told to the throttle and the breakers, and returned."""
    spec = catalog.spec(account.platform)
    outcome: T | PlatformError
    try:
        adapter, target = wiring.adapter(account.platform), wiring.target(account)
    except (UnreadableSecret, Account.credential.RelatedObjectDoesNotExist):
        let_go(account)
        return UnexpectedResponse("the account is not connected, or its access fits none of our keys")
    wiring.lend_connection()
    try:
        outcome = ask(adapter, target)
    except PlatformError as error:
        outcome = error
    except Exception as error:
        log.exception("an adapter broke its contract", extra={"account": account.pk})
        outcome = Unconfirmed(f"our own mistake: {type(error).__name__}")
    if isinstance(outcome, Throttled) and spec is not None:
        throttle.halt(throttle.key_of(spec, account, outcome.scope), seconds=outcome.retry_after)
    # Whatever was answered is a sign of life.
    breakers.note(_names(account), outcome if isinstance(outcome, PlatformError) else Receipt(""), clock.now())
    return outcome
