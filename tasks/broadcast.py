"""Public accounts: one task a delivery, and one that reads an account back where nobody knows what became of it."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from celery import shared_task

from crisis import clock
from crisis.broadcast import breakers, halts, ledger
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.release import Verdict, before_it, in_its_turn, may_leave
from crisis.encryption import UnreadableSecret
from crisis.registry.models import Account
from platforms import catalog
from platforms.contract import Adapter, Amends, Finds, Outgoing, Receipt, Target, Withdraws
from platforms.errors import PlatformError, Throttled, Unconfirmed, UnexpectedResponse, Unsupported
from tasks import throttle, wiring

log = logging.getLogger(__name__)

LONGEST_NAP_S = 1.0  # a permit that comes sooner is waited for in the worker; any other in the ledger
# What one send may take at most: connecting, and twice the longest read time-out. With less of the lease left, nothing is sent.
LONGEST_SEND = timedelta(seconds=35)


@shared_task(name="tasks.broadcast.deliver")
def deliver(delivery_id: int) -> None:
    """Publish one delivery, if it still may leave.

    Args:
        delivery_id: any number of rings for the same one is harmless.
    """
    rows = Delivery.objects.select_related("alert", "account__holder", "wording__alert", "corrects")
    delivery = rows.filter(pk=delivery_id, state=DeliveryState.QUEUED).first()
    if delivery is None:
        return
    now = clock.now()
    release = may_leave(alert=delivery.alert, account=delivery.account, now=now)
    if release.verdict == Verdict.LEAVE:
        release = in_its_turn(delivery, now)
    if release.verdict != Verdict.LEAVE:
        if release.reason == "nothing_to_correct" and ledger.say_it_anyway(delivery=delivery, now=now):
            return
        ledger.refuse(delivery=delivery, release=release, now=now)
        if release.verdict != Verdict.WAIT:
            log.info("delivery refused", extra=_ids(delivery) | {"verdict": release.verdict, "reason": release.reason})
        return
    if not _permitted(delivery):
        return
    if (until := breakers.admit(_breakers(delivery.account), clock.now())) is not None:
        ledger.postpone(delivery_id=delivery_id, until=until, reason="breaker")
        return
    held = ledger.claim(delivery_id=delivery_id, now=clock.now())
    if held is None or not _send(held):
        breakers.release(_breakers(delivery.account))


def _breakers(account: Account) -> list[str]:
    return breakers.keys(account.platform, account.pk)


def _permitted(delivery: Delivery) -> bool:
    spec = catalog.spec(delivery.account.platform)
    assert spec is not None  # noqa: S101 - no delivery is queued for a platform without an adapter
    if (quiet := halts.halted(_breakers(delivery.account), clock.now())) is not None:
        ledger.postpone(delivery_id=delivery.pk, until=quiet, reason="throttled")
        return False
    if (wait := _take(throttle.for_account(spec, delivery.account))) > 0:
        ledger.postpone(delivery_id=delivery.pk, until=clock.now() + timedelta(seconds=wait), reason="throttled")
        return False
    return True


def _take(buckets: Sequence[throttle.Bucket]) -> float:
    """Take a permit, or return the seconds to wait; what comes soon is waited for here."""
    wait = throttle.take(buckets)
    if 0 < wait <= LONGEST_NAP_S:
        time.sleep(throttle.jitter(wait))
        wait = throttle.take(buckets)
    return wait


def _send(held: ledger.Claim) -> bool:
    """Publish what is ours, and write down what came of it; False if nothing was asked of the platform."""
    delivery = held.delivery
    started_at = clock.now()
    try:
        # The claim is fresh: the row as it was read before may be old by now, so the one rule is asked once more.
        account = Account.objects.select_related("holder").get(pk=delivery.account_id)
        release = may_leave(alert=delivery.alert, account=account, now=started_at)
        if release.verdict != Verdict.LEAVE:
            ledger.give_back(held=held, now=started_at)
            return False
        act = _act(delivery, wiring.adapter(account.platform), wiring.target(account))
    except UnreadableSecret as error:
        ledger.park(held=held, reason="unreadable_secret", detail=str(error))
        return False
    except Exception as error:
        # Nothing has left yet, and the row says so again.
        breakers.release(_breakers(delivery.account))
        ledger.stumble(held=held, why=type(error).__name__, now=started_at)
        raise
    outcome: Receipt | PlatformError
    wiring.lend_connection()
    if (last := clock.now()) + LONGEST_SEND > held.lease_until:
        # Preparing it took too long, in a pool that was full or a process that slept.
        ledger.give_back(held=held, now=last)
        return False
    try:
        outcome = act()
    except PlatformError as error:
        outcome = error
    except Exception as error:
        # A mistake of ours after the intent was written: whether anything left is unknown, and said so.
        log.exception("an adapter broke its contract", extra=_ids(delivery))
        outcome = Unconfirmed(f"our own mistake: {type(error).__name__}")
    now = clock.now()
    if isinstance(outcome, Throttled):
        _halt(delivery, outcome)
    state = ledger.settle(held=held, outcome=outcome, started_at=started_at, now=now)
    breakers.note(_breakers(account), outcome, now)
    told = outcome.code if isinstance(outcome, PlatformError) else "posted"
    log.info("delivery settled", extra=_ids(delivery) | {"state": state, "outcome": told, "attempt": held.attempt})
    return True


def _ids(delivery: Delivery) -> dict[str, object]:
    return {
        "alert": delivery.alert_id,
        "marker": delivery.alert.marker,
        "delivery": delivery.pk,
        "platform": delivery.account.platform,
    }


def _halt(delivery: Delivery, error: Throttled) -> None:
    spec = catalog.spec(delivery.account.platform)
    assert spec is not None  # noqa: S101 - it was published to
    throttle.halt(throttle.key_of(spec, delivery.account, error.scope), seconds=error.retry_after)


def _act(delivery: Delivery, adapter: Adapter, target: Target) -> Callable[[], Receipt]:
    """Return what is done at the platform: publish, or change what stands there."""
    earlier = delivery.corrects.remote_id if delivery.corrects else ""
    if delivery.kind == Delivery.Kind.WITHDRAW:
        return partial(_withdraw, adapter, earlier, target)
    out = _outgoing(delivery)
    if delivery.kind == Delivery.Kind.AMEND:
        return partial(_amend, adapter, earlier, out, target)
    return partial(adapter.publish, out, target)


def _amend(adapter: Adapter, remote_id: str, out: Outgoing, target: Target) -> Receipt:
    if not isinstance(adapter, Amends):
        raise Unsupported("nothing can be edited there")
    return adapter.amend(remote_id, out, target)


def _withdraw(adapter: Adapter, remote_id: str, target: Target) -> Receipt:
    if not isinstance(adapter, Withdraws):
        raise Unsupported("nothing can be taken away there")
    adapter.withdraw(remote_id, target)
    return Receipt(remote_id)


def _outgoing(delivery: Delivery) -> Outgoing:
    wording = delivery.wording
    assert wording is not None  # noqa: S101 - a delivery without a text is held, never queued
    reply_to = ""
    if delivery.part > 1:
        before = before_it(delivery)
        reply_to = before.remote_id if before else ""
    elif delivery.kind == Delivery.Kind.REPLY and delivery.corrects:
        reply_to = delivery.corrects.remote_id
    link = next((word for word in wording.text.split() if word.endswith(f"/a/{delivery.alert.code}")), "")
    return Outgoing(
        text=wording.text,
        marker=wording.alert.marker,  # a retraction's words were frozen with the alert that it takes back
        link=link,
        language=wording.languages.split(",")[0],
        reply_to=reply_to,
        after_id=delivery.after_id,
    )


@shared_task(name="tasks.broadcast.read_back")
def read_back(delivery_id: int) -> None:
    """Look whether a delivery whose outcome is unknown stands there; only a proven absence lets it be sent again."""
    if _must_rest(delivery_id):
        return
    delivery = ledger.claim_reading(delivery_id=delivery_id, now=clock.now())
    if delivery is None:
        return
    started_at = clock.now()
    adapter = wiring.adapter(delivery.account.platform)
    can_read = isinstance(adapter, Finds)
    found: Receipt | PlatformError | None = None
    if isinstance(adapter, Finds):
        try:
            target = wiring.target(delivery.account)
            if target.operations_chat and (wait := _take(throttle.for_looks(target.operations_chat))) > 0:
                until = clock.now() + timedelta(seconds=wait)
                ledger.put_off_reading(delivery_id=delivery_id, until=until, taken=True)
                return
            out = _outgoing(delivery)
            wiring.lend_connection()
            found = adapter.find(out, target, delivery.first_sent_at or delivery.queued_at)
        except Unsupported as error:
            # No repetition changes that.
            can_read, found = False, error
        except PlatformError as error:
            found = error
            if isinstance(error, Throttled):
                _halt(delivery, error)
        except Exception as error:
            # Nothing is proven; after some tries a person looks.
            log.exception("an account could not be read back", extra=_ids(delivery))
            found = UnexpectedResponse(f"our own mistake: {type(error).__name__}")
    state = ledger.settle_reading(
        delivery=delivery, found=found, can_read=can_read, started_at=started_at, now=clock.now()
    )
    log.info("account read back", extra=_ids(delivery) | {"state": state})


def _must_rest(delivery_id: int) -> bool:
    """Let a reading wait while its platform wants quiet, or is left alone: a ban holds for every question."""
    unknown = Delivery.objects.select_related("account__holder").filter(pk=delivery_id, state=DeliveryState.UNCONFIRMED)
    if (delivery := unknown.first()) is None:
        return True
    account, now = delivery.account, clock.now()
    spec = catalog.spec(account.platform)
    assert spec is not None  # noqa: S101 - it was published to
    names = _breakers(account)
    quiet_s = throttle.halted_s([throttle.key_of(spec, account, scope) for scope in ("account", "recipient", "app")])
    ends = [now + timedelta(seconds=quiet_s), halts.halted(names, now), breakers.rests(names, now)]
    until = max(end for end in ends if end is not None)
    if until <= now:
        # A question counts against the account as a publication does, where the platform counts by account.
        own = throttle.key_of(spec, account, "account")
        wait = throttle.take([bucket for bucket in throttle.for_account(spec, account) if bucket.key == own])
        until = now + timedelta(seconds=wait)
    if until > now:
        ledger.put_off_reading(delivery_id=delivery_id, until=until)
    return until > now
