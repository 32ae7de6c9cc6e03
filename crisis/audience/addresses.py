"""Addresses that are private: in one form each, found by a blind index, opened only by whoever sends."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crisis.audience.models import Contact, EmergencyContact
from crisis.encryption import UnreadableSecret, blind_index, blind_indexes, open_sealed, seal

# ITU-T E.164: at most 15 digits, the country's included; no country's code begins with 0.
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_BETWEEN = re.compile(r"[\s().\-/]")


class AddressError(Exception):
    """It is no address of this kind; the message says why, and never holds it."""


def normal(kind: str, text: str) -> str:
    """Return an address in the one form in which it is stored.

    Args:
        kind: of Contact.Kind, not Telegram.
        text: as somebody wrote it.

    Raises:
        AddressError: it is none.
    """
    return _email(text.strip()) if kind == Contact.Kind.EMAIL else _phone(text.strip())


def recognised(text: str) -> tuple[str, str] | None:
    """Return the kind and the normal form of an e-mail address or a phone number; None if it is neither."""
    kind = Contact.Kind.EMAIL if "@" in text else Contact.Kind.SMS
    try:
        return kind.value, normal(kind, text)
    except AddressError:
        return None


def _phone(text: str) -> str:
    bare = _BETWEEN.sub("", text)
    number = f"+{bare[2:]}" if bare.startswith("00") else bare
    if not _E164.fullmatch(number):
        raise AddressError(_("a phone number is written with its country: + and 7 to 15 digits"))
    return number


def _email(text: str) -> str:
    """Return it in small letters: no server that people use tells capitals apart."""
    local, _at, domain = text.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}".lower()
        validate_email(address)
    except (ValidationError, UnicodeError) as error:
        raise AddressError(_("this is no e-mail address")) from error
    if not address.isascii():
        raise AddressError(_("letters before the @ are a to z: no other can be written to everywhere"))
    return address


def sealed(address: str) -> dict[str, str]:
    """Return the columns of a contact that hold a normal address."""
    return {"address": blind_index(address), "sealed": seal(address)}


def found(kind: str, address: str) -> Contact | None:
    """Return the contact that holds a normal address, or None; also while keys are being rotated."""
    contacts = Contact.objects.select_related("citizen").filter(kind=kind, address__in=blind_indexes(address))
    return contacts.first()


def salted(salt: str, version: int) -> str:
    """Return a salt of what is signed for the address that a contact holds now, and for no earlier one; see `Contact.version`."""
    return f"{salt}.{version}" if version else salt


def opened(contact: Contact | EmergencyContact) -> str:
    """Return an address as its owner reads it; blank where it fits none of our keys. For whoever asks for their own data only."""
    if contact.kind == Contact.Kind.TELEGRAM:
        return contact.address
    try:
        return open_sealed(contact.sealed).partition("\n")[0]  # what is only claimed names its person behind it
    except UnreadableSecret:
        return ""


def masked(contact: Contact | EmergencyContact) -> str:
    """Return as much of an address as its owner needs to know it again: a screen is read over shoulders."""
    address = opened(contact)
    if "@" in address:
        local, _at, domain = address.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"{address[:3]}…{address[-2:]}" if address else "…"
