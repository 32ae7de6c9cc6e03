"""Subscribing by oneself on the web: nothing is written to an address before whoever reads it there has said yes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from django.db import transaction

from crisis.audience import confirming, links
from crisis.audience.addresses import found, sealed
from crisis.audience.contacts import set_aside
from crisis.audience.models import Citizen, Contact, Link, Stay
from crisis.audience.operations import Place, move
from crisis.audience.queries import current_stay
from crisis.audience.signals import asked
from crisis.journal.operations import append
from crisis.registry.models import Installation
from crisis.registry.queries import installation


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants.

    Attributes:
        kind, address: by which way, and the normal address there.
        language: one that the ministry offers.
        place: where they are, or will be.
        country: in which it counts, where several may be meant (`places.borders.countries_at`); blank where that is clear.
        until_on: the last day there; None: they live there.
        people: for how many they answer, themselves included.
    """

    kind: str
    address: str = field(repr=False)
    language: str
    place: Place
    until_on: date | None
    people: int
    country: str = ""


@transaction.atomic
def ask(*, wish: Wish, now: datetime) -> None:
    """Note a wish, and ask the address whether it is meant.

    Whoever asks learns nothing by it: a known address gets a link to manage what is known, and nothing of it is changed.

    Args:
        wish: what is wanted; its place lies in a country.
        now: the time.

    Raises:
        NowhereError: it does not; nothing is noted.
    """
    contact = found(wish.kind, wish.address)
    if contact is not None and contact.state == Contact.State.PENDING and not _asked_here(contact):
        # Somebody else named it and it was never confirmed: that proves nothing, and must not catch whoever really has it.
        set_aside(contact=contact)
        contact = None
    if contact is None:
        house = installation()
        citizen = Citizen.objects.create(
            ministry=house.home, language=wish.language, people=wish.people, subscribed_at=now,
            in_exercises=house.kind == Installation.Kind.DEMO,
        )  # fmt: skip
        contact = Contact.objects.create(
            citizen=citizen, kind=wish.kind, state=Contact.State.PENDING, linked_at=now, **sealed(wish.address)
        )
        _stay(citizen, wish.place, wish.until_on, now, wish.country)
        append(actor="web", action="audience.ask", subject=f"contact:{contact.pk}", now=now, way=wish.kind)
    elif _asked_here(contact):
        change(citizen=contact.citizen, language=wish.language, people=wish.people)
        _stay(contact.citizen, wish.place, wish.until_on, now, wish.country)
    purpose = Link.Purpose.MANAGE if contact.state == Contact.State.ACTIVE else Link.Purpose.CONFIRM
    _send(contact, purpose, now)


def _asked_here(contact: Contact) -> bool:
    """Tell whether somebody asked on the web and nobody has said yes yet: then what was said last counts."""
    citizen = contact.citizen
    alone = citizen.came_with_id is None and citizen.contacts.count() == 1
    return alone and contact.state == Contact.State.PENDING


@transaction.atomic
def find(*, kind: str, address: str, now: datetime) -> None:
    """Send a link to manage what is known of an address to it; an unknown one gets nothing, and nobody is told which it is.

    Args:
        kind: the way.
        address: normal there.
        now: the time.
    """
    contact = found(kind, address)
    if contact is not None:
        waits = contact.state == Contact.State.PENDING
        _send(contact, Link.Purpose.CONFIRM if waits else Link.Purpose.MANAGE, now)


def _send(contact: Contact, purpose: Link.Purpose, now: datetime) -> None:
    confirms = purpose == Link.Purpose.CONFIRM
    if confirming.request(contact=contact, now=now) if confirms else links.may_write(contact, now):
        transaction.on_commit(partial(asked.send, sender=None, contact_id=contact.pk, purpose=purpose.value))


def change(*, citizen: Citizen, language: str, people: int) -> None:
    """Note in which language somebody is spoken to, and for how many they answer."""
    citizen.language, citizen.people = language, people
    citizen.save(update_fields=["language", "people"])


def stay_until(*, citizen: Citizen, until_on: date | None) -> None:
    """Note the last day of a stay, or that the person lives there."""
    Stay.objects.filter(citizen=citizen, ended_at=None).update(
        until_on=until_on, lives_here=until_on is None, asked_at=None
    )


def _stay(citizen: Citizen, place: Place, until_on: date | None, now: datetime, country: str) -> None:
    move(citizen=citizen, to=place, now=now, country=country)
    stay_until(citizen=citizen, until_on=until_on)


@transaction.atomic
def go(*, citizen: Citizen, to: Place | None, until_on: date | None, now: datetime, country: str = "") -> None:
    """Note where somebody is, and until when.

    Args:
        citizen: who.
        to: another place; None: still where they were.
        until_on: the last day there; None: they live there.
        now: the time.
        country: as in `Wish`.

    Raises:
        NowhereError: the place lies in no country; nothing is changed.
    """
    if to is not None:
        _stay(citizen, to, until_on, now, country)
    elif current_stay(citizen) is not None:
        stay_until(citizen=citizen, until_on=until_on)
        Stay.objects.filter(citizen=citizen, ended_at=None).update(confirmed_at=now)


@transaction.atomic
def prefer(*, citizen: Citizen, kind: str) -> None:
    """Reach somebody by one way first; the others follow in the order in which they stood."""
    contacts = sorted(citizen.contacts.all(), key=lambda each: (each.kind != kind, each.rank, each.pk))
    for rank, contact in enumerate(contacts):
        Contact.objects.filter(pk=contact.pk).exclude(rank=rank).update(rank=rank)
