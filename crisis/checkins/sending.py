"""The ledger of what staff write to people: claimed before the first byte, settled after, never sent twice by itself."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from crisis.audience.models import Contact
from crisis.checkins.questions import answered, answered_in
from crisis.checkins.replying import spoken, whatsapp_until
from crisis.checkins.responding import language, way_of
from crisis.checkins.seeking import Enquiry
from crisis.checkins.thread import Reply
from crisis.checkins.tracing import restricted
from crisis.registry.models import Account
from crisis.registry.queries import home_ministry
from platforms.contract import Outgoing
from platforms.errors import PlatformError

LEASE = timedelta(seconds=90)  # longer than the time limit of a task: whoever still holds it then is dead
TRIES = 8
AT_ONCE = 50
PATIENCE = timedelta(minutes=30)  # what could not leave for so long is old news: staff are told, and decide
WINDOW_CLOSED = "131047"  # WhatsApp Cloud API: more than 24 hours have passed since the person last wrote

_READ = (
    "contact__citizen", "case__citizen__ministry", "case__rollcall__alert", "letter__account__holder__ministry",
    "letter__account__credential", "letter__contact__citizen__ministry", "letter__alert", "enquiry__alert",
)  # fmt: skip


def due(now: datetime) -> list[Reply]:
    """Return the replies that may leave now, the oldest first."""
    return list(Reply.free(now).select_related(*_READ).order_by("not_before", "pk")[:AT_ONCE])


def call_unknown(**_: object) -> tuple[str, int]:
    """Own up, after a restore from backup, that nobody knows which replies were sent; they are never sent again."""
    return "replies to people", Reply.call_unknown(reason="restored")


def claim(pk: int, now: datetime) -> Reply | None:
    """Take one for sending; None if somebody else has it, or it cannot be sent any more, which is written down."""
    if not Reply.take(pk, now=now, lease=LEASE, tries=F("tries") + 1):
        return None
    row = Reply.objects.select_related(*_READ).get(pk=pk)
    if why := _obstacle(row, now):
        with transaction.atomic():
            if row.settle(Reply.FAILED, reason=why):
                _untell(row)
        return None
    return row


def _obstacle(row: Reply, now: datetime) -> str:
    if now - row.written_at > PATIENCE:
        return "too_late"
    if account_of(row) is not None:
        return "" if row.letter is None or way_of(row.letter, now).open else "window_closed"
    if row.enquiry is not None and (changed := _changed(row, row.enquiry)):
        return changed
    if row.to_relative:
        return ""
    if row.contact is None or row.contact.state in (Contact.State.GONE, Contact.State.PENDING):
        return "no_contact"
    if row.contact.kind == Contact.Kind.WHATSAPP:
        until = whatsapp_until(row.contact)
        return "" if until is not None and now < until else "window_closed"
    return ""


def _changed(row: Reply, enquiry: Enquiry) -> str:
    """Return what has become of an enquiry since something was written for it, so that it may not leave; blank if nothing has."""
    if enquiry.citizen_id is None or restricted(enquiry):
        return "restricted"
    if row.contact is not None and row.contact.citizen_id != enquiry.citizen_id:
        return "wrong_person"  # another one is matched now
    # An answer to what is asked would be heard by nobody.
    return "closed" if enquiry.closed_at is not None and not row.to_relative else ""


def account_of(row: Reply) -> Account | None:
    """Return the account of ours through which one goes; None: it goes to an address of the person's."""
    return row.letter.account if row.letter is not None else None


@dataclass(frozen=True, slots=True)
class Address:
    """Where something goes, in a contact's columns."""

    kind: str
    address: str
    sealed: str = field(repr=False)


def address_of(row: Reply) -> Contact | Address | None:
    """Return where one goes, a contact or what a relative left; None: through an account, or nowhere any more."""
    if row.to_relative and row.enquiry is not None:
        return Address(row.enquiry.asker_kind, row.enquiry.asker_address, row.enquiry.asker_sealed)
    return None if account_of(row) is not None else row.contact


@transaction.atomic
def settle(row: Reply, error: PlatformError | None, *, again_at: datetime | None, now: datetime) -> None:
    """Write down what became of one that was claimed; see `OutboxMessage.settle_after`."""
    closed = error is not None and error.platform_code == WINDOW_CLOSED
    state = row.settle_after(
        error,
        again_at=None if closed or row.tries >= TRIES else again_at,
        reason="window_closed" if closed else error.code if error else "",
        sent_at=None if error else now,
    )
    if state == Reply.SENT and row.letter is not None:
        answered(row.letter, written_at=row.written_at, now=now)
    elif state == Reply.SENT and row.case is not None:
        answered_in(row.case, now)
    elif state == Reply.FAILED:
        _untell(row)


def _untell(row: Reply) -> None:
    """Note that a relative was not told after all: whoever looks after it tells it another way."""
    if row.to_relative and row.enquiry is not None:
        Enquiry.objects.filter(pk=row.enquiry.pk).update(told_at=None, told_by=None, told_how="")


def outgoing(row: Reply, *, reply_token: str) -> Outgoing:
    """Return what leaves for one reply."""
    if row.case is not None:
        alert, wanted = row.case.rollcall.alert if row.case.rollcall else None, spoken(row.case)
        ministry = row.case.citizen.ministry
    elif row.letter is not None:
        alert, wanted, ministry = row.letter.alert, language(row.letter), home_ministry()
    else:
        assert row.enquiry is not None  # noqa: S101 - a constraint says so
        alert, ministry = row.enquiry.alert, home_ministry()
        wanted = row.contact.citizen.language if row.contact else row.enquiry.language
    marker, key = alert.marker if alert is not None else "", f"CR-{row.pk}"
    return Outgoing(
        text=row.text, marker=marker or key, key=key, answers=True, language=wanted, reply_token=reply_token,
        subject=f"Re: {marker}" if marker else ministry.name(wanted), first_at=row.written_at,
    )  # fmt: skip
