"""Other ways to a person, and whom to ask when the person stays silent: noted, confirmed by a link, taken away."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from crisis.audience import links
from crisis.audience.addresses import found, sealed
from crisis.audience.models import Citizen, Contact, EmergencyContact, Link
from crisis.encryption import blind_indexes
from crisis.journal.operations import append

# Messages that one person may have sent to addresses that are perhaps somebody else's.
MOST_CONFIRMATIONS, WITHIN = 5, timedelta(days=1)
TAKEN_AWAY = "taken away"  # the reason of a contact whose address we no longer hold


class Added(StrEnum):
    """What became of an address that somebody gave.

    The first two are answered with the same words: nobody learns here which addresses others have given us.
    """

    PENDING = "pending"  # a link was asked for, which confirms it
    ELSEWHERE = "elsewhere"  # it is another subscription's: nothing is sent to it
    KNOWN = "known"  # it is this person's, and confirmed
    TOO_OFTEN = "too_often"


@transaction.atomic
def add(*, citizen: Citizen, kind: str, address: str, now: datetime) -> Added:
    """Note another way to a person, which waits until its link is opened; it takes the place of one of the same kind.

    A contact that waits and has no link is found by `confirming.due`, and gets its one message.

    Args:
        citizen: whose.
        kind: of Contact.Kind, not Telegram.
        address: normal; see `addresses.normal`.
        now: the time.
    """
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    holder = found(kind, address)
    if holder is not None and holder.citizen_id != citizen.pk:
        return Added.ELSEWHERE
    if holder is not None and holder.state == Contact.State.ACTIVE:
        return Added.KNOWN
    if too_often(citizen, now):
        return Added.TOO_OFTEN
    row = Contact.objects.filter(citizen=citizen, kind=kind).first()
    if row is None:
        last = Contact.objects.filter(citizen=citizen).aggregate(last=Max("rank"))["last"]
        row = Contact(citizen=citizen, kind=kind, rank=0 if last is None else last + 1)
    else:
        # Links to what stood here before prove nothing of this address.
        Link.objects.filter(contact=row).update(contact=None)
    for column, value in sealed(address).items():
        setattr(row, column, value)
    row.state, row.state_why, row.linked_at = Contact.State.PENDING, "", now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return Added.ELSEWHERE  # somebody was faster
    return Added.PENDING


def too_often(citizen: Citizen, now: datetime) -> bool:
    """Tell whether a person has asked for so many links that no further one is sent."""
    rows = Link.objects.filter(citizen=citizen, purpose=Link.Purpose.CONFIRM, made_at__gt=now - WITHIN)
    return links.sent(rows) >= MOST_CONFIRMATIONS


def living() -> QuerySet[Contact]:
    """Return the contacts that still hold an address: of the others no old link, and no reply, makes anything again."""
    return Contact.objects.exclude(state=Contact.State.GONE, state_why=TAKEN_AWAY)


@transaction.atomic
def take_away(*, contact: Contact) -> None:
    """Forget an address. The row stays where notices count by it, and holds nothing of the person's any more."""
    Link.objects.filter(contact=contact).delete()
    nothing = f"{TAKEN_AWAY}:{contact.pk}"
    columns = {"address": nothing} if contact.kind == Contact.Kind.TELEGRAM else sealed(nothing)
    Contact.objects.filter(pk=contact.pk).update(
        state=Contact.State.GONE, state_why=TAKEN_AWAY, asked="", rank=0, **columns
    )


def is_own(*, citizen: Citizen, address: str) -> bool:
    """Tell whether a normal address is one of the person's own."""
    return Contact.objects.filter(citizen=citizen, address__in=blind_indexes(address)).exists()


@transaction.atomic
def ask_there(*, citizen: Citizen, name: str, kind: str, address: str, now: datetime) -> EmergencyContact:
    """Note whom we may ask when a person stays silent; it takes the place of the one before.

    Args:
        citizen: who agreed to it, a moment ago.
        name: of whom to ask, or blank.
        kind: e-mail or SMS, of Contact.Kind.
        address: normal; see `addresses.normal`.
        now: the time.
    """
    values = {"name": name[:120], "kind": kind, "language": citizen.language, "agreed_at": now, **sealed(address)}
    noted, _ = EmergencyContact.objects.update_or_create(citizen=citizen, defaults=values)
    append(actor="citizen", action="audience.ask_there", subject=f"citizen:{citizen.pk}", now=now)
    return noted


def ask_nowhere(*, citizen: Citizen) -> bool:
    """Forget whom we might ask; False if there was nobody."""
    return EmergencyContact.objects.filter(citizen=citizen).delete()[0] > 0
