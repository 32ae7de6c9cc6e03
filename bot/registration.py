"""The answers to the questions after the place, pressed or typed: each is noted at once, and the next question follows."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from bot import own_texts as texts
from bot import questions
from bot.about import me, old_button
from bot.dates import day_in
from bot.questions import ALONE, STEPS, TYPED, WHO
from bot.replies import Reply
from bot.speaker import Speaker, speaking
from crisis.audience import budget, contacts, households, stays
from crisis.audience.addresses import AddressError, normal
from crisis.audience.contacts import Added
from crisis.audience.models import Contact
from crisis.audience.operations import expect
from crisis.audience.queries import current_stay
from crisis.broadcast.ways import ways
from crisis.checkins.intent import is_small_talk, may_call_for_help
from crisis.places.names import fold

MOST_WORDS = 6  # of one name
_EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")
_PHONE = re.compile(r"(?:\+|00)\d[\d\s().\-/]{5,}\d")
_SEEMS_AN_ADDRESS = re.compile(r"@|(?:\d\W*){6,}")
_BETWEEN_NAMES = re.compile(r"[,;\n]+|\s+(?:and|en|et|und|&)\s+")
_NUMBERS = {
    word: number
    for words in (
        "one two three four five six seven eight nine ten",
        "een twee drie vier vijf zes zeven acht negen tien",
        "un deux trois quatre cinq six sept huit neuf dix",
        "eins zwei drei vier funf sechs sieben acht neun zehn",
    )
    for number, word in enumerate(words.split(), start=1)
}


def go_on(speaker: Speaker, step: str, now: datetime) -> list[Reply]:
    """Ask one thing that /me offers to change, or go on with all that was never said."""

    def reply(contact: Contact) -> list[Reply]:
        if step == "on":
            first = questions.first_open(contact)
            return [questions.ask(contact, first, now, alone=False)] if first else [Reply(texts.questions_done())]
        if step not in STEPS or not questions.applies(contact, step):
            return [old_button(contact, "me")]
        return [questions.ask(contact, step, now, alone=True)]

    return speaking(reply, speaker, now)


def pressed(speaker: Speaker, step: str, answer: str, now: datetime) -> list[Reply]:
    """Take a pressed answer; one under an older question counts too, and leaves the newer question alone."""
    return speaking(lambda contact: _pressed(contact, step, answer, now), speaker, now)


def _pressed(contact: Contact, step: str, answer: str, now: datetime) -> list[Reply]:
    if step not in STEPS:
        return [old_button(contact, "question")]
    if answer == "later":
        if questions.step_of(contact):
            expect(contact=contact, what="")
        return [Reply(texts.questions_later())]
    if (step, answer) == ("emergency", "yes"):
        return [questions.ask(contact, WHO, now, alone=questions.is_alone(contact))]
    if answer == "skip" or (step, answer) == ("names", "done"):
        return _noted(contact, step, texts.passed_over(), now)
    if step == "until":
        return _until_pressed(contact, answer, now)
    if step == "people" and answer.isdecimal() and len(answer) < 3:
        return _people(contact, int(answer), now)
    return [old_button(contact, "question")]


def took(contact: Contact, text: str, now: datetime) -> list[Reply] | None:
    """Take a text as the answer to the question that waits.

    Whoever calls has made sure that nobody waits for words of need from this person: an alert and a call for help go first.

    Returns:
        What is answered; None if the text is no answer to it, and may be anything else.
    """
    step = questions.step_of(contact)
    if not step or text.startswith("/"):
        return None
    for button in (press for row in questions.question(contact, now).buttons for press in row):
        if fold(button.label) == fold(text):
            return _pressed(contact, step, button.data.rpartition(":")[2], now)
    typed: dict[str, Callable[[Contact, str, datetime], list[Reply] | None]] = {
        "until": _until_typed, "people": _people_typed, "names": _names_typed, "contact": _contact_typed,
        "emergency": _emergency_typed,
    }  # fmt: skip
    return typed[step](contact, text, now)


def again(contact: Contact, now: datetime, *, said: str = "") -> list[Reply]:
    """Repeat the question that waits, after what is said first; nothing if none waits."""
    if not questions.step_of(contact):
        return []
    asked = questions.question(contact, now)
    return [Reply(f"{said}\n\n{asked.text}" if said else asked.text, asked.buttons)]


def _noted(contact: Contact, step: str, said: str, now: datetime) -> list[Reply]:
    """Confirm, and go on where the conversation stands: with the next question, or with all that is known."""
    if questions.step_of(contact) != step:
        return [Reply(said)]
    if questions.is_alone(contact):
        expect(contact=contact, what="")
        known = me(contact)
        return [Reply(f"{said}\n\n{known.text}", known.buttons, toast=said)]
    after = questions.following(contact, step, now)
    return [Reply(f"{said}\n\n{after.text}", after.buttons, toast=said)]


def _until_pressed(contact: Contact, answer: str, now: datetime) -> list[Reply]:
    citizen, stay = contact.citizen, current_stay(contact.citizen)
    if stay is None or answer not in texts.until_answers():
        return [old_button(contact, "question")]
    if answer == "home":
        stays.lives_here(citizen=citizen)
        return _noted(contact, "until", texts.lives_here_noted(), now)
    until_on = stays.today(stay, now) + timedelta(days=int(answer))
    stays.stays_until(citizen=citizen, until_on=until_on, now=now)
    return _noted(contact, "until", texts.until_noted(until_on), now)


def _until_typed(contact: Contact, text: str, now: datetime) -> list[Reply] | None:
    citizen, stay = contact.citizen, current_stay(contact.citizen)
    until_on = day_in(text, citizen.language, stays.today(stay, now))
    if until_on is None or stay is None:
        return None
    try:
        stays.stays_until(citizen=citizen, until_on=until_on, now=now)
    except stays.WrongDayError:
        return again(contact, now, said=texts.wrong_day())
    return _noted(contact, "until", texts.until_noted(until_on), now)


def _people(contact: Contact, people: int, now: datetime) -> list[Reply]:
    try:
        cleared = households.count(citizen=contact.citizen, people=people)
    except households.WrongNumberError:
        return again(contact, now, said=texts.wrong_people()) or [Reply(texts.wrong_people())]
    said = texts.people_noted(people)
    return _noted(contact, "people", f"{said} {texts.names_cleared()}" if cleared else said, now)


def _people_typed(contact: Contact, text: str, now: datetime) -> list[Reply] | None:
    folded = fold(text)
    if folded.isascii() and folded.isdecimal():
        return _people(contact, int(folded) if len(folded) < 4 else 0, now)
    return _people(contact, _NUMBERS[folded], now) if folded in _NUMBERS else None


def _names_typed(contact: Contact, text: str, now: datetime) -> list[Reply] | None:
    names = [" ".join(name.split()) for name in _BETWEEN_NAMES.split(text) if name.strip()]
    odd = any(len(name) > households.LONGEST_NAME or len(name.split()) > MOST_WORDS for name in names)
    wordless = not all(any(letter.isalpha() for letter in name) for name in names)
    speech = any(mark in text for mark in "?!0123456789") or is_small_talk(text) or may_call_for_help(text)
    if not names or odd or wordless or speech:
        return None
    try:
        left = households.name(citizen=contact.citizen, names=names, now=now)
    except households.TooManyNamesError as error:
        return again(contact, now, said=texts.too_many_names(error.room))
    if left == 0:
        return _noted(contact, "names", texts.names_noted(), now)
    buttons = questions.question(contact, now).buttons
    return [Reply(f"{texts.names_noted()}\n\n{texts.more_names(left)}", buttons)]


def _contact_typed(contact: Contact, text: str, now: datetime) -> list[Reply] | None:
    match = _address_in(text)
    if match is None or (rest := text.replace(match[0], "").strip(" \t\n,;:.<>")):
        seems = (match is not None and len(rest) < 20) or _SEEMS_AN_ADDRESS.search(text) is not None
        return again(contact, now, said=texts.not_an_address()) if seems and not may_call_for_help(text) else None
    found = _normal(match[0])
    if isinstance(found, str):
        return again(contact, now, said=found)
    kind, address = found
    added = contacts.add(citizen=contact.citizen, kind=kind, address=address, now=now)
    if added == Added.TOO_OFTEN:
        return _noted(contact, "contact", texts.too_often(), now)
    said = texts.contact_known() if added == Added.KNOWN else texts.contact_noted()
    if added == Added.PENDING and not budget.room(kind, now):
        said = f"{said} {texts.contact_later()}"
    return _noted(contact, "contact", said, now)


def _emergency_typed(contact: Contact, text: str, now: datetime) -> list[Reply] | None:
    match = _address_in(text)
    if match is None:
        seems = _SEEMS_AN_ADDRESS.search(text) is not None and not may_call_for_help(text)
        return again(contact, now, said=texts.not_an_address()) if seems else None
    if contact.asked.removeprefix(ALONE) != WHO:
        return again(contact, now, said=texts.press_first())
    found = _normal(match[0])
    if isinstance(found, str):
        return again(contact, now, said=found)
    kind, address = found
    if contacts.is_own(citizen=contact.citizen, address=address):
        return again(contact, now, said=texts.emergency_is_own())
    name = " ".join(text.replace(match[0], " ").strip(" \t\n,;:.<>()").split())
    contacts.ask_there(citizen=contact.citizen, name=name, kind=kind, address=address, now=now)
    return _noted(contact, "emergency", texts.emergency_noted(), now)


def _address_in(text: str) -> re.Match[str] | None:
    return _EMAIL.search(text) or _PHONE.search(text)


def _normal(typed: str) -> tuple[str, str] | str:
    """Return the way of an address and its normal form, or what is wrong with it."""
    kind = TYPED[0] if "@" in typed else TYPED[1]
    if kind not in ways():
        return texts.no_such_way()
    try:
        return kind, normal(kind, typed)
    except AddressError:
        return texts.not_an_address()
