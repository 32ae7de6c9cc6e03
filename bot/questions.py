"""The questions after the place, in their order, each with its buttons; what was asked last stands in the database.

`Contact.asked` holds the step, so that a restart loses nothing. A question that /me asks has ALONE in front: no other follows it.
"""

from datetime import date, datetime, timedelta

from bot import own_texts as texts
from bot.replies import Buttons, Press, Reply
from crisis.audience import stays
from crisis.audience.models import Contact, EmergencyContact, Member
from crisis.audience.operations import expect
from crisis.audience.queries import current_stay
from crisis.broadcast.ways import ways

STEPS = ("until", "people", "names", "contact", "emergency")
ALONE = "me:"
PLACE = "place"
WHO = "who"  # within "emergency", once the person has agreed
TYPED = (Contact.Kind.EMAIL, Contact.Kind.SMS)  # the ways whose addresses can be told apart when they are typed
_IN_A_ROW = 3


def step_of(contact: Contact) -> str:
    """Return the step that was asked last and still waits; blank if none is."""
    step = contact.asked.removeprefix(ALONE)
    return "emergency" if step == WHO else step if step in STEPS else ""


def is_alone(contact: Contact) -> bool:
    """Tell whether no other question follows the one that waits."""
    return contact.asked.startswith(ALONE)


def ask(contact: Contact, step: str, now: datetime, *, alone: bool) -> Reply:
    """Ask a question, and remember that."""
    expect(contact=contact, what=f"{ALONE if alone else ''}{step}")
    return question(contact, now)


def question(contact: Contact, now: datetime) -> Reply:
    """Return the question that waits, with its buttons."""
    step, asked = step_of(contact), contact.asked.removeprefix(ALONE)
    ends: tuple[Press, ...] = (Press(texts.skip(), f"q:{step}:skip"),)
    if not is_alone(contact):
        ends = (*ends, Press(texts.later(), f"q:{step}:later"))
    match asked:
        case "until":
            return Reply(texts.until_question(_example(contact, now)), (*_until(), ends))
        case "people":
            numbers = [Press(str(number), f"q:people:{number}") for number in range(1, 7)]
            rows = tuple(tuple(numbers[at : at + _IN_A_ROW]) for at in range(0, len(numbers), _IN_A_ROW))
            return Reply(texts.people_question(), (*rows, ends))
        case "names":
            return Reply(texts.names_question(room(contact)), ((Press(texts.names_done(), "q:names:done"),), ends))
        case "contact":
            return Reply(texts.contact_question(), (ends,))
        case "emergency":
            return Reply(texts.emergency_question(), ((Press(texts.emergency_yes(), "q:emergency:yes"),), ends))
        case _:
            return Reply(texts.emergency_who(), (ends,))


def following(contact: Contact, step: str, now: datetime) -> Reply:
    """Ask the question that follows a step, or say that all is asked."""
    for later in STEPS[STEPS.index(step) + 1 :]:
        if applies(contact, later):
            return ask(contact, later, now, alone=False)
    expect(contact=contact, what="")
    return Reply(texts.questions_done())


def first_open(contact: Contact) -> str:
    """Return the first step about which nothing was said yet; blank if there is none."""
    citizen, stay = contact.citizen, current_stay(contact.citizen)
    said = {
        "until": stay is None or stay.lives_here or stay.until_on is not None,
        "people": citizen.people > 1,
        "names": room(contact) == 0,
        "contact": citizen.contacts.filter(kind__in=TYPED).exclude(state=Contact.State.GONE).exists(),
        "emergency": EmergencyContact.objects.filter(citizen=citizen).exists(),
    }
    return next((step for step in STEPS if applies(contact, step) and not said[step]), "")


def applies(contact: Contact, step: str) -> bool:
    """Tell whether a step makes sense: names where there are others, addresses where we can write to them."""
    if step == "until":
        return current_stay(contact.citizen) is not None
    if step == "names":
        return room(contact) > 0
    return step == "people" or bool(set(TYPED) & set(ways()))


def room(contact: Contact) -> int:
    """Return how many of the others have no name yet."""
    return max(0, contact.citizen.people - 1 - Member.objects.filter(citizen=contact.citizen).count())


def _until() -> Buttons:
    return tuple((Press(label, f"q:until:{answer}"),) for answer, label in texts.until_answers().items())


def _example(contact: Contact, now: datetime) -> date:
    return stays.today(current_stay(contact.citizen), now) + timedelta(days=21)
