"""Other ways to a person, and whom to ask when the person stays silent: noted, confirmed by a link, taken away."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet

from crisis.audience import links
from crisis.audience.addresses import found, opened, sealed
from crisis.audience.models import Citizen, Contact, EmergencyContact, Link
from crisis.audience.signals import asked
from crisis.encryption import blind_indexes
from crisis.journal.operations import append

# Messages that one person may have sent to addresses that are perhaps somebody else's.
MOST_CONFIRMATIONS, WITHIN = 5, timedelta(days=1)
TAKEN_AWAY = "taken away"  # the reason of a contact whose address we no longer hold
# In `Contact.asked` of one that waits, but whose address is another subscription's: no link is sent for it.
CLAIMED = "claimed"


class Added(StrEnum):
    """What became of an address that somebody gave: nobody learns here which addresses others have given us."""

    PENDING = "pending"  # it waits until its link is opened; the same whether it is somebody else's or not
    KNOWN = "known"  # it is this person's, and confirmed
    TOO_OFTEN = "too_often"


@transaction.atomic
def add(*, citizen: Citizen, kind: str, address: str, now: datetime) -> Added:
    """Note another way to a person, which waits until its link is opened; it takes the place of one of the same kind.

    Where it is another subscription's, only whoever reads it there learns that: they get a link to see and change that one.

    Args:
        citizen: whose.
        kind: of Contact.Kind, not Telegram.
        address: normal; see `addresses.normal`.
        now: the time.
    """
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    own = Contact.objects.filter(citizen=citizen, kind=kind, address__in=blind_indexes(address))
    if own.filter(state=Contact.State.ACTIVE).exists():
        return Added.KNOWN
    if too_often(citizen, now):
        return Added.TOO_OFTEN
    # A try counts before anybody is looked up: how soon they are used up tells nothing either. No one is given this link.
    links.make(citizen=citizen, contact=None, purpose=Link.Purpose.CONFIRM, now=now)
    holder = propose(citizen=citizen, kind=kind, address=address, now=now)
    if holder is not None and holder.state != Contact.State.PENDING and links.may_write(holder, now):
        transaction.on_commit(partial(asked.send, sender=None, contact_id=holder.pk, purpose=Link.Purpose.MANAGE.value))
    return Added.PENDING


@transaction.atomic
def propose(*, citizen: Citizen, kind: str, address: str, now: datetime) -> Contact | None:
    """Note an address of a person that waits until it is confirmed; one of the same kind gives way to it.

    A contact that waits and has no link is found by `confirming.due`, and gets its one message.

    Returns:
        Who holds the address already; then it is only claimed. None if nobody does.
    """
    row = Contact.objects.filter(citizen=citizen, kind=kind).first()
    if row is None:
        last = Contact.objects.filter(citizen=citizen).aggregate(last=Max("rank"))["last"]
        row = Contact(citizen=citizen, kind=kind, rank=0 if last is None else last + 1)
    elif row.address not in blind_indexes(address):
        # Links to what stood here before prove nothing of this address.
        Link.objects.filter(contact=row).delete()
        row.version += 1
    row.state, row.state_why, row.asked, row.linked_at = Contact.State.PENDING, "", "", now
    holder = found(kind, address)
    if holder is None or holder.pk == row.pk:
        try:
            with transaction.atomic():
                _save(row, sealed(address))
        except IntegrityError:
            holder = found(kind, address)  # somebody was faster
        else:
            return None
    row.asked = CLAIMED
    _save(row, _claim(address, citizen.pk))
    return holder


def _save(row: Contact, columns: dict[str, str]) -> None:
    for column, value in columns.items():
        setattr(row, column, value)
    row.save()


def _claim(address: str, citizen_id: int) -> dict[str, str]:
    """Return the columns of an address that a person claims: no look-up finds it, and it takes it from nobody."""
    return sealed(f"{address}\n{citizen_id}")


@transaction.atomic
def set_aside(*, contact: Contact) -> None:
    """Make an address that nobody has confirmed a mere claim, so that it does not catch whoever really has it.

    To whoever named it nothing looks different: that somebody else has come with it is not theirs to know.
    """
    Link.objects.filter(contact=contact).delete()
    columns = _claim(opened(contact), contact.citizen_id)
    Contact.objects.filter(pk=contact.pk, state=Contact.State.PENDING).update(asked=CLAIMED, **columns)


def too_often(citizen: Citizen, now: datetime) -> bool:
    """Tell whether a person has named so many addresses that no further message is sent to one."""
    rows = Link.objects.filter(citizen=citizen, contact=None, purpose=Link.Purpose.CONFIRM, made_at__gt=now - WITHIN)
    return rows.count() >= MOST_CONFIRMATIONS


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
        state=Contact.State.GONE, state_why=TAKEN_AWAY, asked="", rank=0, version=F("version") + 1, **columns
    )


def is_own(*, citizen: Citizen, address: str) -> bool:
    """Tell whether a normal address is one that the person has given as their own."""
    return address in map(opened, Contact.objects.filter(citizen=citizen))


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
