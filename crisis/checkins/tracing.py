"""Whoever was found is asked whether their relative may be told; what they agree to is told, and not a word more."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from crisis.audience.models import Contact
from crisis.broadcast.ways import spec_of, turn, ways
from crisis.checkins.enquiries import locked
from crisis.checkins.models import Case
from crisis.checkins.replying import language_of, signed
from crisis.checkins.seeking import Enquiry
from crisis.checkins.signals import written
from crisis.checkins.thread import Reply
from crisis.journal.operations import append
from crisis.registry.models import Ministry, Mode
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from crisis.wording.catalogue import words

ASKED_FOR = timedelta(days=14)  # how long the person found may answer by the link
_SALT = "tocsin.enquiry"
Consent = Enquiry.Consent


def restricted(enquiry: Enquiry) -> bool:
    """Tell whether the person is in hospital, detained, missing or deceased: then only a person tells, on the phone."""
    return Case.objects.filter(citizen=enquiry.citizen_id).exclude(finding="").exclude(citizen=None).exists()


def ways_to(enquiry: Enquiry) -> list[Contact]:
    """Return by which ways the person found can be asked, their preferred one first.

    WhatsApp lets us write to them only in words that it has approved, so that it is none.
    """
    rows = Contact.objects.filter(citizen=enquiry.citizen_id, state=Contact.State.ACTIVE, kind__in=ways())
    return list(rows.exclude(kind=Contact.Kind.WHATSAPP).annotate(turn=turn()).order_by("turn"))


def token_of(enquiry: Enquiry) -> str:
    """Return what opens the page on which the person found says whether the relative may be told."""
    return signing.dumps([enquiry.pk, enquiry.citizen_id], salt=_SALT)


def asked(token: str) -> Enquiry | None:
    """Return the enquiry of a token; None if it is none of ours, too old, or no more about that person, or open."""
    try:
        pk, citizen_id = signing.loads(token, salt=_SALT, max_age=ASKED_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = Enquiry.objects.filter(pk=pk, citizen=citizen_id, closed_at=None, told_at=None).exclude(asked_at=None)
    return rows.select_related("citizen__ministry").first()


@transaction.atomic
def ask(*, enquiry: Enquiry, contact: Contact, by: Officer, now: datetime) -> Reply:
    """Ask the person found, by a way of theirs, whether the relative may be told; the workers send it.

    Args:
        enquiry: with somebody matched.
        contact: one of its `ways_to`.
        by: who asks.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        ValueError: nobody is matched, the person was asked or has answered already, or the way is none of theirs.
    """
    row = locked(enquiry, by)
    citizen = row.citizen
    if citizen is None:
        raise ValueError(_("Say first whom it is about."))
    if row.consent or restricted(row):
        raise ValueError(_("Nobody is asked here: they have answered, or the case is restricted."))
    if contact.pk not in {each.pk for each in ways_to(row)}:
        raise ValueError(_("Choose a way of this person's."))
    earlier = Reply.objects.filter(enquiry=row, contact__citizen=citizen).exclude(state=Reply.State.FAILED)
    if earlier.exists():
        raise ValueError(_("They were asked already: it is not sent twice. Call them."))
    row.asked_at = now
    row.save(update_fields=["asked_at"])
    language = language_of(citizen.language, citizen.ministry)
    said = words(language)["seeking_ask"].format(
        name=row.asker, link=f"{settings.PUBLIC_URL}/seek/answer/{token_of(row)}"
    )
    return _written(row, said, language, citizen.ministry, by, now, contact=contact)


def _written(
    row: Enquiry,
    said: str,
    language: str,
    ministry: Ministry,
    by: Officer,
    now: datetime,
    contact: Contact | None = None,
) -> Reply:
    """Write to the person found by a contact, or else to the relative."""
    text = signed(said, language, ministry, exercise=row.mode == Mode.EXERCISE)
    spec = spec_of(contact.kind if contact is not None else row.asker_kind)
    if spec.measure(text) > spec.text_limit:
        raise ValueError(_("It is too long for %(way)s: call instead.") % {"way": spec.name})
    reply = Reply.objects.create(
        enquiry=row, contact=contact, to_relative=contact is None, by=by, text=text, written_at=now, not_before=now
    )
    action = "checkins.tell_relative" if contact is None else "checkins.ask_found"
    append(actor=by.actor, action=action, subject=f"enquiry:{row.pk}", now=now, reply=reply.pk)
    transaction.on_commit(partial(written.send, sender=None))
    return reply


@transaction.atomic
def agree(*, enquiry: Enquiry, consent: str, now: datetime, by: Officer | None = None) -> None:
    """Write down what the person found agrees to; they may change it until the relative is told.

    Args:
        enquiry: with somebody matched.
        consent: one of `Enquiry.Consent`.
        now: the time.
        by: the officer to whom they said it on the phone; None: they said it themselves, by the link.

    Raises:
        NotAllowed: the officer may not.
        ValueError: nobody is matched, the relative was told already, it is closed, or there is no such answer.
    """
    row = locked(enquiry, by) if by is not None else Enquiry.objects.select_for_update().get(pk=enquiry.pk)
    if consent not in Consent.values:
        raise ValueError(_("Choose what they agree to."))
    if row.citizen_id is None or row.citizen_id != enquiry.citizen_id or row.closed_at is not None:
        raise ValueError(_("Say first whom it is about."))
    if row.told_at is not None:
        raise ValueError(_("The relative was told already."))
    row.consent, row.consent_at = consent, now
    row.consent_how, row.consent_by = ("phone", by) if by is not None else ("link", None)
    row.save(update_fields=["consent", "consent_how", "consent_by", "consent_at"])
    actor = by.actor if by is not None else "web"
    append(actor=actor, action="checkins.consent", subject=f"enquiry:{row.pk}", now=now, consent=consent)


def _agreed(row: Enquiry) -> None:
    if row.citizen_id is None or row.consent not in (Consent.SAFE, Consent.TOUCH):
        raise ValueError(_("The person has not agreed: nothing may be told."))
    if row.told_at is not None:
        raise ValueError(_("The relative was told already."))


@transaction.atomic
def tell(*, enquiry: Enquiry, by: Officer, now: datetime) -> Reply:
    """Write to the relative what the person agreed to, and not a word more; the workers send it.

    Raises:
        NotAllowed: the officer may not.
        ValueError: the person has not agreed, the case is restricted, there is no way to write, or they were told already.
    """
    row = locked(enquiry, by)
    _agreed(row)
    if restricted(row):
        raise ValueError(_("This is told by a person on the phone, and never written."))
    if row.asker_kind not in ways() or row.asker_kind == Contact.Kind.WHATSAPP:
        raise ValueError(_("We cannot write there: call them."))
    row.told_at, row.told_by, row.told_how = now, by, "message"
    row.save(update_fields=["told_at", "told_by", "told_how"])
    ministry = home_ministry()
    language = language_of(row.language, ministry)
    said = words(language)[f"seeking_{row.consent}"].format(name=row.name)
    return _written(row, said, language, ministry, by, now)


def unsure(enquiry: Enquiry) -> bool:
    """Tell whether nobody knows if the message by which the relative was told arrived: then somebody calls them."""
    if enquiry.told_how != "message":
        return False
    return Reply.objects.filter(enquiry=enquiry, to_relative=True, state=Reply.State.UNKNOWN).exists()


@transaction.atomic
def told_by_phone(*, enquiry: Enquiry, by: Officer, now: datetime) -> None:
    """Note that the relative was told by this officer on the phone; what is restricted only by whoever works on such cases.

    Raises:
        NotAllowed: the officer may not.
        ValueError: the person has not agreed (of somebody whose case is restricted nobody asks that), or they were told already.
    """
    row = locked(enquiry, by)
    if unsure(row):
        row.told_at = None
    if row.citizen_id is not None and row.told_at is None and restricted(row):
        require(by, Right.GRAVE, of=row)
    else:
        _agreed(row)
    row.told_at, row.told_by, row.told_how = now, by, "phone"
    row.save(update_fields=["told_at", "told_by", "told_how"])
    append(actor=by.actor, action="checkins.told_by_phone", subject=f"enquiry:{row.pk}", now=now)
