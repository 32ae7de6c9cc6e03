"""Invitations of people who came with a list: one each, noted before it leaves, so that no crash sends a second one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from crisis.audience import links
from crisis.audience.likenesses import propose
from crisis.audience.lists import Invite
from crisis.audience.models import Contact, Link
from crisis.audience.queries import contact_of
from crisis.journal.operations import append

PREFIX = "i_"  # of what the deep link of a chat gives us; Telegram allows 64 letters, digits, - and _ there
LEASE = timedelta(minutes=10)  # no sending takes so long


def due(now: datetime, *, kinds: Sequence[str], limit: int) -> list[Invite]:
    """Return the invitations that may leave now, oldest first."""
    rows = Invite.free(now).filter(contact__kind__in=kinds)
    return list(rows.select_related("contact__citizen__ministry", "file").order_by("pk")[:limit])


@transaction.atomic
def claim(invite: Invite, now: datetime) -> str:
    """Take an invitation for this worker, before its first byte leaves, and return its link's token; blank if it may not leave.

    It may not where somebody else has it, and where the person has said stop, has not confirmed the address, or has a chat
    already.
    """
    if not Invite.take(invite.pk, now=now, lease=LEASE):
        return ""
    invite.refresh_from_db(fields=["state", "lease_until"])
    citizen, contact = invite.contact.citizen, Contact.objects.get(pk=invite.contact_id)
    chat = Contact.objects.filter(citizen=citizen, kind=Contact.Kind.TELEGRAM).exists()
    if chat or contact.state != Contact.State.ACTIVE:
        invite.settle(Invite.FAILED, code="chat" if chat else "contact")
        return ""
    return links.make(citizen=citizen, contact=contact, purpose=Link.Purpose.INVITE, now=now)


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening an invitation in a chat came to: `contact` is the chat's, where it is linked (now or before)."""

    contact: Contact | None
    why: str = ""


@transaction.atomic
def open_in_chat(*, token: str, address: str, now: datetime) -> Opened:
    """Link a chat to the citizen whom an invitation was sent to.

    Args:
        token: of the link.
        address: the chat's number.
        now: the time.

    Returns:
        The chat's contact; or why there is none: "gone" (no such link, or not any more), "used" (another chat was linked with
        it, or the person has one), "other" (the chat is somebody's already: staff put the two together).
    """
    link = links.opened(token, Link.Purpose.INVITE, now)
    if link is None:
        return Opened(None, "gone")
    citizen, here = link.citizen, contact_of(address)
    if here is not None and here.citizen_id == citizen.pk:
        return Opened(here)
    if link.used_at is not None or citizen.contacts.filter(kind=Contact.Kind.TELEGRAM).exists():
        return Opened(None, "used")
    if here is not None:
        propose(citizen=here.citizen, other=citizen, why="chat", now=now)
        return Opened(None, "other")
    if not links.use(link, now):
        return Opened(None, "used")
    citizen.contacts.update(rank=F("rank") + 1)
    contact = Contact.objects.create(citizen=citizen, address=address, linked_at=now)
    append(actor="bot", action="audience.linked", subject=f"citizen:{citizen.pk}", now=now, contact=contact.pk)
    return Opened(contact)
