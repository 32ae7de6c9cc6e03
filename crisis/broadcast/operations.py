"""What officers do to a broadcast: submit it once the preflight passes, stop it, settle what nobody could know."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts.models import Alert, State
from crisis.alerts.operations import step_to_stopped
from crisis.alerts.operations import submit as submit_alert
from crisis.broadcast import by_hand, corrections, notice_ledger, signals
from crisis.broadcast.by_hand import NotUndecided
from crisis.broadcast.models import Attempt, Delivery, DeliveryState, Notice, NoticeState
from crisis.broadcast.preflight import Refused, look
from crisis.journal.operations import append
from crisis.registry.operations import is_by_hand
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require


@transaction.atomic
def submit(*, alert: Alert, revision: int, acknowledged: Mapping[str, list[str]], by: Officer, now: datetime) -> None:
    """Hand an alert to whoever approves, if it could be issued as it is.

    Args:
        alert: a draft.
        revision: the one the officer was looking at.
        acknowledged: what the officer ticked, by kind, naming each item.
        by: who submits.
        now: the time.

    Raises:
        Refused: something forbids it, or needs a tick that is missing.
        NotAllowed, NotPossible, Changed: see `alerts.operations`.
    """
    found = look(alert, now)
    unticked = found.unacknowledged(dict(acknowledged))
    if found.problems or unticked:
        raise Refused(
            " ".join(
                found.problems + [_("Please tick: %(sentence)s") % {"sentence": sentence} for sentence in unticked]
            )
        )
    submit_alert(alert=alert, revision=revision, acknowledged=acknowledged, by=by, now=now)
    transaction.on_commit(partial(signals.submitted.send_robust, sender=Alert, alert_id=alert.pk), robust=True)


@transaction.atomic
def stop(*, alert: Alert, by: Officer, now: datetime) -> int:
    """Let nothing more of an alert leave. What is out stays out; one person is enough.

    The alert's own row stops everything: no claim succeeds after it. The first notices are closed here, and of a hundred thousand
    the rest by the sweep, so that the button answers at once.

    Returns:
        How many deliveries and notices were waiting.
    """
    require(by, Right.STOP)
    step_to_stopped(alert=alert, stopped_at=now)
    queued = Delivery.objects.filter(alert=alert, state=DeliveryState.QUEUED)
    # A worker that settles one of them at this moment is not waited for: it finds the alert stopped.
    free = Delivery.objects.filter(pk__in=queued.select_for_update(skip_locked=True).values("pk"))
    stopped = free.update(state=DeliveryState.STOPPED, reason="stopped", not_before=None)
    stopped += Notice.objects.filter(run__alert=alert, state=NoticeState.QUEUED).count()
    notice_ledger.close_ended(now)
    append(actor=by.actor, action="broadcast.stop", subject=f"alert:{alert.pk}", now=now, stopped=stopped)
    transaction.on_commit(partial(signals.stopped.send_robust, sender=Alert, alert_id=alert.pk), robust=True)
    return stopped


_UNDECIDED = (DeliveryState.UNCONFIRMED, DeliveryState.HELD)
_REVIVABLE = (DeliveryState.SKIPPED, DeliveryState.FAILED)


@transaction.atomic
def decide(*, delivery: Delivery, stands: bool, url: str, by: Officer, now: datetime) -> None:
    """Settle by hand what only a person can know.

    Args:
        delivery: unconfirmed or held; to be tried again, also skipped or failed.
        stands: the person saw it there; else it is tried (again), with the parts that follow it.
        url: where it stands, if known.
        by: who looked.
        now: the time.

    Raises:
        NotUndecided: it was settled meanwhile.
    """
    require(by, Right.STOP)
    if is_by_hand(delivery.account):
        by_hand.decide(delivery=delivery, stands=stands, url=url, by=by, now=now)
        return
    if url and not url.startswith(("https://", "http://")):
        raise NotUndecided(_("Give the address as it stands in the browser: https://…"))
    rows = Delivery.objects.filter(pk=delivery.pk)
    if stands:
        rows = rows.filter(state__in=_UNDECIDED)
        state = corrections.done(delivery)
        taken = rows.update(state=state, posted_at=now, url=url[:300], not_before=None, reason="by_hand")
        if taken:
            corrections.note_by_hand(delivery)
    elif delivery.alert.state in (State.STOPPED, State.SUPERSEDED):
        # It does not stand there, and must not be sent any more: what corrects it has nothing to do.
        ended = rows.filter(state__in=_UNDECIDED)
        taken = ended.update(state=DeliveryState.STOPPED, not_before=None, reason="by_hand")
    elif delivery.corrects is not None and not delivery.corrects.remote_id:
        raise NotUndecided(_("It was published by hand: correct it by hand, then say so."))
    elif delivery.wording_id is None and delivery.kind != Delivery.Kind.WITHDRAW:
        raise NotUndecided(_("There is no text for this account: publish by hand, then say where it stands."))
    else:
        taken = _queue_again(delivery, now)
    if not taken:
        raise NotUndecided(_("This was settled meanwhile, or the alert does not hold any more."))
    outcome = "stands" if stands else "send_again"
    Attempt.objects.create(
        delivery=delivery, number=delivery.attempt, step="decide", started_at=now, ended_at=now, outcome=outcome
    )
    append(actor=by.actor, action="broadcast.decide", subject=f"delivery:{delivery.pk}", now=now, outcome=outcome)
    if not stands and Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED).exists():
        ids = [delivery.pk]
        transaction.on_commit(partial(signals.due.send_robust, sender=Delivery, delivery_ids=ids), robust=True)


def _queue_again(delivery: Delivery, now: datetime) -> int:
    """Let a delivery leave (again); return 0 if it was settled meanwhile, or its alert does not hold any more."""
    rows = Delivery.objects.filter(pk=delivery.pk, state__in=[*_UNDECIDED, *_REVIVABLE])
    again = {"state": DeliveryState.QUEUED, "not_before": now, "reason": "by_hand", "absences": 0, "crashes": 0}
    again["staged"] = ""  # what was uploaded hours ago may be gone there
    taken = rows.filter(alert__state=State.ISSUED, alert__expires_at__gt=now).update(**again)
    # What was skipped for the same reason follows it; each part still waits for the one before.
    later = Delivery.objects.filter(
        alert=delivery.alert_id,
        account=delivery.account_id,
        kind=delivery.kind,
        part__gt=delivery.part,
        state__in=_REVIVABLE,
    )
    later.update(**again)
    return taken
