"""Which alerts ask somebody, and what a text plainly answers to them: one rule for every way in."""

from dataclasses import dataclass
from datetime import datetime

from crisis.alerts.areas import reaches
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import open_rollcalls
from crisis.audience.models import Citizen
from crisis.audience.queries import current_stay
from crisis.broadcast.models import Notice
from crisis.checkins.intent import Intent, read, speaks_for_all
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import open_case
from crisis.registry.models import Installation
from crisis.registry.queries import installation

_ANSWERS = {Intent.SAFE: Safety.SAFE, Intent.NOT_THERE: Safety.NOT_THERE}


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with somebody who writes in own words.

    Attributes:
        asking: the rollcalls that free words of theirs may join, the first one first.
        case: their open case, if they have one.
        answer: what they answered to the first that asks, if they did.
    """

    asking: list[Rollcall]
    case: Case | None
    answer: CheckIn | None

    @property
    def first(self) -> Rollcall | None:
        """The rollcall that their words join, if any asks."""
        return next(iter(self.asking), None)


def standing(citizen: Citizen, now: datetime) -> Standing:
    """Return how it stands with somebody, read once; whoever records anything reads it anew."""
    asking = in_earnest(rollcalls_of(citizen, now))
    given = CheckIn.objects.filter(rollcall=asking[0], citizen=citizen, current=True).first() if asking else None
    return Standing(asking, open_case(citizen), given)


def rollcalls_of(citizen: Citizen, now: datetime) -> list[Rollcall]:
    """Return the open rollcalls that ask this person, LIVE first: by a notice, or because the person is where the alert holds."""
    # A later alert of a chain takes its question over: whoever was told of an earlier one is asked by it too.
    by_code = {each.alert.code: each for each in open_rollcalls(now) if citizen.in_exercises or not each.alert.exercise}
    if not by_code:
        return []
    notices = Notice.objects.filter(run__alert__code__in=list(by_code), contact__citizen=citizen)
    told = set(notices.values_list("run__alert__code", flat=True))
    given = CheckIn.objects.filter(rollcall__in=by_code.values(), citizen=citizen)
    answered = set(given.values_list("rollcall__alert__code", flat=True))
    unsure = by_code.keys() - told - answered
    stay = current_stay(citizen) if unsure else None
    asked = [
        rollcall
        for code, rollcall in by_code.items()
        if code not in unsure or (stay and _holds_in(rollcall, stay.country))
    ]
    return sorted(asked, key=lambda rollcall: rollcall.alert.exercise)


def _holds_in(rollcall: Rollcall, country: str) -> bool:
    return country in {reach.country for reach in reaches(rollcall.alert.areas.all())}


def in_earnest(rollcalls: list[Rollcall]) -> list[Rollcall]:
    """Return the rollcalls that a call for help and free words may join: in live operation never an exercise."""
    real = [rollcall for rollcall in rollcalls if not rollcall.alert.exercise]
    if len(real) == len(rollcalls) or installation().kind == Installation.Kind.DEMO:
        return rollcalls
    return real


def first_asking(citizen: Citizen, now: datetime) -> Rollcall | None:
    """Return the rollcall that free words of this person join, or None."""
    return next(iter(in_earnest(rollcalls_of(citizen, now))), None)


def plain_answer(citizen: Citizen, text: str, stands: Standing) -> Safety | None:
    """Return the answer that a text gives plainly to the one alert that asks; None if a person must read it.

    It is the first answer only: words change none that stands, and close no case. "I am safe" of a household of four is none.

    Args:
        citizen: who writes.
        text: what.
        stands: how it stands with them.
    """
    if len(stands.asking) != 1 or stands.case is not None or stands.answer is not None:
        return None
    answer = _ANSWERS.get(read(text).intent)
    return answer if citizen.people == 1 or speaks_for_all(text) else None
