"""The picture of a delivery: drawn from its frozen words, and uploaded before the claim where its platform takes it so."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from crisis import clock
from crisis.broadcast import breakers, cards, ledger, staging
from crisis.broadcast.models import Delivery
from crisis.broadcast.release import may_still_leave
from crisis.encryption import UnreadableSecret
from platforms.contract import Media, Outgoing, Stages, Target
from platforms.errors import PlatformError, Throttled, Unfinished
from tasks import wiring

log = logging.getLogger(__name__)


class NotYet(Exception):
    """It is not claimed now: somebody else uploads its picture, it may not leave any more, or its picture was not taken."""


def prepare(
    delivery: Delivery, outgoing: Callable[[Delivery], Outgoing], halt: Callable[[Delivery, Throttled], None]
) -> Media | None:
    """Draw a delivery's picture, and upload it if its platform takes it before the publication that shows it.

    Args:
        delivery: queued and permitted.
        outgoing: makes what will leave.
        halt: told where the platform asked for quiet.

    Returns:
        The picture; None for a delivery without one.

    Raises:
        NotYet: it is not to be claimed now; what is known stands in the ledger.
    """
    if delivery.wording is None or delivery.wording.card_id is None or delivery.kind == Delivery.Kind.WITHDRAW:
        return None
    held = staging.take(delivery_id=delivery.pk, now=clock.now())
    if held is None:
        raise NotYet
    started_at = clock.now()
    try:
        media, staged = _drawn_and_uploaded(held, outgoing, started_at)
    except NotYet:
        raise
    except UnreadableSecret as error:
        ledger.park(held=held, reason="unreadable_secret", detail=str(error))
        raise NotYet from error
    except Exception as error:
        # Nothing has left, and the row says so again.
        ledger.stumble(held=held, why=type(error).__name__, now=started_at)
        breakers.release(breakers.keys(delivery.account.platform, delivery.account_id))
        raise
    if isinstance(staged, PlatformError):
        _refused(held, staged, started_at, halt)
        raise NotYet
    if not staging.keep(held=held, staged=staged, now=clock.now()):
        raise NotYet
    return media


def _drawn_and_uploaded(
    held: ledger.Claim, outgoing: Callable[[Delivery], Outgoing], now: datetime
) -> tuple[Media, str | PlatformError]:
    """Return the picture, and what its platform gave for it: an earlier try's, blank where it takes none before."""
    delivery = held.delivery
    # It may have been stopped or paused since it was read: then nothing is drawn and uploaded for it.
    account = delivery.account
    if not may_still_leave(delivery, now):
        ledger.give_back(held=held, until=now)
        raise NotYet
    media = _media(delivery)
    adapter = wiring.adapter(account.platform)
    if delivery.staged or not isinstance(adapter, Stages):
        return media, delivery.staged
    out, target = replace(outgoing(delivery), media=media), wiring.target(account)
    wiring.lend_connection()
    return media, _upload(adapter, out, target, delivery)


def _media(delivery: Delivery) -> Media:
    assert delivery.wording is not None  # noqa: S101 - asked before
    assert delivery.wording.card is not None  # noqa: S101 - asked before
    words = delivery.wording.card
    return Media(content=cards.jpeg(words), alt=cards.shown(words).alt, url=cards.address(words, clock.now()))


def _refused(
    held: ledger.Claim, outcome: PlatformError, started_at: datetime, halt: Callable[[Delivery, Throttled], None]
) -> None:
    now, account = clock.now(), held.delivery.account
    if isinstance(outcome, Throttled):
        halt(held.delivery, outcome)
    state = staging.settle(held=held, outcome=outcome, started_at=started_at, now=now)
    breakers.note(breakers.keys(account.platform, account.pk), outcome, now)
    log.info("picture not taken", extra={"delivery": held.delivery.pk, "state": state, "outcome": outcome.code})


def _upload(adapter: Stages, out: Outgoing, target: Target, delivery: Delivery) -> str | PlatformError:
    try:
        return adapter.stage(out, target)
    except PlatformError as error:
        return error
    except Exception as error:
        # A mistake of ours: whatever was uploaded, nobody sees it, and to repeat it is harmless.
        log.exception("an adapter broke its contract", extra={"delivery": delivery.pk})
        return Unfinished(f"our own mistake: {type(error).__name__}")
