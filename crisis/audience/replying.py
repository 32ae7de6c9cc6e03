"""Who answers an e-mail is known by the address to which the answer goes, never by the one from which it comes."""

import hmac
import re

from django.utils.crypto import salted_hmac

from crisis.audience.addresses import salted
from crisis.audience.contacts import living
from crisis.audience.models import Contact

_SALT = "tocsin.replying"
_DIGITS = 24  # of 4 bits each: nobody guesses 96 bits through a webhook
# Small letters and digits only: some mail servers write every address small.
_TOKEN = re.compile(rf"re(\d{{1,18}})-([0-9a-f]{{{_DIGITS}}})")


def token_of(contact_id: int, version: int = 0) -> str:
    """Return what stands behind the + of the address: the contact's number, signed; it holds no address, and ends with it.

    Args:
        contact_id: whose.
        version: of the contact, as it is.
    """
    return f"re{contact_id}-{_proof(contact_id, version)}"


def contact_of_address(address: str) -> Contact | None:
    """Return the contact whom an address of ours names; None if it names none, or they are gone or have another address now.

    Args:
        address: to which somebody wrote, of any case: "alerts+re12-…@ministry.example".
    """
    found = _TOKEN.fullmatch(address.strip().rpartition("@")[0].partition("+")[2].lower())
    if found is None:
        return None
    contact = living().select_related("citizen").filter(pk=int(found[1])).first()
    right = contact is not None and hmac.compare_digest(found[2], _proof(contact.pk, contact.version))
    return contact if right else None


def _proof(contact_id: int, version: int) -> str:
    return salted_hmac(salted(_SALT, version), str(contact_id), algorithm="sha256").hexdigest()[:_DIGITS]
