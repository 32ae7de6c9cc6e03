"""What a way tells us after it took a notice: that the person has it, or never will. Nothing that is settled goes backwards."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from django.db import transaction
from django.db.models import QuerySet

from crisis.audience.operations import lose
from crisis.broadcast.models import Notice, NoticeRun, NoticeState
from crisis.broadcast.notice_ledger import reference
from platforms.errors import RecipientGone

FAILED = "receipt_failed"  # the reason of a notice that was taken, and then not delivered
_REFERENCE = re.compile(r"[A-Z0-9\-]{1,40}\.(\d{1,18})")
_UNSETTLED = (NoticeState.UNCONFIRMED, NoticeState.QUEUED)


class Heard(Enum):
    """What came of a receipt."""

    SETTLED = auto()
    NOT_OURS = auto()
    NOT_YET = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One receipt.

    Attributes:
        reference: our own name for the notice.
        remote_id: the way's.
        status: "delivered", or "failed" for good.
        code: why it failed, as the way says it.
        gone: the address will not work any more; `seems_gone`: so the way says, and it is believed the second time.
    """

    reference: str
    remote_id: str
    status: str
    code: str = ""
    gone: bool = False
    seems_gone: bool = False


@transaction.atomic
def hear(*, kind: str, word: Word, now: datetime) -> Heard:
    """Settle a notice by a receipt; the same one again changes nothing.

    Args:
        kind: the way that says it.
        word: what it says, its signature proved.
        now: the time.
    """
    found = _REFERENCE.fullmatch(word.reference)
    row = Notice.objects.select_related("run__alert").filter(pk=found[1], run__kind=kind).first() if found else None
    if row is None or reference(row.run.alert.marker, row.pk) != word.reference:
        return Heard.NOT_OURS
    mine = Notice.objects.filter(pk=row.pk, delivered_at=None)
    if word.status == "delivered":
        _deliver(mine, word, now)
        return Heard.SETTLED
    if row.state == NoticeState.SENDING:
        # Its worker is about to write that it was taken: told now, this would be lost under that.
        return Heard.NOT_YET
    reason = RecipientGone.code if word.gone or word.seems_gone else FAILED
    failed = mine.filter(state__in=[NoticeState.ACCEPTED, *_UNSETTLED], attempt__gt=0).update(
        state=NoticeState.UNDELIVERED, reason=reason, not_before=None
    )
    # What says that an emergency contact's address is dead says nothing of the person's own.
    own = row.run.purpose != NoticeRun.Purpose.EMERGENCY
    if failed and own and (word.gone or (word.seems_gone and _failed_before(row))):
        lose(contact_id=row.contact_id, why=f"{kind}: {word.code}")
    return Heard.SETTLED


def _failed_before(row: Notice) -> bool:
    earlier = Notice.objects.filter(contact=row.contact_id, pk__lt=row.pk).order_by("-pk")
    return earlier.values_list("reason", flat=True).first() == RecipientGone.code


def _deliver(mine: QuerySet[Notice], word: Word, now: datetime) -> None:
    # What is being sent is settled by its worker, who does not touch this column.
    if mine.filter(state__in=[NoticeState.ACCEPTED, NoticeState.SENDING]).update(delivered_at=now):
        return
    told = {"state": NoticeState.ACCEPTED, "reason": "", "remote_id": word.remote_id, "not_before": None}
    mine.filter(state__in=_UNSETTLED, attempt__gt=0).update(**told, accepted_at=now, delivered_at=now)
