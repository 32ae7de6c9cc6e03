"""The check-in form: what was typed becomes a report, and a call for help is taken whatever else is wrong with it."""

from crisis.audience.addresses import recognised
from crisis.audience.models import Contact
from crisis.checkins.models import Rest
from crisis.checkins.reports import Told
from crisis.checkins.unverified import Report
from public import checkin_words
from public.fields import MOST_PEOPLE, Typed

NAMES = (
    "slip", "said", "really", "people", "where", "safe", "are", "text", "names", "contact", "unrepresented",
    "other_nationality", "website",
)  # fmt: skip
HONEY = "website"
LONGEST = {"names": 200, "where": 200, "text": 1000, "contact": 120}


def told(form: Typed, *, asks: bool, language: str) -> Told | None:
    """Return what somebody says; None if something is wrong, which stands at its field then.

    Args:
        form: as it came.
        asks: whether the alert still asks; else only a call for help is taken.
        language: in which they wrote.
    """
    mistakes = checkin_words.mistakes()
    said = form.choice("said", Report.Said.values)
    helps = said == Report.Said.NEEDS_HELP
    if not said:
        form.errors["said"] = mistakes["said"] if asks else mistakes["ended"]
    elif not asks and not helps:
        form.errors["said"] = mistakes["ended"]
    people = form.number("people", least=1, most=MOST_PEOPLE, empty=1, lenient=helps)
    texts = {name: form.text(name, LONGEST[name], cut=helps) for name in ("where", "text", "names", "contact")}
    others, are = _others(form, people) if said == Report.Said.SOME else (0, "")
    if said == Report.Said.SOME and not (others or texts["text"] or "safe" in form.errors):
        form.errors.setdefault("text", mistakes["some"])
    contact = _contact(form, texts["contact"], helps=helps)
    apart = _apart(form, people, helps=helps)
    if form.values.get(HONEY):
        form.errors[HONEY] = mistakes["honey"]
    if form.errors:
        return None
    return Told(
        said=Report.Said(said), people=people, language=language, names=texts["names"], where=texts["where"],
        text=texts["text"], contact=contact, unrepresented=apart[0], other_nationality=apart[1],
        others=others, others_are=are,
    )  # fmt: skip


def _others(form: Typed, people: int) -> tuple[int, str]:
    """Return how many are not safe, and how they are; nothing where no number was typed."""
    most = max(people - 1, 1)
    safe = form.number("safe", least=1, most=most, empty=0)
    if "safe" in form.errors:
        form.errors["safe"] = checkin_words.how_many_safe(most)
    if not safe or safe >= people:
        return 0, ""
    return people - safe, form.choice("are", Rest.values) or Rest.NO_WORD.value


def _contact(form: Typed, text: str, *, helps: bool) -> tuple[str, str] | None:
    contact = recognised(text) if text else None
    if text and contact is None:
        if helps:
            # Somebody who needs help may have written it in a hurry: a clerk reads it as it stands.
            return Contact.Kind.SMS.value, text
        form.errors.setdefault("contact", checkin_words.mistakes()["contact"])
    return contact


def _apart(form: Typed, people: int, *, helps: bool) -> list[int]:
    names = ("unrepresented", "other_nationality")
    counted = [form.number(name, least=0, most=people, empty=0, lenient=helps) for name in names]
    if sum(counted) > people:
        if helps:
            return [0, 0]
        form.errors[names[0]] = ""
    wrong = [name for name in names if name in form.errors]
    form.errors |= dict.fromkeys(wrong, checkin_words.mistakes()["nationality"])
    return counted
