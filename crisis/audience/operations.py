"""Subscribing, moving, stopping."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.audience.models import Citizen, Contact, Stay
from crisis.places.grid import cell_of, rounded
from crisis.places.names import fold
from crisis.places.queries import Located, locate
from crisis.registry.models import Installation
from crisis.registry.queries import installation


class NowhereError(Exception):
    """The point lies in no country."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees that a person named or shared."""

    lat: float
    lon: float
    name: str = ""


@transaction.atomic
def subscribe(*, address: str, name: str, language: str, now: datetime) -> tuple[Contact, bool]:
    """Return the contact of a Telegram chat, made if it is new, active again if it had been lost.

    Somebody who said stop stays stopped, whatever comes: only `resume` ends it.

    Args:
        address: the chat's number.
        name: as the platform gives it.
        language: for a new citizen, one that the ministry offers.
        now: the time.

    Returns:
        The contact with its citizen, and whether it is new.
    """
    contact = (
        Contact.objects.select_related("citizen__ministry").filter(kind=Contact.Kind.TELEGRAM, address=address).first()
    )
    if contact is not None:
        if contact.state == Contact.State.GONE:
            contact.state, contact.state_why = Contact.State.ACTIVE, ""
            contact.save(update_fields=["state", "state_why"])
        return contact, False
    house = installation()
    citizen = Citizen.objects.create(
        ministry=house.home,
        name=name[:120],
        folded_name=fold(name)[:120],
        language=language,
        in_exercises=house.kind == Installation.Kind.DEMO,
        subscribed_at=now,
    )
    return Contact.objects.create(citizen=citizen, address=address, linked_at=now), True


def speak(*, citizen: Citizen, language: str) -> None:
    """Speak to a citizen in another language from now on."""
    citizen.language = language
    citizen.save(update_fields=["language"])


def expect(*, contact: Contact, what: str) -> None:
    """Remember what the bot asked, so that the next text is understood after a restart too; blank forgets it."""
    if contact.asked != what:
        contact.asked = what
        contact.save(update_fields=["asked"])


@transaction.atomic
def move(*, citizen: Citizen, to: Place, now: datetime, country: str = "") -> Stay:
    """Note where a citizen is now; the earlier stay ends, and within the same country it goes on: until when is known then.

    Args:
        citizen: who.
        to: where.
        now: the time.
        country: which one the person chose where several may be meant (`places.borders.countries_at`); else the first holds.

    Raises:
        NowhereError: the point lies in no country.
    """
    found: Located | None = locate(to.lat, to.lon, country=country)
    if found is None:
        raise NowhereError(_("%(lat)s, %(lon)s lies in no country.") % {"lat": f"{to.lat:.2f}", "lon": f"{to.lon:.2f}"})
    current = Stay.objects.filter(citizen=citizen, ended_at=None)
    same = next((stay for stay in current if stay.country == found.country), None)
    # A last day that is over says nothing of the new place; the day here may be tomorrow's already.
    over = same is not None and same.until_on is not None and same.until_on < (now - timedelta(days=1)).date()
    current.update(ended_at=now)
    lat, lon = rounded(to.lat), rounded(to.lon)
    return Stay.objects.create(
        citizen=citizen,
        country=found.country,
        region=found.region,
        lat=lat,
        lon=lon,
        cell=cell_of(lat, lon),
        place_name=(to.name or found.name)[:120],
        time_zone=found.time_zone,
        until_on=same.until_on if same is not None and not over else None,
        lives_here=same is not None and same.lives_here,
        confirmed_at=now,
    )


def stop(*, contact: Contact) -> None:
    """Write no more to a contact, because the person said so."""
    contact.state, contact.state_why, contact.asked = Contact.State.STOPPED, "the person said stop", ""
    contact.save(update_fields=["state", "state_why", "asked"])


def resume(*, contact: Contact) -> None:
    """Write to a contact again, because the person said so."""
    if contact.state != Contact.State.ACTIVE:
        contact.state, contact.state_why = Contact.State.ACTIVE, ""
        contact.save(update_fields=["state", "state_why"])


def lose(*, contact_id: int, why: str) -> None:
    """Note that a contact does not work any more."""
    Contact.objects.filter(pk=contact_id, state=Contact.State.ACTIVE).update(
        state=Contact.State.GONE, state_why=why[:60]
    )


def readdress(*, contact_id: int, address: str) -> None:
    """Note a contact's new address; one that another contact holds already is left alone."""
    if not Contact.objects.filter(kind=Contact.Kind.TELEGRAM, address=address).exists():
        Contact.objects.filter(pk=contact_id).update(address=address)
