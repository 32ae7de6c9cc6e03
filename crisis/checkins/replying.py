"""Writing back: to the person of a case or whoever asked, by which ways and until when, never from a web process."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from crisis.audience.models import Citizen, Contact
from crisis.broadcast.ways import spec_of, ways
from crisis.checkins.calling import NO_REPLY, OUTCOMES
from crisis.checkins.holding import mine
from crisis.checkins.inbox import clean
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import is_open, record
from crisis.checkins.questions import answered_in
from crisis.checkins.signals import written
from crisis.checkins.thread import Note, Reply
from crisis.checkins.unverified import Letter
from crisis.journal.operations import append
from crisis.registry.models import Ministry, Mode, Post
from crisis.registry.queries import numbers
from crisis.staff.models import Officer
from crisis.wording.catalogue import CatalogueError, words

LONGEST = 2000
TWICE = timedelta(minutes=10)  # the same words within it are a second tap
# Source: developers.facebook.com, WhatsApp Cloud API: 24 hours after the person's last message. Ten minutes less, because clocks
# differ and what is written must still leave.
WHATSAPP_WITHIN = timedelta(hours=24) - timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write to the person of a case.

    Attributes:
        used_at: when the person last wrote by it, in this case; None if never.
        closes_at: until when they may be written to by it; None if there is no end.
        open: whether they may be now.
    """

    contact: Contact
    used_at: datetime | None
    closes_at: datetime | None
    open: bool

    @property
    def name(self) -> str:
        """The way, as people call it."""
        return str(self.contact.get_kind_display())


def ways_of(case: Case, now: datetime) -> list[Way]:
    """Return the ways by which the person of a case can be written to: the one that they used last first.

    Whoever has stopped our alerts and then writes about a need of their own may be answered there.
    """
    used = dict(
        CheckIn.objects.filter(case=case, contact__isnull=False)
        .values_list("contact")
        .annotate(last=Max("at"))
        .order_by()
    )
    usable = Q(citizen=case.citizen, state=Contact.State.ACTIVE) | Q(pk__in=used, state__in=[
        Contact.State.ACTIVE, Contact.State.STOPPED,
    ])  # fmt: skip
    contacts = Contact.objects.filter(usable, kind__in=ways()).select_related("citizen__ministry")
    found = [_way(contact, used.get(contact.pk), now) for contact in contacts]
    return sorted(
        found, key=lambda way: (not way.open, -(way.used_at.timestamp() if way.used_at else 0), way.contact.rank)
    )


def _way(contact: Contact, used_at: datetime | None, now: datetime) -> Way:
    if contact.kind != Contact.Kind.WHATSAPP:
        return Way(contact, used_at, None, open=True)
    closes_at = whatsapp_until(contact)
    return Way(contact, used_at, closes_at, open=closes_at is not None and now < closes_at)


def whatsapp_until(contact: Contact) -> datetime | None:
    """Return until when somebody may be written to on WhatsApp; None if they never wrote there.

    Whatever they wrote there opens it: in a case, beside an answer, or as a question.
    """
    answers = CheckIn.objects.filter(contact=contact, source=CheckIn.Source.WHATSAPP).aggregate(at=Max("at"))["at"]
    questions = Letter.objects.filter(contact=contact).aggregate(at=Max("received_at"))["at"]
    wrote = [at for at in (answers, questions) if at is not None]
    return max(wrote) + WHATSAPP_WITHIN if wrote else None


@cache
def _answers() -> dict[str, dict[str, str]]:
    path = settings.MESSAGES_DIR / "answers.toml"
    found: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready answer: its name, what staff call it in their own language, and the words in the person's."""

    slug: str
    label: str
    text: str


def ready(case: Case) -> list[Ready]:
    """Return the ready answers in the language of a case's person."""
    return ready_in(spoken(case), case.post, case.citizen.ministry)


def ready_in(language: str, post: Post | None, ministry: Ministry) -> list[Ready]:
    """Return the ready answers in a language; one that needs a number is left out where there is none.

    Args:
        language: one that people are spoken to in.
        post: whose number helps first.
        ministry: whose does else.
    """
    number = numbers(post, ministry).best
    return [
        Ready(slug, _(label), text.format(number=number))
        for slug, label, text in ((slug, texts["label"], texts[language]) for slug, texts in _answers().items())
        if number or "{number}" not in text
    ]


def spoken(case: Case) -> str:
    """Return the language in which the person of a case is written to."""
    return language_of(case.citizen.language, case.citizen.ministry)


def language_of(wanted: str, ministry: Ministry) -> str:
    """Return a language if people are spoken to in it, else the ministry's first."""
    try:
        words(wanted)
    except CatalogueError:
        return str(ministry.languages[0])
    return wanted


@transaction.atomic
def write(*, case: Case, contact: Contact, answer: str, text: str, by: Officer, now: datetime) -> Reply:
    """Write to the person of a case; the workers send it.

    Args:
        case: open.
        contact: one of its `ways_of`.
        answer: the slug of a ready answer, or blank.
        text: own words, which follow it, or blank.
        by: who writes.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        Held: somebody else has the case open.
        ValueError: there is nothing to say, it is too long for the way, the way is closed, or it was written a moment ago.
    """
    row = mine(case=case, by=by, now=now)
    way = next((each for each in ways_of(row, now) if each.contact.pk == contact.pk), None)
    if way is None or not way.open:
        raise ValueError(_("This way is closed: the person must write first, or take another way."))
    whole = worded(answer, text, ready(row))
    whole = signed(whole, spoken(row), row.citizen.ministry, exercise=row.mode == Mode.EXERCISE)
    spec = spec_of(way.contact.kind)
    if len(whole) > LONGEST or spec.measure(whole) > spec.text_limit:
        raise ValueError(_("It is too long for %(way)s: make it shorter.") % {"way": spec.name})
    not_twice(Reply.objects.filter(case=row, contact=way.contact), whole, now)
    reply = Reply.objects.create(case=row, contact=way.contact, by=by, text=whole, written_at=now, not_before=now)
    append(actor=by.actor, action="checkins.write", subject=f"case:{row.pk}", now=now, reply=reply.pk, way=contact.kind)
    transaction.on_commit(partial(written.send, sender=None))
    return reply


def worded(answer: str, text: str, offered: Sequence[Ready]) -> str:
    """Return what is said: a ready answer, then own words.

    Args:
        answer: the slug of one of those offered, or blank.
        text: own words, or blank.
        offered: the ready answers.

    Raises:
        ValueError: there is nothing to say.
    """
    said = next((each.text for each in offered if each.slug == answer), "") if answer else ""
    whole = "\n\n".join(part for part in (said, clean(text).strip()) if part)
    if not whole:
        raise ValueError(_("Choose an answer, or write one."))
    return whole


def not_twice(earlier: QuerySet[Reply], text: str, now: datetime) -> None:
    """Refuse a second tap.

    Args:
        earlier: what was written to the same person by the same way, locked by whoever asks.
        text: whole, as the person reads it.
        now: the time.

    Raises:
        ValueError: exactly this was written a moment ago, and is not known to have failed.
    """
    if earlier.filter(text=text, written_at__gt=now - TWICE).exclude(state=Reply.State.FAILED).exists():
        raise ValueError(_("You have just written exactly this: it is not sent twice."))


def signed(text: str, language: str, ministry: Ministry, *, exercise: bool) -> str:
    """Return a text with who writes it; a drill says so first and last."""
    drill = [f"{words(language)['exercise']}."] if exercise else []
    return "\n".join([*drill, text, f"– {ministry.name(language)}", *drill])


@transaction.atomic
def note(*, case: Case, text: str, by: Officer, now: datetime) -> Note:
    """Write something down about a case, for colleagues.

    Raises:
        NotAllowed: the officer may not.
        Held: somebody else has the case open.
        ValueError: there is nothing to write down, or the case is closed.
    """
    row = mine(case=case, by=by, now=now)
    if not text.strip():
        raise ValueError(_("Write something down."))
    made = Note.objects.create(case=row, by=by, at=now, text=clean(text).strip()[:1000])
    append(actor=by.actor, action="checkins.note", subject=f"case:{row.pk}", now=now, note=made.pk)
    return made


@transaction.atomic
def called(*, case: Case, outcome: str, text: str, by: Officer, now: datetime) -> Note:
    """Write down how a call to the person of a case went; what they said is recorded as staff's, by phone.

    Once the rollcall is over nobody is counted any more, and the note says it.

    Args:
        case: open.
        outcome: one of `calling.OUTCOMES`.
        text: what was said, or blank.
        by: who called.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        Held: somebody else has the case open.
        ValueError: there is no such outcome, or the case is closed.
    """
    # In the order in which whatever comes in takes them, or the two wait for one another for ever.
    Citizen.objects.select_for_update().get(pk=case.citizen_id)
    row = mine(case=case, by=by, now=now)
    if outcome not in OUTCOMES:
        raise ValueError(_("Choose how the call went."))
    made = Note.objects.create(case=row, by=by, at=now, outcome=outcome, text=clean(text).strip()[:1000])
    asks = row.rollcall is not None and is_open(row.rollcall, now)
    joins = row.rollcall is None and outcome in (Safety.NEEDS_HELP, Safety.UNCLEAR)
    if outcome != NO_REPLY and (asks or joins):
        record(
            rollcall=row.rollcall, citizen=row.citizen, contact=None, safety=Safety(outcome),
            source=CheckIn.Source.STAFF, ref=f"case-call:{made.pk}", now=now, text=made.text,
        )  # fmt: skip
    if outcome != NO_REPLY:
        answered_in(row, now)
    append(actor=by.actor, action="checkins.called", subject=f"case:{row.pk}", now=now, note=made.pk, outcome=outcome)
    return made
