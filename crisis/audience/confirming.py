"""Confirming that an address is the person's own: one message with a link, which only whoever reads it there can open.

Every request makes a contact due, whichever door it came through; a link that was made since then ends it. The sweep finds what
is due, so that no lost bell loses a confirmation, and nobody gets two links for one request.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from crisis.audience import links
from crisis.audience.contacts import CLAIMED
from crisis.audience.models import Contact, Link
from crisis.journal.operations import append

SENT_WITHIN = timedelta(days=1)  # what could not be sent by then is not sent any more: the person may ask again
GRACE = timedelta(seconds=5)  # in which whoever rang for a contact itself is not overtaken by the sweep
ASKED_AGAIN = (
    "confirm"  # in `Contact.asked` of one that stopped, or was lost, and whose person asks for our alerts again
)
_LEFT = (Contact.State.STOPPED, Contact.State.GONE)


@transaction.atomic
def request(*, contact: Contact, now: datetime) -> bool:
    """Let a link be sent to a contact that waits, or had left; within `GRACE` whoever asked may ring for it, then the sweep does.

    Returns:
        False if enough were sent there today, or the contact needs none.
    """
    if not links.may_write(contact, now):
        return False
    rows = Contact.objects.filter(pk=contact.pk).exclude(kind=Contact.Kind.TELEGRAM)
    waits = rows.filter(state=Contact.State.PENDING).update(linked_at=now)
    return bool(waits or rows.filter(state__in=_LEFT).update(linked_at=now, asked=ASKED_AGAIN))


def due(now: datetime, *, kinds: list[str], limit: int = 50) -> list[int]:
    """Return the contacts to which a link is to be sent, by id, the oldest first.

    Args:
        now: the time.
        kinds: the ways that are set up; Telegram's chats confirm themselves.
        limit: at most so many.
    """
    rows = _due(now).filter(kind__in=kinds, linked_at__lte=now - GRACE)
    return list(rows.order_by("linked_at", "pk").values_list("pk", flat=True)[:limit])


def is_due(contact: Contact, now: datetime) -> bool:
    """Tell whether a link is to be sent to a contact: it was asked for, and none has been made since then."""
    return _due(now).filter(pk=contact.pk).exists()


def _due(now: datetime) -> QuerySet[Contact]:
    made = Link.objects.filter(contact=OuterRef("pk"), purpose=Link.Purpose.CONFIRM, expires_at__gt=now)
    asked = Q(state=Contact.State.PENDING) | Q(state__in=_LEFT, asked=ASKED_AGAIN)
    rows = Contact.objects.filter(asked, ~Exists(made.filter(made_at__gte=OuterRef("linked_at"))))
    # The states again, so that the index of both columns serves.
    rows = rows.filter(state__in=(Contact.State.PENDING, *_LEFT), linked_at__gt=now - SENT_WITHIN)
    return rows.exclude(kind=Contact.Kind.TELEGRAM).exclude(asked=CLAIMED)


def not_sent(*, token: str, now: datetime) -> None:
    """Note that a link did not leave: another one is made after some minutes."""
    if (link := links.opened(token, Link.Purpose.CONFIRM, now)) is not None:
        Link.objects.filter(pk=link.pk).update(made_at=now, expires_at=now + links.NOT_SENT)


@transaction.atomic
def confirm(*, token: str, now: datetime) -> Contact | None:
    """Note that an address is the person's own, by a link that was sent there; doing it again changes nothing.

    Whoever has stopped, or was lost, is written to again only by a link that was asked for since.

    Returns:
        The contact; None if there is no such link, not any more, or the address was changed, taken away or stopped since.
    """
    link = links.opened(token, Link.Purpose.CONFIRM, now)
    if link is None or link.contact is None:
        return None
    contact = (
        Contact.objects.select_for_update(of=("self",)).select_related("citizen__ministry").get(pk=link.contact.pk)
    )
    asked_again = contact.state in _LEFT and contact.asked == ASKED_AGAIN and link.made_at >= contact.linked_at
    if links.use(link, now) and (contact.state == Contact.State.PENDING or asked_again):
        contact.state, contact.state_why, contact.asked, contact.linked_at = Contact.State.ACTIVE, "", "", now
        contact.save(update_fields=["state", "state_why", "asked", "linked_at"])
        append(actor="web", action="audience.confirm", subject=f"contact:{contact.pk}", now=now, way=contact.kind)
    return contact if contact.state == Contact.State.ACTIVE else None
