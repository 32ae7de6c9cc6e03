"""Simulated citizens: as many as the towns suggest, with plausible names, each with a way of answering that never changes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from crisis.audience.models import Contact
from crisis.places.models import Place
from crisis.places.queries import largest
from crisis.registry.models import Jurisdiction, Ministry

FIRST_CHAT = 7_000_000_000
FEWEST, MOST, PER_MILLION = 6, 40, 1
TOWNS = 6  # of each country in which they stay
_FIRST = (
    "Emma Louise Olivia Alice Elise Marie Jules Noah Arthur Lucas Adam Liam Anna Lena Mia Paul Felix Jonas Sara Fatima "
    "Yasmine Amira Mehdi Karim Sofia Elena Nina Tom Bram Wout Lotte Griet Katrien Pieter Chantal Luc Monique Hugo Clara Zoé"
)
_LAST = (
    "Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters Dubois Lambert Dupont Martin Simon Laurent Leroy "
    "Schmitz Weber Müller Braun El-Amrani Diallo Yılmaz Nguyen Kowalski Rossi García Ferreira"
)
# Of twenty-five: most are safe, some need help, are not there, stay silent, or have left the bot.
_WAYS = ["safe"] * 15 + ["help"] * 2 + ["not_there"] * 3 + ["silent"] * 4 + ["gone"]
random.Random("ways").shuffle(_WAYS)  # noqa: S311 - play
PRESSES = ("safe", "help", "not_there")  # who answers; the places of the buttons for somebody alone
_OF_A_HOUSEHOLD = {"safe": 0, "help": 2, "not_there": 3}


@dataclass(frozen=True, slots=True)
class Simulated:
    """One simulated citizen; `way` is safe, help, not_there, silent or gone."""

    chat: int
    name: str
    language: str
    people: int
    place: Place
    way: str

    @property
    def press(self) -> int | None:
        """The place of the button that is pressed, from 0; None who presses none."""
        if self.way not in PRESSES:
            return None
        return _OF_A_HOUSEHOLD[self.way] if self.people > 1 else PRESSES.index(self.way)

    @property
    def contacts(self) -> dict[str, str]:
        """Its contacts, the address by kind: most have a chat, some more than that, and a few only another way."""
        mailbox = f"{'gone' if self.way == 'gone' else 'citizen'}.{self.chat}@example.org"
        # No country has this code. The simulator knows no phone whose number ends with three zeros.
        phone = f"+999{self.chat % 10**8:08}{'000' if self.way == 'gone' else '7'}"
        found = {Contact.Kind.EMAIL.value: mailbox} if self.chat % 5 == 0 else {}
        found |= {Contact.Kind.SMS.value: phone} if self.chat % 5 == 1 else {}
        found |= {Contact.Kind.WHATSAPP.value: phone} if self.chat % 5 == 2 else {}
        return found if self.chat % 20 in (0, 1, 2) else {Contact.Kind.TELEGRAM.value: str(self.chat)} | found


def way_of(chat: int) -> str:
    """Return how a simulated citizen answers, known by the chat's number alone."""
    return _WAYS[chat % len(_WAYS)]


def countries_of(ministry: Ministry) -> list[str]:
    """Return every country for which the ministry is competent."""
    rows = Jurisdiction.objects.filter(post__ministry=ministry).values_list("country", flat=True)
    return sorted(set(rows))


def crowd(ministry: Ministry) -> Iterator[Simulated]:
    """Yield the simulated citizens, the same ones at every call."""
    chat = FIRST_CHAT
    for country in countries_of(ministry):
        towns = largest(country, limit=TOWNS)
        if not towns:
            continue
        dice = random.Random(country)  # noqa: S311 - play
        millions = sum(town.population for town in towns) / 1_000_000
        for _ in range(min(MOST, FEWEST + round(millions * PER_MILLION))):
            chat += 1
            yield Simulated(
                chat=chat,
                name=f"{dice.choice(_FIRST.split())} {dice.choice(_LAST.split())}",
                language=dice.choices(ministry.languages, weights=range(len(ministry.languages) + 2, 2, -1))[0],
                people=dice.choices([1, 2, 3, 4], weights=[6, 2, 1, 1])[0],
                place=dice.choices(towns, weights=[max(1, town.population) for town in towns])[0],
                way=way_of(chat),
            )
