"""The answers that stand under an alert: what each button says, and what comes back when it is pressed."""

from crisis.checkins.models import Safety
from crisis.wording.catalogue import words

# What comes back, and the answer that it is for everybody whom the person answers for.
ANSWERS = {"safe": Safety.SAFE, "all": Safety.SAFE, "help": Safety.NEEDS_HELP, "not_there": Safety.NOT_THERE}
SOME = "some"  # no answer yet for the whole household: it is asked who
# The fixed words of each; somebody alone speaks of himself.
_ALONE = {"safe": "safe", "help": "help", "not_there": "not_there"}
_HOUSEHOLD = {"all": "safe_all", SOME: "safe_some", "help": "help_all", "not_there": "not_there_all"}


def buttons(rollcall: int, people: int, language: str) -> list[tuple[str, str]]:
    """Return the words and the data of each button, in their order.

    Args:
        rollcall: the number of the question.
        people: how many the person answers for.
        language: whose fixed words they are in.
    """
    fixed = words(language)
    offered = _HOUSEHOLD if people > 1 else _ALONE
    return [(fixed[word], f"c:{rollcall}:{answer}") for answer, word in offered.items()]
