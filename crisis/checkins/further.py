"""A round's further questions where there is no form: one after the other in the bot, and by short codes in a text."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen
from crisis.checkins.counting import current
from crisis.checkins.models import Safety
from crisis.checkins.rounds import MOST_LEAVING, Question, Round, answers_of, current_round

# L and how many want to leave, 0 is nobody; P1 or P0 for the passports; before them, or alone, the digit of the answer itself.
# The codes are letters with a number: a digit alone is how somebody is, and never anything else.
_CODED = re.compile(r"\W*(?:([123])(?!\d))?((?:\W*[LP]\W?\d{1,2}(?!\w))+)\W*", re.IGNORECASE)
_CODE = re.compile(r"([LP])\W?(\d{1,2})", re.IGNORECASE)
DIGITS = {"1": Safety.SAFE, "2": Safety.NEEDS_HELP, "3": Safety.NOT_THERE}


@dataclass(frozen=True, slots=True)
class Coded:
    """What a text of codes says: how the person is, if it does, and the numbers by question."""

    safety: Safety | None
    given: dict[str, int] = field(default_factory=dict)


def coded(text: str) -> Coded | None:
    """Return what a text of nothing but codes says ("L2 P1", "1 L0"); None of any other."""
    match = _CODED.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    given: dict[str, int] = {}
    for letter, digits in _CODE.findall(match[2]):
        number = int(digits)
        if letter.upper() == "P":
            if number > 1:
                return None
            given[Question.PASSPORT] = number
        else:
            given |= {Question.LEAVE: min(number, 1), Question.HOW_MANY: number}
    return Coded(DIGITS.get(match[1] or ""), given)


def still_asked(rollcall: Rollcall, citizen: Citizen) -> tuple[Round, Sequence[Question]] | None:
    """Return the questions of the latest round that somebody has not answered yet; None where there are none.

    They are asked of whoever is safe by what they said since the round began: who needs help is asked nothing else.

    Args:
        rollcall: the question.
        citizen: who has answered it.
    """
    asked = current_round(rollcall)
    if asked is None or not asked.questions:
        return None
    mine = current(rollcall).filter(citizen=citizen, safety=Safety.SAFE, at__gte=asked.opened_at)
    if not mine.exclude(others_are=Safety.NEEDS_HELP).exists():
        return None
    given = answers_of(asked, [citizen.pk]).get(citizen.pk, {})
    # Of somebody alone, and of whoever stays, it is known how many.
    known = citizen.people == 1 or given.get(Question.LEAVE) == 0
    left = [Question(each) for each in asked.questions if each not in given]
    left = [each for each in left if each != Question.HOW_MANY or not (known and Question.LEAVE in asked.questions)]
    return (asked, left) if left else None


def numbers_for(question: Question, citizen: Citizen) -> list[int]:
    """Return the numbers that are offered as answers to a question; none where it is answered by yes (1) or no (0)."""
    return list(range(1, min(citizen.people, MOST_LEAVING) + 1)) if question == Question.HOW_MANY else []
