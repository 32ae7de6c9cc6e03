"""Asking about citizens."""

from crisis.audience.models import Citizen, Contact, Stay


def contact_of(address: str) -> Contact | None:
    """Return a Telegram chat's contact with its citizen, or None."""
    contacts = Contact.objects.select_related("citizen__ministry")
    return contacts.filter(kind=Contact.Kind.TELEGRAM, address=address).first()


def current_stay(citizen: Citizen) -> Stay | None:
    """Return where a citizen is, or None if it was never said."""
    return Stay.objects.filter(citizen=citizen, ended_at=None).first()


def has_simulated() -> bool:
    """Tell whether any citizen was made by the demo."""
    return Citizen.objects.filter(simulated=True).exists()
