"""Ending what is written to an address, by a link that only whoever got the message has."""

from django.core import signing

from crisis.audience.contacts import living
from crisis.audience.models import Contact
from crisis.audience.operations import stop

_SALT = "tocsin.leave"


def token_of(contact_id: int, version: int = 0) -> str:
    """Return what stands in the link: the contact's number, signed; it holds no address, and ends with the address.

    Args:
        contact_id: whose.
        version: of the contact, as it is.
    """
    return signing.Signer(salt=_SALT).sign_object([contact_id, version] if version else contact_id)


def contact_of_token(token: str) -> Contact | None:
    """Return whose link it is, or None if it is none of ours, or the contact is gone or has another address now."""
    try:
        told = signing.Signer(salt=_SALT).unsign_object(token)
        number, version = told if isinstance(told, list) else (told, 0)
    except (signing.BadSignature, ValueError):
        return None
    if not isinstance(number, int):
        return None
    return living().select_related("citizen").filter(pk=number, version=version).first()


def leave(contact: Contact) -> None:
    """Write no more to a contact; doing it again changes nothing."""
    if contact.state != Contact.State.STOPPED:
        stop(contact=contact)
