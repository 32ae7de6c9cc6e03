"""Asking about citizens."""

from django.db.models import Count, QuerySet

from crisis.audience.lists import Invite
from crisis.audience.models import Citizen, Contact, ImportedFile, Stay


def contact_of(address: str) -> Contact | None:
    """Return a Telegram chat's contact with its citizen, or None."""
    contacts = Contact.objects.select_related("citizen__ministry")
    return contacts.filter(kind=Contact.Kind.TELEGRAM, address=address).first()


def current_stay(citizen: Citizen) -> Stay | None:
    """Return where a citizen is, or None if it was never said."""
    return Stay.objects.filter(citizen=citizen, ended_at=None).first()


def stay_at_hand(citizen: Citizen) -> Stay | None:
    """Return the same of somebody whose stays were read with them, without a query."""
    return next((stay for stay in citizen.stays.all() if stay.ended_at is None), None)


def has_simulated() -> bool:
    """Tell whether any citizen was made by the demo."""
    return Citizen.objects.filter(simulated=True).exists()


def lists_brought() -> QuerySet[ImportedFile]:
    """Return the lists that staff brought in, newest first, each with how many people came with it and are here (`people`)."""
    return (
        ImportedFile.objects.select_related("imported_by", "upload").annotate(people=Count("citizens")).order_by("-pk")
    )


def states_of_invites(file: ImportedFile) -> list[tuple[str, int]]:
    """Return how many invitations of a list are in which state, as people read it."""
    rows = Invite.objects.filter(file=file).values_list("state").annotate(Count("pk")).order_by()
    counted = dict(rows)
    return [(str(label), counted[state]) for state, label in Invite.State.choices if counted.get(state)]
