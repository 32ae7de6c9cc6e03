"""After a restore from backup: nothing leaves until it is known what had left since the backup was taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from crisis.alerts.models import Alert, Rollcall, State
from crisis.audience.lists import Invite
from crisis.broadcast import signals
from crisis.broadcast.filling import RESTORED
from crisis.broadcast.models import CHANGES, Delivery, DeliveryState, Notice, NoticeRun, NoticeState
from crisis.journal.operations import append
from crisis.registry.operations import note_restore, pause_house, resume_house
from crisis.registry.queries import house_paused

SUSPECTED = "restore_suspected"  # the sweep paused the house: nobody has declared the restore yet


class NotYet(Exception):
    """The house may not go on yet; the message says why."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What may have happened since the backup was taken.

    Attributes:
        deliveries, notices: those that waited then, and may have left.
        runs: whose notices were not all written.
        unissued: alerts that were on their way to approval, and may have been issued.
        others: what else waited and is not sent any more by itself, for people, and how many there were.
    """

    deliveries: int
    notices: int
    runs: int
    unissued: int
    others: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is still unknown: deliveries whose account is being read back, those that wait for a person, and notices."""

    reading: int
    deliveries: int
    notices: int


@transaction.atomic
def restored(*, now: datetime) -> Restored:
    """Pause the house, and call unknown whatever waited when the backup was taken; it may be done again.

    Deliveries are read back first. Notices are sent once more when the house goes on, and counted; what was repeated before,
    or was about to be, stays unknown: that was its one repetition. Invitations, personal codes and answers to strangers are not
    sent again by themselves at all.
    """
    pause_house(why=RESTORED, actor="command", now=now)
    note_restore(now=now)
    issued = Alert.objects.filter(issued_at__lte=now)
    waited = Delivery.objects.filter(alert__in=issued, state__in=[DeliveryState.QUEUED, DeliveryState.SENDING])
    # To edit or take away once more is harmless: such a correction is simply repeated when the house goes on.
    deliveries = waited.exclude(kind__in=CHANGES).update(
        state=DeliveryState.UNCONFIRMED,
        reason=RESTORED,
        detail="A backup was restored; it may have left since.",
        absences=0,
        reads=0,
        lease_until=None,
        not_before=now,
    )
    runs = NoticeRun.objects.filter(alert__in=issued)
    mine = Notice.objects.filter(run__in=runs)
    mine.filter(state=NoticeState.UNCONFIRMED).exclude(reason=RESTORED).update(resent_unknown=True)
    notices = mine.filter(state__in=[NoticeState.QUEUED, NoticeState.SENDING]).update(
        state=NoticeState.UNCONFIRMED, reason=RESTORED, lease_until=None, not_before=now
    )
    # Who was reminded since is not known any more: nobody is reminded by itself until a person says so.
    Rollcall.objects.filter(closed_at=None, quiet_since=None).update(quiet_since=now)
    begun = runs.filter(state=NoticeRun.State.FILLING).update(restored_at=now, filling_until=None)
    unissued = Alert.objects.filter(state__in=[State.SUBMITTED, State.APPROVED]).count()
    heard: list[tuple[Any, Any]] = signals.restored.send(sender=Alert, now=now)
    others = {"invitations": Invite.call_unknown(code=RESTORED)} | {name: number for _, (name, number) in heard}
    told = Restored(deliveries, notices, begun, unissued, others)
    append(
        actor="command",
        action="broadcast.restored",
        subject="installation:1",
        now=now,
        deliveries=deliveries,
        notices=notices,
        runs=begun,
        others=others,
    )
    return told


def unknown() -> Unknown:
    """Count what is still unknown."""
    deliveries = Delivery.objects.filter(state=DeliveryState.UNCONFIRMED)
    return Unknown(
        deliveries.exclude(not_before=None).count(),
        deliveries.filter(not_before=None).count(),
        Notice.objects.filter(state=NoticeState.UNCONFIRMED, reason=RESTORED).count(),
    )


@transaction.atomic
def resume(*, now: datetime, at_once: bool = False) -> Unknown:
    """Let the house go on.

    Args:
        now: the time.
        at_once: although accounts are still being read back; what is not proven absent is not sent again even then.

    Returns:
        What is still unknown.

    Raises:
        NotYet: the house is not paused, the restore was not declared, or accounts are still being read back.
    """
    match house_paused():
        case "":
            raise NotYet("Nothing is paused.")
        case why if why == SUSPECTED:
            raise NotYet("The database is older than what the workers have seen: run manage.py restored first.")
    left = unknown()
    if left.reading and not at_once:
        raise NotYet(f"{left.reading} publications are still being read back; --at-once does not wait for them.")
    resume_house(actor="command", now=now)
    return left
