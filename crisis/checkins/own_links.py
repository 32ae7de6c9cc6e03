"""The link in an e-mail by which its reader answers: signed, so that a million need no row, and good while the alert asks."""

from datetime import datetime

from django.conf import settings
from django.core import signing

from crisis.alerts.models import Rollcall
from crisis.audience.models import Contact
from crisis.checkins.operations import is_open
from crisis.wording.render import OWN_LINK

_SALT = "tocsin.answer"


def token_of(*, contact_id: int, rollcall_id: int) -> str:
    """Return what stands in the link: whose answer to what, and the proof; no address.

    It ends in a digit: mail programs leave other signs out where they make a link of it.
    """
    value = f"{contact_id}-{rollcall_id}"
    return f"{signing.Signer(salt=_SALT).signature(value)}.{value}"


def opened(token: str, now: datetime) -> tuple[Contact, Rollcall] | None:
    """Return whose answer a token is, and to what; None if it is none of ours, nothing is asked any more, or the contact left."""
    proof, _, value = token.rpartition(".")
    try:
        contact_id, rollcall_id = map(int, signing.Signer(salt=_SALT).unsign(f"{value}:{proof}").split("-"))
    except (signing.BadSignature, ValueError):
        return None
    rollcall = Rollcall.objects.select_related("alert__ministry").filter(pk=rollcall_id).first()
    contact = Contact.objects.select_related("citizen__ministry").filter(pk=contact_id).first()
    if rollcall is None or contact is None or not is_open(rollcall, now):
        return None
    return (contact, rollcall) if contact.state == Contact.State.ACTIVE else None


def filled(text: str, *, contact_id: int, rollcall_id: int | None, link: str) -> str:
    """Put one person's own link into a text that leaves now.

    Args:
        text: as it is stored.
        contact_id: whose.
        rollcall_id: the question; None where nothing is asked any more.
        link: the alert's page, which stands there then.
    """
    own = f"{settings.PUBLIC_URL}{OWN_LINK}"
    if own not in text:
        return text
    if rollcall_id is None:
        return text.replace(own, link)
    token = token_of(contact_id=contact_id, rollcall_id=rollcall_id)
    return text.replace(own, own.removesuffix(OWN_LINK) + OWN_LINK.replace("…", token))
