"""The one rule: may this leave the house, now? Every way out asks it, the worker once more just before the first byte."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from crisis.alerts.models import Alert, State
from crisis.broadcast.models import CHANGES, MOVING, AreaCell, Delivery, DeliveryState
from crisis.registry.models import Account, Credential, Installation, Post
from crisis.registry.operations import is_by_hand
from crisis.registry.queries import has_agreed, house_paused

# How long a part waits for the one before it while that one's outcome is unknown.
PREDECESSOR_PATIENCE = timedelta(seconds=60)
# A routine notice waits while an alert is open for the same post, and asks again so often: hours matter to it, seconds do not.
ALERT_OPEN, ROUTINE_WAITS = "alert_open", timedelta(minutes=5)


class Verdict(StrEnum):
    """What may happen."""

    LEAVE = "leave"
    WAIT = "wait"
    SKIP = "skip"
    STOP = "stop"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Release:
    """A verdict, with a stable reason and words for people; of one that waits, how long until it is asked again."""

    verdict: Verdict
    reason: str = ""
    detail: str = ""
    again_in: timedelta = timedelta(seconds=2)


_WAITS = Release(Verdict.WAIT, "waits", "It waits for what comes before it.")
# A publication in one of these states was never on the platform.
_NEVER_OUT = (DeliveryState.STOPPED, DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.SKIPPED)


def lasting_obstacle(account: Account, *, connected: bool | None = None) -> tuple[str, str] | None:
    """Return why nothing can leave through an account until a person acts, as (reason, words), or None.

    Args:
        account: as the database has it now.
        connected: whether it has a credential, where many are asked about; None looks it up.
    """
    if account.paused_at is not None:
        return "paused", _("The account is paused: %(why)s.") % {"why": _(account.paused_why)}
    if not has_agreed(account):
        return "no_consent", _("The person has not agreed, or no longer agrees, that alerts go through their account.")
    if is_by_hand(account):
        connected = True  # there is nothing to connect
    if connected is None:
        connected = Credential.objects.filter(account=account).exists()
    if not account.address or not connected:
        return "not_connected", _("The account is not connected: there is nothing to publish with.")
    return None


def may_alert_leave(alert: Alert, now: datetime, *, paused: str | None = None) -> Release:
    """Tell whether anything of an alert may leave.

    Args:
        alert: as the database has it now.
        now: the time.
        paused: why nothing leaves this house, "" if it does, where many are asked about; None looks it up.
    """
    if alert.state == State.STOPPED:
        return Release(Verdict.STOP, "stopped", "The alert was stopped.")
    if alert.state == State.SUPERSEDED:
        return Release(Verdict.STOP, "superseded", "A later alert of its chain has taken its place.")
    if alert.state != State.ISSUED or alert.expires_at is None:
        return Release(Verdict.STOP, "not_issued", "The alert is not issued.")
    if now >= alert.expires_at:
        return Release(Verdict.EXPIRE, "expired", "The alert has expired.")
    if house_paused() if paused is None else paused:
        return Release(Verdict.WAIT, "house_paused", "Nothing leaves this house until somebody resumes it.")
    return Release(Verdict.LEAVE)


def open_alerts(mode: str, now: datetime) -> QuerySet[Alert]:
    """Return the alerts, not the routine notices, that are open: what they say is not over yet."""
    still = Alert.objects.order_by().filter(mode=mode, routine=False, state=State.ISSUED, expires_at__gt=now)
    return still.exclude(msg_type=Alert.MsgType.CANCEL)


def busy_for(alerts: QuerySet[Alert], now: datetime) -> set[int]:
    """Return the posts for which a routine notice must wait, because an alert is open there; none for an alert.

    Args:
        alerts: the notice, as one row at most.
        now: the time.
    """
    # What takes a notice back, or says that it is over, waits for nothing.
    waiting = alerts.filter(routine=True).exclude(msg_type=Alert.MsgType.CANCEL)
    mode = waiting.values_list("mode", flat=True).first()
    if mode is None:
        return set()
    among = open_alerts(mode, now)
    speaking = Post.objects.filter(holder__accounts__deliveries__alert__in=among)
    serving = Post.objects.filter(pk__in=AreaCell.objects.filter(run__alert__in=among).values("post"))
    return {pk for rows in (speaking, serving) for pk in rows.order_by().values_list("pk", flat=True).distinct()}


def _waits_for_alert(alert: Alert, account: Account, now: datetime) -> bool:
    """Tell whether an account must not speak of routine now: an alert is open for its post, or for any that the notice is for."""
    if not alert.routine:
        return False
    busy = busy_for(Alert.objects.filter(pk=alert.pk), now)
    if account.holder.post_id is not None:
        return account.holder.post_id in busy
    return bool(busy) and Delivery.objects.filter(alert=alert, account__holder__post__in=busy).exists()


# The same rules for many rows at once: a statement that asks them while it takes rows cannot be overtaken by a stop.
HOUSE_PAUSED = Installation.objects.exclude(paused_at=None)


def holding(now: datetime) -> QuerySet[Alert]:
    """Return the alerts of which something may leave: those of which `may_alert_leave` says so."""
    return Alert.objects.order_by().filter(state=State.ISSUED, expires_at__gt=now).exclude(Exists(HOUSE_PAUSED))


def open_accounts() -> QuerySet[Account]:
    """Return the accounts that no `lasting_obstacle` closes, of those on which not a person publishes."""
    return Account.objects.order_by().filter(paused_at=None, credential__isnull=False).exclude(address="")


def may_still_leave(delivery: Delivery, now: datetime) -> bool:
    """Ask once more of a delivery that was read again: what was read before may be old by now."""
    release = may_leave(alert=delivery.alert, account=delivery.account, now=now, connected=delivery.connected)
    return release.verdict == Verdict.LEAVE


def may_leave(
    *, alert: Alert, account: Account, now: datetime, connected: bool | None = None, paused: str | None = None
) -> Release:
    """Tell whether an alert may leave through an account.

    Args:
        alert, account: as the database has them now.
        now: the time.
        connected: whether the account has a credential; None looks it up.
        paused: as `may_alert_leave` takes it.
    """
    allowed = may_alert_leave(alert, now, paused=paused)
    if allowed.verdict != Verdict.LEAVE:
        return allowed
    if alert.mode != account.mode or not account.is_home or account.holder.ministry_id != alert.ministry_id:
        return Release(
            Verdict.STOP, "wrong_side", "A drill never leaves through a live account, nor anything through another's."
        )
    if obstacle := lasting_obstacle(account, connected=connected):
        return Release(Verdict.SKIP, *obstacle)
    if _waits_for_alert(alert, account, now):
        return Release(Verdict.WAIT, ALERT_OPEN, "It waits: an alert is open for this post.", again_in=ROUTINE_WAITS)
    return Release(Verdict.LEAVE)


def in_its_turn(delivery: Delivery, now: datetime) -> Release:
    """Tell whether a delivery may leave after what comes before it: the part before, and what it corrects.

    A part that a person must settle holds nobody up. What is edited or taken away must be known to stand; what is only
    answered, or followed by the truth, is waited for no longer than `PREDECESSOR_PATIENCE`.

    Args:
        delivery: as the database has it now.
        now: the time.
    """
    if delivery.corrects is not None:
        turn = _after_what_it_corrects(delivery, delivery.corrects, now)
        if turn.verdict != Verdict.LEAVE or delivery.kind in CHANGES:
            return turn
    before = before_it(delivery) if delivery.part > 1 else None
    if before is None or before.kind == Delivery.Kind.AMEND:
        return Release(Verdict.LEAVE)
    unknown = before.state == DeliveryState.UNCONFIRMED and _is_fresh(before, now)
    return _WAITS if unknown or before.state in MOVING else Release(Verdict.LEAVE)


def _after_what_it_corrects(delivery: Delivery, corrects: Delivery, now: datetime) -> Release:
    if corrects.state in _NEVER_OUT:
        return Release(Verdict.SKIP, "nothing_to_correct", "What it would correct never left.")
    if delivery.kind in CHANGES:
        if corrects.state == DeliveryState.POSTED and not corrects.remote_id:
            return Release(Verdict.SKIP, "correct_by_hand", "It was published by hand: correct it by hand too.")
        under_way = corrects.corrections.filter(state=DeliveryState.SENDING, kind=Delivery.Kind.AMEND)
        if under_way.exclude(alert=delivery.alert_id).exists():
            return _WAITS
    undecided = corrects.state in (DeliveryState.UNCONFIRMED, DeliveryState.HELD)
    if undecided and delivery.kind not in CHANGES:
        undecided = corrects.state == DeliveryState.UNCONFIRMED and _is_fresh(corrects, now)
    return _WAITS if undecided or corrects.state in MOVING else Release(Verdict.LEAVE)


def before_it(delivery: Delivery) -> Delivery | None:
    """Return the part before a delivery's on its account, if there is one."""
    kinds = (Delivery.Kind.PUBLISH, Delivery.Kind.REPLY, Delivery.Kind.AMEND)
    parts = Delivery.objects.filter(
        alert_id=delivery.alert_id, account_id=delivery.account_id, kind__in=kinds, part=delivery.part - 1
    )
    # A few columns: with an order, the ORM compares every one of them with it.
    return parts.order_by("-id").only("id", "kind", "state", "first_sent_at", "remote_id").first()


def _is_fresh(unknown: Delivery, now: datetime) -> bool:
    return unknown.first_sent_at is not None and now - unknown.first_sent_at < PREDECESSOR_PATIENCE
