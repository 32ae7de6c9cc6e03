"""Ending what is written to an address, by a link that only whoever got the message has."""

from django.core import signing

from crisis.audience.contacts import living
from crisis.audience.models import Contact
from crisis.audience.operations import stop

_SALT = "tocsin.leave"


def token_of(contact_id: int) -> str:
    """Return what stands in the link: the contact's number, signed; it holds no address, and never ends."""
    return signing.Signer(salt=_SALT).sign_object(contact_id)


def contact_of_token(token: str) -> Contact | None:
    """Return whose link it is, or None if it is none of ours, or the contact is gone."""
    try:
        number = signing.Signer(salt=_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return living().select_related("citizen").filter(pk=number).first() if isinstance(number, int) else None


def leave(contact: Contact) -> None:
    """Write no more to a contact; doing it again changes nothing."""
    if contact.state != Contact.State.STOPPED:
        stop(contact=contact)
