"""The short text that confirms what somebody wrote back: what was recorded, and the number that helps; no name, no place."""

from collections.abc import Mapping

from crisis.audience.models import Citizen, Contact
from crisis.checkins.further import still_asked
from crisis.checkins.models import CheckIn, InboxUpdate
from crisis.checkins.rounds import Question
from crisis.outward.phrases import PHRASES
from crisis.outward.queries import said
from crisis.registry.queries import numbers
from crisis.wording.catalogue import CatalogueError, words

# One code answers whether, and how many.
_CODE_OF = {Question.LEAVE: "sms_leave", Question.HOW_MANY: "sms_leave", Question.PASSPORT: "sms_passport"}


def begin(source: str, key: str) -> bool:
    """Note that an answer is about to leave; False if one was before, which may have left although its worker died.

    Args:
        source: by which way that came which is answered.
        key: of the answer, "RE-" and the beginning of that one's digest.
    """
    digest = key.removeprefix("RE-").lower()
    asked = InboxUpdate.objects.filter(source=source, ref__gte=digest, ref__lt=f"{digest}g", tries=0)
    return bool(asked.update(tries=1))


def confirmation(contact: Contact, became: str, checkin: CheckIn | None, *, others: int) -> str:
    """Return the text, in the person's language.

    A phone is read at a checkpoint: the alert is named by its code only.

    Args:
        contact: to whom; with its citizen.
        became: a value of `replies.Became` that is confirmed.
        checkin: what was recorded, if anything was.
        others: see `replies.Reply`.
    """
    citizen, language = contact.citizen, contact.citizen.language
    try:
        fixed = words(language)
    except CatalogueError:
        # A notice falls back to a language that the ministry speaks; so does its answer.
        language = citizen.ministry.languages[0]
        fixed = words(language)
    alert = checkin.rollcall.alert if checkin is not None and checkin.rollcall is not None else None
    code = f" ({alert.marker})" if alert else ""
    key, post = f"sms_{became}", checkin.post if checkin else None
    lines = [said(key, of=post, language=language, code=code) if key in PHRASES else fixed[key].format(code=code)]
    if alert is not None and alert.exercise:
        lines.insert(0, f"{fixed['exercise']}.")
    lines += _further(fixed, citizen, checkin, became)
    if others:
        lines.append(fixed["sms_newest_only"])
    if number := numbers(post, citizen.ministry).best:
        lines.append(fixed["labelled"].format(label=fixed["sms_number"], value=number))
    return " ".join(lines)


def _further(fixed: Mapping[str, str], citizen: Citizen, checkin: CheckIn | None, became: str) -> list[str]:
    """Return what is still asked: how the person is, where only a round's questions were answered; else those of the round."""
    if checkin is None or checkin.rollcall is None:
        return [f"{fixed['sms_answer']}."] if became == "noted" else []
    # One at a time: a text is short, and what is answered is followed by the next.
    found = still_asked(checkin.rollcall, citizen)
    return [fixed[_CODE_OF[found[1][0]]]] if found else []
