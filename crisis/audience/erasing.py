"""Erasing a person: whatever says who it was goes; a row that others count by stays, and says it no more."""

from datetime import datetime

from django.db import transaction

from crisis.audience.contacts import take_away
from crisis.audience.models import Citizen, Contact, EmergencyContact, Link, Member, Stay
from crisis.journal.operations import append


@transaction.atomic
def remove(*, citizen: Citizen, now: datetime) -> None:
    """Delete somebody by whom nothing is counted, with all that is theirs.

    Raises:
        ProtectedError: an answer or a case is theirs; nothing is deleted.
    """
    number = citizen.pk
    citizen.delete()
    append(actor="citizen", action="audience.erase", subject=f"citizen:{number}", now=now, row="deleted")


@transaction.atomic
def anonymise(*, citizen: Citizen, now: datetime) -> None:
    """Take from somebody's row whatever says who it was; its number, its language and how many people stay, to count by."""
    for model in (Member, EmergencyContact, Link, Stay):
        model._default_manager.filter(citizen=citizen).delete()  # noqa: SLF001 - Django's name for it
    for contact in Contact.objects.filter(citizen=citizen):
        contact.messages.all().delete()
        take_away(contact=contact)
    Citizen.objects.filter(pk=citizen.pk).update(
        name="", folded_name="", in_exercises=False, came_with=None, erase_asked_at=None
    )
    append(actor="citizen", action="audience.erase", subject=f"citizen:{citizen.pk}", now=now, row="anonymous")


def wait(*, citizen: Citizen, now: datetime) -> None:
    """Note that somebody wants to be erased, once nobody must be able to reach them any more; until then nothing else is sent."""
    Citizen.objects.filter(pk=citizen.pk, erase_asked_at=None).update(erase_asked_at=now)


def waiting(*, limit: int) -> list[Citizen]:
    """Return those who wait to be erased, the longest first."""
    asked = Citizen.objects.filter(erase_asked_at__isnull=False)
    return list(asked.select_related("ministry").order_by("erase_asked_at")[:limit])


def keep(*, citizen: Citizen) -> None:
    """Note that somebody who waits to be erased has come back, and wants it no more."""
    Citizen.objects.filter(pk=citizen.pk, erase_asked_at__isnull=False).update(erase_asked_at=None)
