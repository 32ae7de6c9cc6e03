"""Confirming that an address is the person's own: one message with a link, which only whoever reads it there can open.

A contact that is PENDING and has no link yet is due; the sweep finds it, so that no lost bell loses a confirmation.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from crisis.audience import links
from crisis.audience.contacts import take_away, too_often
from crisis.audience.models import Contact, Link
from crisis.journal.operations import append

SENT_WITHIN = timedelta(days=1)  # what could not be sent by then is not sent any more: the person may ask again
AGAIN_AFTER = timedelta(minutes=5)
GRACE = timedelta(seconds=5)  # in which whoever rang for a contact itself is not overtaken by the sweep


def due(now: datetime, *, kinds: list[str], limit: int = 50) -> list[int]:
    """Return the contacts to which a link is to be sent, by id, the oldest first.

    Args:
        now: the time.
        kinds: the ways that are set up; Telegram's chats confirm themselves.
        limit: at most so many.
    """
    rows = _due(now).filter(kind__in=kinds, linked_at__lte=now - GRACE)
    return list(rows.order_by("linked_at", "pk").values_list("pk", flat=True)[:limit])


def _due(now: datetime) -> QuerySet[Contact]:
    sent = Link.objects.filter(contact=OuterRef("pk"), purpose=Link.Purpose.CONFIRM, expires_at__gt=now)
    waiting = Contact.objects.filter(~Exists(sent), state=Contact.State.PENDING, linked_at__gt=now - SENT_WITHIN)
    return waiting.exclude(kind=Contact.Kind.TELEGRAM)


@transaction.atomic
def take(*, contact_id: int, now: datetime) -> str | None:
    """Make the link that is sent to a contact, and return its token; None if none is due, or somebody else sends it."""
    locked = Contact.objects.select_for_update(of=("self",)).select_related("citizen").filter(pk=contact_id).first()
    contact = _due(now).filter(pk=contact_id).first() if locked is not None else None
    if locked is None or contact is None:
        return None
    return links.make(citizen=locked.citizen, contact=contact, purpose=Link.Purpose.CONFIRM, now=now)


def not_sent(*, token: str, now: datetime) -> None:
    """Note that a link did not leave: another one is made after some minutes."""
    if (link := links.opened(token, Link.Purpose.CONFIRM, now)) is not None:
        Link.objects.filter(pk=link.pk).update(expires_at=now + AGAIN_AFTER)


def address_of(token: str) -> str:
    """Return the address of the page on which a link is confirmed."""
    return f"{settings.PUBLIC_URL}/confirm/{token}"


def waiting(*, token: str, now: datetime) -> Contact | None:
    """Return the contact that a link would confirm, or has confirmed already; None if it does neither, or not any more."""
    link = links.opened(token, Link.Purpose.CONFIRM, now)
    return link.contact if link is not None else None


@transaction.atomic
def confirm(*, token: str, now: datetime) -> Contact | None:
    """Note that an address is the person's own, by a link that was sent there; doing it again changes nothing.

    Returns:
        The contact; None if there is no such link, not any more, or the address was changed or taken away since.
    """
    link = links.opened(token, Link.Purpose.CONFIRM, now)
    if link is None or link.contact is None:
        return None
    contact = (
        Contact.objects.select_for_update(of=("self",)).select_related("citizen__ministry").get(pk=link.contact.pk)
    )
    if links.use(link, now) and contact.state == Contact.State.PENDING:
        contact.state, contact.state_why, contact.linked_at = Contact.State.ACTIVE, "", now
        contact.save(update_fields=["state", "state_why", "linked_at"])
        append(actor="citizen", action="audience.confirm", subject=f"contact:{contact.pk}", now=now, way=contact.kind)
    return contact if contact.state == Contact.State.ACTIVE else None


@transaction.atomic
def send_again(*, contact: Contact, now: datetime) -> bool:
    """Let another link be sent to a contact that waits; the earlier ones are good for nothing any more.

    Returns:
        False if the person has asked for too many today.
    """
    if too_often(contact.citizen, now):
        return False
    Link.objects.filter(contact=contact, purpose=Link.Purpose.CONFIRM).update(contact=None)
    Contact.objects.filter(pk=contact.pk, state=Contact.State.PENDING).update(linked_at=now)
    return True


def forget_unconfirmed(*, now: datetime) -> int:
    """Forget the addresses that nobody confirmed in time, of people whom we can write to otherwise.

    Returns:
        How many there were.
    """
    others = Contact.objects.filter(citizen=OuterRef("citizen"), state=Contact.State.ACTIVE)
    old = now - SENT_WITHIN - links.HOLDS[Link.Purpose.CONFIRM]
    stale = Contact.objects.filter(Exists(others), state=Contact.State.PENDING, linked_at__lt=old)
    stale = stale.exclude(kind=Contact.Kind.TELEGRAM)
    for contact in (gone := list(stale[:1_000])):
        take_away(contact=contact)
    return len(gone)
