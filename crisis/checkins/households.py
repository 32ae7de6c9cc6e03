"""A household of which some are safe: who ticks whom, and how the others are. The others are never counted safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Member
from crisis.checkins.models import Case, CheckIn, Rest, Safety, Ticking
from crisis.journal.operations import append

SELF = 0  # among those who can be ticked: the person who answers
MOST_NAMES = 30  # of a longer list nobody finds a name between the buttons; Telegram takes at most 100 of them


@dataclass(frozen=True, slots=True)
class Others:
    """Those of a household whom an answer leaves out.

    Attributes:
        people: how many.
        are: how they are.
        named: who, of those whom the household has named.
        self_too: the person who answers is one of them.
    """

    people: int
    are: Rest
    named: tuple[int, ...] = ()
    self_too: bool = False

    @classmethod
    def of(cls, checkin: CheckIn, are: Rest) -> "Others":
        """Return those of an earlier answer, who are otherwise now."""
        named = tuple(checkin.others_named.order_by("pk").values_list("pk", flat=True))
        return cls(checkin.others, are, named, checkin.others_self)


def named(citizen: Citizen) -> list[Member]:
    """Return whom a household has named, if that is everybody but the person who answers, and not too many; else nobody."""
    members = list(Member.objects.filter(citizen=citizen).order_by("pk")[: MOST_NAMES + 1])
    return members if 1 <= len(members) <= MOST_NAMES and len(members) == citizen.people - 1 else []


def standing(rollcall: Rollcall, citizen: Citizen) -> CheckIn | None:
    """Return the answer that counts now, if it leaves somebody of the household out."""
    return CheckIn.objects.filter(rollcall=rollcall, citizen=citizen, current=True, others__gt=0).first()


def ticked(rollcall: Rollcall, citizen: Citizen) -> set[int]:
    """Return who is ticked as safe so far."""
    found = Ticking.objects.filter(rollcall=rollcall, citizen=citizen).first()
    return set(found.safe) if found else set()


@transaction.atomic
def tick(*, rollcall: Rollcall, citizen: Citizen, who: int, safe: bool) -> None:
    """Tick one of a household as safe, or untick; twice is once. Whoever is not of this household is left alone.

    Args:
        rollcall: the question.
        citizen: who answers.
        who: a member's number, or SELF.
        safe: whether.
    """
    if who != SELF and not Member.objects.filter(pk=who, citizen=citizen).exists():
        return
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    found, _ = Ticking.objects.get_or_create(rollcall=rollcall, citizen=citizen)
    found.safe = sorted({*found.safe, who} if safe else {*found.safe} - {who})
    found.save(update_fields=["safe"])


def begin(*, rollcall: Rollcall, citizen: Citizen) -> None:
    """Begin anew: nobody is ticked."""
    Ticking.objects.filter(rollcall=rollcall, citizen=citizen).delete()


def left_out(citizen: Citizen, safe: set[int], members: Sequence[Member]) -> Others | None:
    """Return the others of those who are ticked, of whom there is no word yet; None if nobody is left out, or nobody is safe."""
    missing = tuple(member.pk for member in members if member.pk not in safe)
    people = len(missing) + (SELF not in safe)
    if not 0 < people < citizen.people:
        return None
    return Others(people, Rest.NO_WORD, missing, SELF not in safe)


def settle(*, checkin: CheckIn, now: datetime) -> None:
    """Close the case that was open only because a household had not said all yet; one that holds anything else stays.

    Args:
        checkin: the answer by which everybody is safe or not there.
        now: the time.
    """
    if checkin.source == CheckIn.Source.COORDINATOR:
        return  # who is not of the household
    if checkin.rollcall is None or not checkin.current or checkin.others_are not in ("", Rest.NOT_THERE):
        return
    if checkin.safety not in (Safety.SAFE, Safety.NOT_THERE):
        return
    case = Case.objects.filter(
        citizen=checkin.citizen, rollcall=checkin.rollcall, state=Case.State.OPEN, kind=Safety.UNCLEAR
    ).first()
    if case is None or case.attachments.exists():
        return
    if case.checkins.exclude(others_are=Rest.NO_WORD, text="").exists():
        return
    case.state, case.closed_at = Case.State.CLOSED, now
    case.outcome = "The household said by itself how the others are."
    case.save(update_fields=["state", "closed_at", "outcome"])
    append(actor=checkin.source, action="checkins.close_case", subject=f"case:{case.pk}", now=now, checkin=checkin.pk)
