"""How far the ladder of a rollcall is: for the board, counted in people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef, Q, Sum

from crisis.alerts.models import Rollcall
from crisis.broadcast.models import NoticeState
from crisis.checkins.ladder import WAITS
from crisis.checkins.models import LadderStep
from crisis.checkins.reach import steps
from crisis.checkins.silence import EXTREME, goes_on, is_night
from crisis.staff.reach import EVERYTHING, Reach


@dataclass(slots=True)
class Rung:
    """One step, counted in people.

    Attributes:
        taken: for how many it was taken.
        waiting, said: of those, for how many it still waits for its turn, or for the morning; for how many it was accepted.
        failed: it was not delivered, or nobody knows.
        withdrawn: they answered, or somebody stopped it, before it left.
    """

    name: str
    taken: int = 0
    waiting: int = 0
    said: int = 0
    failed: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """The whole of it.

    Attributes:
        going: it goes on.
        stopped: a person, or a restore from backup, has stopped it.
        next_at: when the next step is due, if one is; it may wait for the morning or for its turn.
        night: it is night where the alert holds, and nobody there is asked before seven.
    """

    rungs: list[Rung]
    going: bool
    stopped: bool
    next_at: datetime | None
    night: bool


_SHOWN = {
    NoticeState.QUEUED: "waiting", NoticeState.SENDING: "waiting", NoticeState.ACCEPTED: "said",
    NoticeState.UNDELIVERED: "failed", NoticeState.UNCONFIRMED: "failed", NoticeState.STOPPED: "withdrawn",
    NoticeState.EXPIRED: "withdrawn",
}  # fmt: skip


def ladder_of(rollcall: Rollcall, now: datetime, reach: Reach = EVERYTHING) -> Ladder:
    """Count the steps of a rollcall, and tell when the next is due.

    Args:
        rollcall: with its alert.
        now: the time.
        reach: only the steps in it are counted.
    """
    rungs = {step: Rung(str(step.label)) for step in LadderStep.Step}
    rows = steps(reach).filter(rollcall=rollcall).values_list("step", "notice__state")
    for step, state, people in rows.annotate(n=Sum("citizen__people")).order_by():
        rung = rungs[LadderStep.Step(step)]
        rung.taken += people
        if state is not None:
            shown = _SHOWN[NoticeState(state)]
            setattr(rung, shown, getattr(rung, shown) + people)
    going = goes_on(rollcall, now)
    zone = rollcall.alert.slots.get("place", {}).get("zone", "UTC")
    return Ladder(
        rungs=list(rungs.values()),
        going=going,
        stopped=rollcall.quiet_since is not None,
        next_at=_next_at(rollcall, now) if going else None,
        night=going and rollcall.alert.severity != EXTREME and is_night(zone, now),
    )


def _next_at(rollcall: Rollcall, now: datetime) -> datetime | None:
    """Return when the first step that is still to come is due: a reminder for the first of those told, or what follows one."""
    due: list[datetime] = []
    begins = rollcall.alert.issued_at
    if begins is not None and rollcall.remind_after is not None:
        first = begins + timedelta(minutes=rollcall.remind_after)
        if first > now:
            return first
    later = LadderStep.objects.filter(rollcall=rollcall, citizen=OuterRef("citizen"), step__gt=OuterRef("step"))
    last = LadderStep.objects.filter(~Exists(later), rollcall=rollcall)
    for step, wait in WAITS.items():
        times = last.filter(step=step).aggregate(
            said=Min("notice__accepted_at"), taken=Min("at", filter=Q(notice=None))
        )
        due += [moment + wait for moment in times.values() if moment is not None]
    return max(min(due), now) if due else None
