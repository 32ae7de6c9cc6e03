"""Asking again: a round makes what was said before it old, and may ask up to three more questions of everybody."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen
from crisis.checkins.counting import current
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import is_open
from crisis.checkins.reach import require_all
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right

MOST_QUESTIONS = 3
MOST_LEAVING = 99


class Question(models.TextChoices):
    """What a round may ask beside "how are you?"; the answers are numbers, 1 is yes."""

    LEAVE = "leave", _("Do you want to leave?")
    HOW_MANY = "how_many", _("How many of you want to leave?")
    PASSPORT = "passport", _("Have all of you a valid passport?")


class Round(models.Model):
    """One asking of a rollcall: "still safe?", on the third day.

    Attributes:
        number: 2 is the first one that asks again.
        questions: of Question, in order.
    """

    rollcall = models.ForeignKey(Rollcall, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    questions = models.JSONField(default=list)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Each once."""

        constraints = [models.UniqueConstraint(fields=["rollcall", "number"], name="round_once")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"round {self.number} of rollcall {self.rollcall_id}"


class RoundAnswer(models.Model):
    """What a household answered to one question of a round; the latest counts."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="answers")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="round_answers")
    question = models.CharField(max_length=8, choices=Question.choices)
    value = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        """One a question and person."""

        constraints = [models.UniqueConstraint(fields=["round", "citizen", "question"], name="round_answer_once")]
        indexes = [models.Index(fields=["round", "question", "value"], name="round_answers")]

    def __str__(self) -> str:
        return f"{self.question}={self.value} in round {self.round_id}"


@transaction.atomic
def open_round(*, rollcall: Rollcall, questions: Collection[str], by: Officer, now: datetime) -> Round:
    """Begin a new round: whoever answered before it counts on, and is shown as old.

    Args:
        rollcall: open.
        questions: at most three of Question.
        by: who asks.
        now: the time.

    Raises:
        NotAllowed: the officer may not, or is bound to some posts.
        ValueError: the rollcall is over, or there are too many questions, or unknown ones.
    """
    require_all(by, Right.CASES, rollcall)
    asked = [question for question in Question.values if question in questions]
    if len(asked) != len(set(questions)) or len(asked) > MOST_QUESTIONS:
        raise ValueError(gettext("Choose at most three of the questions."))
    Rollcall.objects.select_for_update().get(pk=rollcall.pk)
    if not is_open(rollcall, now):
        raise ValueError(gettext("This rollcall is over."))
    last = Round.objects.filter(rollcall=rollcall).aggregate(last=Max("number"))["last"] or 1
    made = Round.objects.create(rollcall=rollcall, number=last + 1, questions=asked, opened_at=now, opened_by=by)
    append(
        actor=by.actor, action="checkins.open_round", subject=f"rollcall:{rollcall.pk}", now=now, round=made.number,
        questions=asked,
    )  # fmt: skip
    return made


def current_round(rollcall: Rollcall) -> Round | None:
    """Return the latest round of a rollcall, or None before any."""
    return Round.objects.filter(rollcall=rollcall).first()


@transaction.atomic
def answer(*, asked: Round, citizen: Citizen, given: Mapping[str, int], actor: str, now: datetime) -> int:
    """Note what a household answers to a round's questions; a question that is left out keeps its answer.

    Args:
        asked: the round.
        citizen: who.
        given: the numbers, by question; 1 is yes.
        actor: who typed it in.
        now: the time.

    Returns:
        How many questions were answered.

    Raises:
        ValueError: a number is none that can be; nothing is noted.
    """
    values = {question: given[question] for question in asked.questions if question in given}
    if any(not 0 <= value <= MOST_LEAVING for value in values.values()):
        raise ValueError(gettext("Write a number from 0 to 99."))
    for question, value in values.items():
        RoundAnswer.objects.update_or_create(
            round=asked, citizen=citizen, question=question, defaults={"value": value, "at": now}
        )
    if values:
        append(
            actor=actor, action="checkins.round_answer", subject=f"citizen:{citizen.pk}", now=now, round=asked.pk,
            questions=sorted(values),
        )  # fmt: skip
    return len(values)


@dataclass(frozen=True, slots=True)
class Aged:
    """How much of what is known is old, in people.

    Attributes:
        fresh, old: safe, said in this round, and before it.
        leaving: who want to leave, as they say: how many of each household, else all of it.
    """

    round: Round
    fresh: int
    old: int
    leaving: int


def aged(asked: Round, reach: Reach = EVERYTHING) -> Aged:
    """Count how many are safe by this round, and how many only by what they said before.

    Args:
        asked: the round.
        reach: only whom it holds, by the post of their answer.
    """
    mine = current(asked.rollcall).filter(reach.rows())
    safe = mine.filter(safety=Safety.SAFE)
    counted = safe.aggregate(
        fresh=Sum("people", filter=Q(at__gte=asked.opened_at)), old=Sum("people", filter=Q(at__lt=asked.opened_at))
    )
    leave = RoundAnswer.objects.filter(round=asked, question=Question.LEAVE, value=1)
    if not reach.everything:
        leave = leave.filter(citizen__in=mine.values("citizen"))
    people = dict(leave.values_list("citizen", "citizen__people"))
    said = RoundAnswer.objects.filter(round=asked, question=Question.HOW_MANY, citizen__in=people.keys(), value__gt=0)
    people |= dict(said.values_list("citizen", "value"))
    return Aged(asked, counted["fresh"] or 0, counted["old"] or 0, sum(people.values()))


def who_is_old(asked: Round) -> QuerySet[CheckIn]:
    """Return the answers "safe" that were given before a round."""
    return current(asked.rollcall).filter(safety=Safety.SAFE, at__lt=asked.opened_at)


def who_said(asked: Round, question: str, value: int) -> QuerySet[RoundAnswer]:
    """Return who gave an answer to a question."""
    return RoundAnswer.objects.filter(round=asked, question=question, value=value)


def answers_of(asked: Round, citizens: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return what some people answered to a round's questions: by citizen, and then by question."""
    found: dict[int, dict[str, int]] = {}
    rows = RoundAnswer.objects.filter(round=asked, citizen__in=list(citizens))
    for citizen, question, value in rows.values_list("citizen", "question", "value"):
        found.setdefault(citizen, {})[question] = value
    return found
