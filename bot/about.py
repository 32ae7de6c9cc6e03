"""What is known of a person, shown to that person: /me with a button for each thing, and what those do at once."""

import logging
from collections.abc import Iterator
from datetime import datetime

from babel import Locale

from bot import own_texts as texts
from bot import questions
from bot import texts as bot_texts
from bot.answers import help_button
from bot.questions import ALONE, PLACE
from bot.replies import Press, Reply
from bot.speaker import Speaker, speaking
from crisis.audience import contacts, households
from crisis.audience.addresses import masked, opened
from crisis.audience.letters import place_of
from crisis.audience.models import Contact, EmergencyContact, Member, Stay
from crisis.audience.operations import expect
from crisis.audience.queries import current_stay

log = logging.getLogger(__name__)


def show(speaker: Speaker, now: datetime) -> list[Reply]:
    """Show what is known, and offer to change it."""
    return speaking(lambda contact: [me(contact)], speaker, now)


def me(contact: Contact) -> Reply:
    """Return what is known of somebody, with a button for each thing."""
    return Reply("\n".join([texts.me_title(), "", *lines(contact)]), tuple(_buttons(contact)))


def lines(contact: Contact) -> Iterator[str]:
    """Say what is known, one thing a line."""
    citizen, stay, names = contact.citizen, current_stay(contact.citizen), texts.me_lines()
    if citizen.name:
        yield names["name"] % {"value": citizen.name}
    language = Locale.parse(citizen.language.replace("-", "_")).display_name or citizen.language
    yield names["language"] % {"value": language}
    yield names["place"] % {"value": place_of(stay, citizen.language) if stay else texts.nothing_said()}
    if stay is not None:
        yield names["until"] % {"value": _until(stay)}
    yield names["people"] % {"value": citizen.people}
    if given := list(Member.objects.filter(citizen=citizen).values_list("name", flat=True)):
        yield names["names"] % {"value": ", ".join(given)}
    kinds = {Contact.State.PENDING: "pending", Contact.State.STOPPED: "stopped"}
    for other in others(contact):
        yield names[kinds.get(Contact.State(other.state), "contact")] % {"value": masked(other)}
    if third := EmergencyContact.objects.filter(citizen=citizen).first():
        yield names["emergency"] % {"value": f"{third.name} {masked(third)}".strip()}


def others(contact: Contact) -> list[Contact]:
    """Return the other ways to a person that hold an address."""
    rows = Contact.objects.filter(citizen=contact.citizen).exclude(pk=contact.pk)
    return list(rows.exclude(state=Contact.State.GONE).order_by("rank", "pk"))


def change_place(speaker: Speaker, now: datetime) -> list[Reply]:
    """Ask where somebody is; no other question follows."""

    def reply(contact: Contact) -> list[Reply]:
        expect(contact=contact, what=f"{ALONE}{PLACE}")
        return [Reply(bot_texts.where(), asks_place=True)]

    return speaking(reply, speaker, now)


def forget(speaker: Speaker, what: str, now: datetime) -> list[Reply]:
    """Take one thing away: the names, whom we may ask, or a contact by its number; doing it again changes nothing."""

    def reply(contact: Contact) -> list[Reply]:
        if what == "names":
            households.forget_names(citizen=contact.citizen)
        elif what == "nobody":
            contacts.ask_nowhere(citizen=contact.citizen)
        elif (other := _own(contact, what)) is not None:
            contacts.take_away(contact=other)
        known = me(contact)
        return [Reply(f"{texts.dropped()}\n\n{known.text}", known.buttons, toast=texts.dropped())]

    return speaking(reply, speaker, now)


def send_again(speaker: Speaker, number: str, now: datetime) -> list[Reply]:
    """Send the link of a contact that waits once more."""

    def reply(contact: Contact) -> list[Reply]:
        other = _own(contact, number)
        if other is None or other.state != Contact.State.PENDING:
            return [old_button(contact, "again")]
        # As if it were typed again: what an address is to others shows here no more than there.
        added = contacts.add(citizen=contact.citizen, kind=other.kind, address=opened(other), now=now)
        return [Reply(texts.too_often() if added == contacts.Added.TOO_OFTEN else texts.contact_noted())]

    return speaking(reply, speaker, now)


def old_button(contact: Contact, button: str) -> Reply:
    """Answer a button that is not valid any more."""
    log.warning("refused", extra={"button": button, "contact": contact.pk, "why": "no longer valid"})
    return Reply(bot_texts.old_button(), help_button())


def _own(contact: Contact, number: str) -> Contact | None:
    """Return the other contact of this number, if it is the person's own."""
    return next((other for other in others(contact) if str(other.pk) == number), None)


def _until(stay: Stay) -> str:
    if stay.lives_here:
        return texts.you_live_there()
    return texts.day(stay.until_on) if stay.until_on else texts.nothing_said()


def _buttons(contact: Contact) -> Iterator[tuple[Press, ...]]:
    """One a row: each is read out alone."""
    labels = texts.me_buttons()
    if questions.first_open(contact):
        yield (Press(labels["on"], "m:on"),)
    yield (Press(labels["place"], "m:place"),)
    for step in ("until", "people", "names", "contact"):
        if questions.applies(contact, step):
            yield (Press(labels[step], f"m:{step}"),)
    if Member.objects.filter(citizen=contact.citizen).exists():
        yield (Press(labels["no_names"], "m:forget:names"),)
    for other in others(contact):
        if other.state == Contact.State.PENDING:
            yield (Press(labels["again"], f"m:again:{other.pk}"),)
        yield (Press(texts.drop(masked(other)), f"m:forget:{other.pk}"),)
    if questions.applies(contact, "emergency"):
        yield (Press(labels["emergency"], "m:emergency"),)
    if EmergencyContact.objects.filter(citizen=contact.citizen).exists():
        yield (Press(labels["nobody"], "m:forget:nobody"),)
    yield (Press(labels["language"], "m:language"),)
