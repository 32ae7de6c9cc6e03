"""Ringing for an approval: one person after another, until somebody has seen it. The rows are the truth."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert, State
from crisis.alerts.rings import Ring, RingMessage
from crisis.journal.operations import append
from crisis.registry.endpoints import is_set_up
from crisis.staff.models import Officer, Role
from crisis.staff.rights import RIGHTS, Right, may
from crisis.staff.roster import Duty, Way
from crisis.staff.shifts import on_duty
from platforms.errors import PlatformError

PATIENCE = timedelta(minutes=3)  # with whoever has not seen it
SEEN_PATIENCE = timedelta(minutes=10)  # with whoever has seen it, and says neither yes nor no
ROUNDS = 3  # how often each is rung for one submission at most
LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=20)
MAX_ATTEMPTS = 5
OUR_MISTAKE = "our_mistake"
APPROVE, ALARM = Ring.Purpose.APPROVE, Ring.Purpose.ALARM


def waiting_for_approval() -> list[int]:
    """Return the alerts for which somebody may have to be rung."""
    return list(Alert.objects.filter(state=State.SUBMITTED).order_by("id").values_list("pk", flat=True))


@transaction.atomic
def step(*, alert_id: int, now: datetime) -> list[int]:
    """Ring the next person, if it is time: at once, then whenever nobody has seen it for `PATIENCE`.

    The people on the roster come one by one, then everybody else who may approve, together. Whoever cannot be reached any way
    is noted and passed over. Two at the same time, or one much later, are safe: the alert's row is held.

    Returns:
        The messages that were written.
    """
    alert = Alert.objects.select_for_update(of=("self",), no_key=True).filter(pk=alert_id).first()
    if alert is None or alert.state != State.SUBMITTED or alert.submitted_at is None:
        return []
    rings = list(rings_of(alert))
    written: list[int] = []
    while not written and _is_time(rings, now):
        if not (group := _next(alert, rings, now)):
            break
        turn = max((ring.turn for ring in rings), default=0) + 1
        made = [_ring(alert, APPROVE, alert.submitted_at, officer, turn, now) for officer in group]
        rings += [ring for ring, _ in made]
        written = [pk for _, messages in made for pk in messages]
        append(
            actor="ringing", action="alerts.ring", subject=f"alert:{alert.pk}", now=now, turn=turn,
            officers=[officer.pk for officer in group], messages=len(written),
        )  # fmt: skip
    return written


def rings_of(alert: Alert) -> QuerySet[Ring]:
    """Return the rings of an alert's present submission, the first one first."""
    rows = Ring.objects.filter(alert=alert, purpose=APPROVE, asked_at=alert.submitted_at or alert.drafted_at)
    return rows.select_related("officer").prefetch_related("messages").order_by("id")


def last_sign(alert: Alert, rings: Iterable[Ring]) -> datetime | None:
    """Return when somebody who may approve last opened the page of a submitted alert, else when it was submitted."""
    return max((ring.seen_at for ring in rings if ring.seen_at), default=alert.submitted_at)


def _is_time(rings: Sequence[Ring], now: datetime) -> bool:
    if not rings:
        return True
    if seen := [ring.seen_at for ring in rings if ring.seen_at]:
        return now >= max(seen) + SEEN_PATIENCE and now >= rings[-1].rung_at + PATIENCE
    latest = [ring for ring in rings if ring.turn == rings[-1].turn]
    return now >= rings[-1].rung_at + PATIENCE or all(_is_lost(ring) for ring in latest)


def _is_lost(ring: Ring) -> bool:
    """Tell whether a person cannot have been reached: no way is known, or none took it."""
    return all(message.state == RingMessage.State.FAILED for message in ring.messages.all())


def _next(alert: Alert, rings: Sequence[Ring], now: datetime) -> list[Officer]:
    """Return who is rung now: those who were rung least often, of these the first on the roster.

    Who cannot be reached any way is noted once, for whoever waits, and not again.
    """
    times: dict[int, int] = {}
    for ring in rings:
        times[ring.officer_id] = times.get(ring.officer_id, 0) + (ring.turn > 0)
    groups = [[each for each in group if each.pk not in times or _kinds(each)] for group in _groups(alert, now)]
    groups = [group for group in groups if group]
    fewest = min((max(times.get(each.pk, 0) for each in group) for group in groups), default=ROUNDS)
    if fewest >= ROUNDS:
        return []
    return next(group for group in groups if max(times.get(each.pk, 0) for each in group) == fewest)


def _groups(alert: Alert, now: datetime) -> list[list[Officer]]:
    wrote = set(alert.revisions.values_list("by", flat=True)) | {alert.author_id}
    rostered = on_duty(Duty.APPROVER, now=now, zone=alert.ministry.time_zone, countries=_countries(alert))
    first = [each for each in rostered if each.pk not in wrote]
    named = wrote | {each.pk for each in first}
    rest = [each for each in _holding(RIGHTS[Right.APPROVE]) if each.pk not in named]
    return [[each] for each in first] + ([rest] if rest else [])


def _countries(alert: Alert) -> set[str] | None:
    """Return the countries that an alert is about; None where it touches none, as at sea: then everybody is meant."""
    return {each.country for each in reaches(alert.areas.all())} or None


def _holding(roles: Iterable[Role]) -> list[Officer]:
    return list(Officer.objects.filter(is_active=True, grants__role__in=list(roles)).distinct().order_by("pk"))


def _ring(
    alert: Alert, purpose: Ring.Purpose, asked_at: datetime, officer: Officer, turn: int, now: datetime
) -> tuple[Ring, list[int]]:
    ring = Ring.objects.create(alert=alert, purpose=purpose, asked_at=asked_at, officer=officer, turn=turn, rung_at=now)
    return ring, [RingMessage.objects.create(ring=ring, kind=kind, not_before=now).pk for kind in _kinds(officer)]


def _kinds(officer: Officer) -> list[str]:
    """Return the ways by which somebody can be reached from this house, and has shown to be."""
    known = [way.kind for way in officer.ways.all() if way.confirmed_at is not None]
    return [kind for kind in known if kind == Way.Kind.TELEGRAM or is_set_up(kind)]


@transaction.atomic
def seen(*, alert: Alert, by: Officer, now: datetime) -> None:
    """Note that somebody who may approve an alert has opened its page: nobody else is rung for a while."""
    if alert.state != State.SUBMITTED or not may(by, Right.APPROVE):
        return
    # Whoever decides at this moment, or issues it alone, is waited for.
    alert = Alert.objects.select_for_update(of=("self",), no_key=True).get(pk=alert.pk)
    if alert.state != State.SUBMITTED or alert.submitted_at is None:
        return
    if alert.author_id == by.pk or alert.revisions.filter(by=by).exists():
        return
    mine = rings_of(alert).filter(officer=by)
    if mine.filter(seen_at__isnull=False).exists():
        return
    if not mine.update(seen_at=now):
        Ring.objects.create(
            alert=alert, purpose=APPROVE, asked_at=alert.submitted_at, officer=by, turn=0, rung_at=now, seen_at=now
        )
    append(actor=by.actor, action="alerts.seen", subject=f"alert:{alert.pk}", now=now, revision=alert.revision)


def alarm(*, alert: Alert, by: Officer, now: datetime) -> list[int]:
    """Ring everybody who is on duty, whoever may approve, and the administrators: one person has issued an alert alone.

    Only breaking the glass calls it, in its own transaction.

    Returns:
        The messages that were written.
    """
    people = {each.pk: each for duty in Duty for each in on_duty(duty, now=now, zone=alert.ministry.time_zone)}
    people |= {each.pk: each for each in _holding({Role.ADMINISTRATOR, *RIGHTS[Right.APPROVE]})}
    people.pop(by.pk, None)
    return [pk for each in people.values() for pk in _ring(alert, ALARM, now, each, 1, now)[1]]


def due(now: datetime, *, limit: int = 50) -> list[int]:
    """Return the messages that may be sent now."""
    return list(RingMessage.free(now).order_by("id").values_list("pk", flat=True)[:limit])


def claim(*, message_id: int, now: datetime) -> RingMessage | None:
    """Take a message for sending.

    Returns:
        None if it is not due, is somebody else's, or nobody needs it any more.
    """
    if not RingMessage.take(message_id, now=now, lease=LEASE, attempt=F("attempt") + 1):
        return None
    message = RingMessage.objects.select_related("ring__alert__author", "ring__officer").get(pk=message_id)
    alert = message.ring.alert
    decided = alert.state != State.SUBMITTED or alert.submitted_at != message.ring.asked_at
    if message.ring.purpose == APPROVE and decided:
        message.settle(RingMessage.State.DROPPED)
        return None
    if message.attempt > MAX_ATTEMPTS:  # whatever it does to its worker, it is not done for ever
        message.settle(RingMessage.FAILED, code=OUR_MISTAKE)
        return None
    return message


def settle(*, held: RingMessage, error: PlatformError | None, again_at: datetime | None, now: datetime) -> None:
    """Write what became of a message that was claimed; see `OutboxMessage.settle_after`."""
    if held.attempt >= MAX_ATTEMPTS:
        again_at = None
    held.settle_after(error, again_at=again_at, code=error.code if error else "", sent_at=None if error else now)


def put_off(*, held: RingMessage, until: datetime) -> None:
    """Give a message back with which nothing was tried."""
    held.settle(RingMessage.QUEUED, not_before=until, attempt=held.attempt - 1)
