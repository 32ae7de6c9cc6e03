"""Which alerts ask somebody, and what a text plainly answers to them: one rule for every way in."""

from datetime import datetime

from crisis.alerts.areas import reaches
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import open_rollcalls
from crisis.audience.models import Citizen
from crisis.audience.queries import current_stay
from crisis.broadcast.models import Notice
from crisis.checkins.intent import Intent, read, speaks_for_all
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import open_case
from crisis.registry.models import Installation
from crisis.registry.queries import installation

_ANSWERS = {Intent.SAFE: Safety.SAFE, Intent.NOT_THERE: Safety.NOT_THERE}


def rollcalls_of(citizen: Citizen, now: datetime) -> list[Rollcall]:
    """Return the open rollcalls that ask this person, LIVE first: by a notice, or because the person is where the alert holds."""
    stay = current_stay(citizen)
    found = []
    for rollcall in open_rollcalls(now):
        if rollcall.alert.exercise and not citizen.in_exercises:
            continue
        told = Notice.objects.filter(run__alert=rollcall.alert, contact__citizen=citizen).exists()
        answered_before = CheckIn.objects.filter(rollcall=rollcall, citizen=citizen).exists()
        there = stay is not None and stay.country in {reach.country for reach in reaches(rollcall.alert.areas.all())}
        if told or answered_before or there:
            found.append(rollcall)
    return sorted(found, key=lambda rollcall: rollcall.alert.exercise)


def in_earnest(rollcalls: list[Rollcall]) -> list[Rollcall]:
    """Return the rollcalls that a call for help and free words may join: in live operation never an exercise."""
    drills_count = installation().kind == Installation.Kind.DEMO
    return [rollcall for rollcall in rollcalls if drills_count or not rollcall.alert.exercise]


def first_asking(citizen: Citizen, now: datetime) -> Rollcall | None:
    """Return the rollcall that free words of this person join, or None."""
    return next(iter(in_earnest(rollcalls_of(citizen, now))), None)


def plain_answer(citizen: Citizen, text: str, open_now: list[Rollcall]) -> Safety | None:
    """Return the answer that a text gives plainly to the one alert that asks; None if a person must read it.

    It is the first answer only: words change none that stands, and close no case. "I am safe" of a household of four is none.

    Args:
        citizen: who writes.
        text: what.
        open_now: the rollcalls that free words of this person may join.
    """
    if len(open_now) != 1 or open_case(citizen) is not None:
        return None
    if CheckIn.objects.filter(citizen=citizen, rollcall=open_now[0], current=True).exists():
        return None
    answer = _ANSWERS.get(read(text).intent)
    return answer if citizen.people == 1 or speaks_for_all(text) else None
