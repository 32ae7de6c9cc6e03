"""The short text that confirms what somebody wrote back: what was recorded, and the number that helps; no name, no place."""

from crisis.audience.models import Contact
from crisis.checkins.models import CheckIn, InboxUpdate
from crisis.registry.queries import numbers
from crisis.wording.catalogue import CatalogueError, words


def begin(source: str, key: str) -> bool:
    """Note that an answer is about to leave; False if one was before, which may have left although its worker died.

    Args:
        source: by which way that came which is answered.
        key: of the answer, "RE-" and the beginning of that one's digest.
    """
    digest = key.removeprefix("RE-").lower()
    asked = InboxUpdate.objects.filter(source=source, ref__gte=digest, ref__lt=f"{digest}g", tries=0)
    return bool(asked.update(tries=1))


def confirmation(contact: Contact, said: str, checkin: CheckIn | None, *, others: int) -> str:
    """Return the text, in the person's language.

    A phone is read at a checkpoint: the alert is named by its code only.

    Args:
        contact: to whom; with its citizen.
        said: a value of `replies.Became` that is confirmed.
        checkin: what was recorded, if anything was.
        others: see `replies.Reply`.
    """
    citizen = contact.citizen
    try:
        fixed = words(citizen.language)
    except CatalogueError:
        # A notice falls back to a language that the ministry speaks; so does its answer.
        fixed = words(citizen.ministry.languages[0])
    alert = checkin.rollcall.alert if checkin is not None and checkin.rollcall is not None else None
    code = f" ({alert.marker})" if alert else ""
    lines = [fixed[f"sms_{said}"].format(code=code)]
    if alert is not None and alert.exercise:
        lines.insert(0, f"{fixed['exercise']}.")
    if others:
        lines.append(fixed["sms_newest_only"])
    if number := numbers(checkin.post if checkin else None, citizen.ministry).best:
        lines.append(fixed["labelled"].format(label=fixed["sms_number"], value=number))
    return " ".join(lines)
