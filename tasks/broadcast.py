"""Public accounts: one task a delivery, and one that reads an account back where nobody knows what became of it."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import breakers, corrections, halts, ledger
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.release import Verdict, before_it, in_its_turn, may_leave, may_still_leave
from crisis.encryption import UnreadableSecret
from crisis.registry.models import Account
from crisis.registry.queries import house_paused
from platforms import catalog
from platforms.contract import Adapter, Amends, Finds, Media, Outgoing, Receipt, Target, Withdraws
from platforms.errors import PlatformError, Throttled, Unconfirmed, UnexpectedResponse, Unsupported
from tasks import bells, hands, pictures, throttle, wiring

log = logging.getLogger(__name__)

# What one send may take at most: connecting, and twice the longest read time-out. With less of the lease left, nothing is sent.
LONGEST_SEND = timedelta(seconds=35)
FRESH = timedelta(seconds=1)  # so long what was read of platforms and accounts is believed


@shared_task(name="tasks.broadcast.deliver")
def deliver(*delivery_ids: int) -> None:
    """Publish some deliveries, those that still may leave, each on a thread of its own.

    Args:
        delivery_ids: any number of rings for the same one is harmless.
    """
    ready = _ready(delivery_ids)
    corrects = any(each.alert.msg_type != Alert.MsgType.ALERT for each in ready.released)
    hands.share(partial(_publish_whole, ready=ready), ready.released, first=corrects)


@dataclass(frozen=True, slots=True)
class _Ready:
    """Deliveries that may leave.

    Attributes:
        released: they.
        troubled: the names of platforms and accounts of which something was known then.
        read_at: when that was.
    """

    released: list[Delivery]
    troubled: set[str]
    read_at: datetime


def _ready(ids: Collection[int]) -> _Ready:
    """Read deliveries together, and ask for each whether it may leave."""
    read_at = clock.now()
    waiting = ledger.waiting(ids, read_at)
    paused = house_paused() if waiting else ""
    released = [each for each in waiting if _surely_released(each, paused)]
    names = {name for each in released for name in _breakers(each.account)}
    return _Ready(released, breakers.troubled(names, read_at) if names else set(), read_at)


def _publish_whole(delivery: Delivery, *, ready: _Ready) -> None:
    """Publish a delivery, and at once the next parts of its thread: here, over the connection that is open already."""
    with bells.kept() as following:
        _publish(delivery, troubled=ready.troubled, read_at=ready.read_at)
    if following:
        more = _ready(following)
        for part in more.released:
            _publish_whole(part, ready=more)


def _publish(delivery: Delivery, *, troubled: set[str], read_at: datetime) -> None:
    """Publish a released delivery, if its platform and account take it now.

    Args:
        delivery: as it was read with others.
        troubled: the names of which something was known then.
        read_at: when that was.
    """
    names = _breakers(delivery.account)
    # Whoever had to wait for a thread asks again.
    asks = not troubled.isdisjoint(names) or clock.now() - read_at > FRESH
    permit = _permitted(delivery, asks=asks)
    if permit is None:
        return
    if asks and (until := breakers.admit(names, clock.now())) is not None:
        throttle.put_back(permit)
        ledger.postpone(delivery_id=delivery.pk, until=until, reason="breaker")
        return
    picture, held = None, None
    try:
        picture = pictures.prepare(delivery, _outgoing, _halt)
        # What was read again meanwhile, for its picture, is read a last time.
        known = delivery if picture is None else None
        held = ledger.claim(delivery_id=delivery.pk, now=clock.now(), known=known)
    except pictures.NotYet:
        pass
    except Exception:
        # A database that fails again and again would use up an hour's permits, and say nothing with them.
        throttle.put_back(permit)
        raise
    if held is None or not _send(held, picture, troubled=asks):
        throttle.put_back(permit)
        if asks:
            breakers.release(names)


def _surely_released(delivery: Delivery, paused: str) -> bool:
    """Ask for one; a mistake over it keeps none of the others back, and the sweep rings for it again."""
    try:
        return _released(delivery, paused)
    except Exception:
        log.exception("it could not be told whether a delivery may leave", extra=_ids(delivery))
        return False


def _released(delivery: Delivery, paused: str) -> bool:
    """Ask the one rule; where it says no, write down why."""
    now = clock.now()
    release = may_leave(
        alert=delivery.alert, account=delivery.account, now=now, connected=delivery.connected, paused=paused
    )
    if release.verdict == Verdict.LEAVE:
        release = in_its_turn(delivery, now)
    if release.verdict == Verdict.LEAVE:
        return True
    if release.reason == "nothing_to_correct" and corrections.say_it_anyway(delivery=delivery, now=now):
        return False
    ledger.refuse(delivery=delivery, release=release, now=now)
    if release.verdict != Verdict.WAIT:
        log.info("delivery refused", extra=_ids(delivery) | {"verdict": release.verdict, "reason": release.reason})
    return False


def _breakers(account: Account) -> list[str]:
    return breakers.keys(account.platform, account.pk)


def _permitted(delivery: Delivery, *, asks: bool) -> list[throttle.Bucket] | None:
    """Take the permit of a delivery, and return whence; None where there is none yet, and it waits in the ledger."""
    account = delivery.account
    spec = catalog.spec(account.platform)
    assert spec is not None  # noqa: S101 - no delivery is queued for a platform without an adapter
    quiet = _quiet(account) or (halts.halted(_breakers(account), clock.now()) if asks else None)
    if quiet is not None:
        ledger.postpone(delivery_id=delivery.pk, until=quiet, reason="throttled")
        return None
    buckets = throttle.for_account(spec, account, removing=delivery.kind == Delivery.Kind.WITHDRAW)
    if (wait := throttle.take_soon(buckets)) > 0:
        ledger.postpone(delivery_id=delivery.pk, until=clock.now() + timedelta(seconds=wait), reason="throttled")
        return None
    return buckets


def _quiet(account: Account) -> datetime | None:
    """Return until when this very process was told to let an account alone."""
    spec = catalog.spec(account.platform)
    return throttle.told(throttle.keys_of(spec, account)) if spec else None


def _send(held: ledger.Claim, picture: Media | None = None, *, troubled: bool = True) -> bool:
    """Publish what is ours, and write down what came of it; False if nothing was asked of the platform.

    Args:
        held: the claim.
        picture: what goes with it.
        troubled: something is, or may be, known against its platform or account, which a sign of life would end.
    """
    delivery = held.delivery
    started_at = clock.now()
    try:
        account = delivery.account
        if not held.released and not may_still_leave(delivery, started_at):
            ledger.give_back(held=held, until=started_at)
            return False
        act = _act(delivery, picture, wiring.adapter(account.platform), wiring.target(account))
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
        ledger.give_back(held=held, until=last)
        return False
    if (quiet := _quiet(account)) is not None:
        # Another thread was refused while this one waited for the database.
        ledger.give_back(held=held, until=quiet, reason=Throttled.code)
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
    if troubled or not isinstance(outcome, Receipt):
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


def _act(delivery: Delivery, picture: Media | None, adapter: Adapter, target: Target) -> Callable[[], Receipt]:
    """Return what is done at the platform: publish, or change what stands there."""
    earlier = delivery.corrects.remote_id if delivery.corrects else ""
    if delivery.kind == Delivery.Kind.WITHDRAW:
        return partial(_withdraw, adapter, earlier, target)
    out = replace(_outgoing(delivery), media=picture)
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
        staged=delivery.staged,
        key=_key(delivery),
        first_at=delivery.first_sent_at,
    )


def _key(delivery: Delivery) -> str:
    """Return what is the same at every try of a delivery and at none of another: what the database holds unique."""
    return f"{delivery.alert.marker}:{delivery.account_id}:{delivery.kind}:{delivery.part}"


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
            if target.operations_chat and (wait := throttle.take_soon(throttle.for_looks(target.operations_chat))) > 0:
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
    quiet_s = throttle.halted_s(throttle.keys_of(spec, account))
    ends = [now + timedelta(seconds=quiet_s), _quiet(account), halts.halted(names, now), breakers.rests(names, now)]
    until = max(end for end in ends if end is not None)
    if until <= now:
        # A question counts against the account as a publication does, where the platform counts by account.
        own = throttle.key_of(spec, account, "account")
        wait = throttle.take([each for each in throttle.for_account(spec, account) if each.key.startswith(own)])
        until = now + timedelta(seconds=wait)
    if until > now:
        ledger.put_off_reading(delivery_id=delivery_id, until=until)
    return until > now
