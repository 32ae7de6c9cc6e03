"""A round's further questions in the bot, one after the other: each answer is noted before the next is asked."""

from collections.abc import Sequence

from bot import texts
from bot.replies import Press, Reply
from crisis.audience.models import Citizen
from crisis.checkins.further import numbers_for
from crisis.checkins.rounds import Question, Round

_A_ROW = 5  # numbers beside one another: each still wide enough for a thumb


def asked(one: Round, left: Sequence[Question], citizen: Citizen, about: str, *, in_place: bool = False) -> Reply:
    """Return the next question that somebody has not answered.

    Args:
        one: whose questions.
        left: those that are not answered, one at least.
        citizen: who.
        about: the alert's name, and that it is a drill where it is one, in the language that is active.
        in_place: it takes the place of the one before.
    """
    question = left[0]
    offered = [(str(number), number) for number in numbers_for(question, citizen)] or [
        (texts.yes(), 1),
        (texts.no(), 0),
    ]
    presses = [Press(label, f"r:{one.pk}:{question}:{value}") for label, value in offered]
    rows = tuple(tuple(presses[at : at + _A_ROW]) for at in range(0, len(presses), _A_ROW))
    return Reply(f"{about}\n\n{texts.further(question)}", rows, in_place=in_place)
