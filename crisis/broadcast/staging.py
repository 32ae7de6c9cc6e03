"""Uploading a delivery's picture before it is claimed: an upload may take longer than a claim holds, and nobody sees it yet.

While it lasts the delivery waits as before, and only who took it may say what came of it.
"""

from datetime import datetime, timedelta

from crisis.broadcast import ledger
from crisis.broadcast.ledger import STAGE, Claim
from crisis.broadcast.models import Delivery, DeliveryState
from platforms.errors import AlreadyPosted, PlatformError, Unconfirmed, UnexpectedResponse, Unfinished

# After which an upload whose worker said nothing more is taken for dead, and begun anew.
LEASE = timedelta(seconds=90)


def take(*, delivery_id: int, now: datetime) -> Claim | None:
    """Take a due delivery, to draw and upload its picture; None if it is not due, or somebody else's."""
    until = now + LEASE
    due = Delivery.objects.filter(pk=delivery_id, state=DeliveryState.QUEUED, not_before__lte=now)
    if not due.update(not_before=until):
        return None
    delivery = ledger.whole(delivery_id)
    return Claim(delivery, delivery.attempt, until, STAGE)


def keep(*, held: Claim, staged: str, now: datetime) -> bool:
    """Keep what the platform gave for a picture, and let the delivery be claimed.

    Returns:
        False if it was stopped meanwhile, or is no longer ours.
    """
    return bool(held.rows.update(staged=staged, not_before=now, reason="", detail=""))


def settle(*, held: Claim, outcome: PlatformError, started_at: datetime, now: datetime) -> str:
    """Write that a picture was not taken, as any outcome is written; it is never unknown, as nothing of it can be public.

    Args:
        held: as `take` gave it.
        outcome: what the adapter said.
        started_at: when it was asked.
        now: the time.

    Returns:
        The delivery's state; "" if it was no longer ours.
    """
    return ledger.settle(held=held, outcome=_known(outcome), started_at=started_at, now=now)


def _known(outcome: PlatformError) -> PlatformError:
    """Return an outcome that says nothing of a publication: there is none."""
    if isinstance(outcome, Unconfirmed):
        return Unfinished(outcome.detail, platform_code=outcome.platform_code)
    if isinstance(outcome, AlreadyPosted):
        return UnexpectedResponse(f"an upload is no publication: {outcome.detail}")
    return outcome
