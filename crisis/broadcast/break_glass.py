"""Issuing alone when nobody answers: only where the ministry has allowed it, with a typed sentence, and never unheard."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts.models import Alert, State
from crisis.alerts.operations import step_to_approved_alone
from crisis.alerts.ringing import alarm, last_sign, rings_of
from crisis.alerts.rings import RingMessage
from crisis.broadcast import signals
from crisis.broadcast.issue import BroadcastPlan, write
from crisis.broadcast.preflight import Refused
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require


def sentence(alert: Alert) -> str:
    """Return what must be typed: "Issue LIVE alert ABC123/1 alone"."""
    told = {"mode": alert.get_mode_display(), "purpose": alert.purpose_shown, "marker": alert.marker}
    return _("Issue %(mode)s %(purpose)s %(marker)s alone") % told


def possible_at(alert: Alert) -> datetime | None:
    """Return from when on one person may issue a submitted alert alone, should nobody answer until then; None: never."""
    after = alert.ministry.break_glass_after
    sign = last_sign(alert, rings_of(alert)) if after is not None and alert.state == State.SUBMITTED else None
    return None if sign is None or after is None else sign + timedelta(minutes=after)


@transaction.atomic
def break_glass(*, alert: Alert, revision: int, typed: str, by: Officer, now: datetime) -> BroadcastPlan:
    """Issue an alert without an approval, and ring everybody at once.

    Args:
        alert: submitted, and for as long as the ministry has set nobody who may approve it has opened its page.
        revision: the one that was shown.
        typed: exactly `sentence`; capitals and spaces do not count.
        by: who does it; whoever wrote it may.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        Refused: the ministry has not allowed it, it is too early, or something else was typed; nothing is done.
        NotPossible, Changed: see `alerts.operations`.
    """
    require(by, Right.ALONE)
    # Whoever opens the page at this moment is waited for.
    alert = Alert.objects.select_for_update(of=("self",), no_key=True).select_related("ministry").get(pk=alert.pk)
    opens = possible_at(alert)
    if opens is None:
        raise Refused(_("This alert needs another person’s approval: your ministry has not allowed to issue it alone."))
    if now < opens:
        minutes = -(-(opens - now) // timedelta(minutes=1))
        raise Refused(
            _("It is too early: others are still being rung. Not before %(minutes)s min from now.")
            % {"minutes": minutes}
        )
    if _plain(typed) != _plain(sentence(alert)):
        raise Refused(_("Type exactly: %(sentence)s") % {"sentence": sentence(alert)})
    rung = rings_of(alert).count()
    step_to_approved_alone(alert=alert, revision=revision, by=by, now=now)
    plan = write(alert=alert, by=by, now=now)
    told = alarm(alert=alert, by=by, now=now)
    append(
        actor=by.actor, action="broadcast.break_glass", subject=f"alert:{alert.pk}", now=now, mode=alert.mode,
        revision=revision, rung=rung, alarmed=len(told),
    )  # fmt: skip
    # Sent with the rest, should the bell be lost: a worker is not waited for here.
    transaction.on_commit(partial(signals.rang.send_robust, sender=RingMessage, message_ids=told), robust=True)
    return plan


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
