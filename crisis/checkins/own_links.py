"""The link in an e-mail by which its reader answers: signed, so that a million need no row, and good while the alert asks."""

import re
from datetime import datetime

from django.conf import settings
from django.core import signing

from crisis.alerts.models import Rollcall
from crisis.audience.addresses import salted
from crisis.audience.models import Contact
from crisis.checkins.operations import is_open
from crisis.wording.render import OWN_LINK

_SALT = "tocsin.answer"
_NUMBERS = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


def token_of(*, contact_id: int, rollcall_id: int, version: int) -> str:
    """Return what stands in the link: whose answer to what, and the proof; no address, but it ends with this one.

    It ends in a digit: mail programs leave other signs out where they make a link of it.
    """
    value = f"{contact_id}-{rollcall_id}"
    return f"{_signer(version).signature(value)}.{value}"


def _signer(version: int) -> signing.Signer:
    return signing.Signer(salt=salted(_SALT, version))


def opened(token: str, now: datetime) -> tuple[Contact, Rollcall] | None:
    """Return whose answer a token is, and to what.

    None if it is none of ours, nothing is asked any more, or the contact left or has another address now.
    """
    proof, _, value = token.rpartition(".")
    if (numbers := _NUMBERS.fullmatch(value)) is None:
        return None
    contact = Contact.objects.select_related("citizen__ministry").filter(pk=int(numbers[1])).first()
    try:
        _signer(contact.version if contact else 0).unsign(f"{value}:{proof}")
    except signing.BadSignature:
        return None
    rollcall = Rollcall.objects.select_related("alert__ministry").filter(pk=int(numbers[2])).first()
    if rollcall is None or contact is None or not is_open(rollcall, now):
        return None
    return (contact, rollcall) if contact.state == Contact.State.ACTIVE else None


def filled(text: str, *, contact_id: int, version: int, rollcall_id: int | None, link: str) -> str:
    """Put one person's own link into a text that leaves now.

    Args:
        text: as it is stored.
        contact_id, version: whose, and which of their addresses; see `Contact.version`.
        rollcall_id: the question; None where nothing is asked any more.
        link: the alert's page, which stands there then.
    """
    own = f"{settings.PUBLIC_URL}{OWN_LINK}"
    if own not in text:
        return text
    if rollcall_id is None:
        return text.replace(own, link)
    token = token_of(contact_id=contact_id, rollcall_id=rollcall_id, version=version)
    return text.replace(own, own.removesuffix(OWN_LINK) + OWN_LINK.replace("…", token))
