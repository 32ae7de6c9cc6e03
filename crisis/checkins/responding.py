"""Answering a question by the way by which it came: until when that is possible, in which language, and once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.audience.models import Contact
from crisis.broadcast.ways import spec_of, ways
from crisis.checkins.answering import PRIVATELY_WITHIN
from crisis.checkins.models import Case
from crisis.checkins.questions import together
from crisis.checkins.replying import (
    LONGEST,
    Ready,
    language_of,
    not_twice,
    ready_in,
    signed,
    whatsapp_until,
    worded,
)
from crisis.checkins.signals import written
from crisis.checkins.thread import Reply
from crisis.checkins.unverified import Letter
from crisis.journal.operations import append
from crisis.registry.models import Account, Ministry, Mode
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from crisis.wording.catalogue import words
from platforms import catalog

_UNDER_WAY = (Reply.State.QUEUED, Reply.State.SENDING)


@dataclass(frozen=True, slots=True)
class AnswerWay:
    """By which way a question can be answered.

    Attributes:
        name: as people call it.
        open: whether it can be answered from here now.
        closes_at: until when; None if there is no end.
        public: everybody reads the answer.
    """

    name: str
    open: bool
    closes_at: datetime | None = None
    public: bool = False


def way_of(letter: Letter, now: datetime, *, more: Collection[Letter] | None = None) -> AnswerWay:
    """Return how a question can be answered; where it cannot, staff answer on the platform itself, or by phone.

    Args:
        letter: which.
        now: the time.
        more: what is answered together with it (`questions.together`), where that is at hand.
    """
    if letter.account is not None:
        return _by_account(letter, letter.account, more or together(letter), now)
    contact = letter.contact
    if contact is None:
        return AnswerWay("", open=False)
    usable = contact.kind in ways() and contact.state in (Contact.State.ACTIVE, Contact.State.STOPPED)
    name = str(contact.get_kind_display())
    if contact.kind != Contact.Kind.WHATSAPP:
        return AnswerWay(name, open=usable)
    until = whatsapp_until(contact)
    return AnswerWay(name, open=usable and until is not None and now < until, closes_at=until)


def _by_account(letter: Letter, account: Account, more: Iterable[Letter], now: datetime) -> AnswerWay:
    spec = catalog.spec(account.platform)
    name = spec.name if spec else account.platform
    ready = spec is not None and account.paused_at is None
    if letter.way == Letter.Way.PUBLIC:
        return AnswerWay(name, open=bool(ready and spec and spec.answers), public=True)
    until = max(each.written_at for each in (letter, *more)) + PRIVATELY_WITHIN
    return AnswerWay(name, open=bool(ready and spec and spec.writes_back) and now < until, closes_at=until)


def language(letter: Letter) -> str:
    """Return the language in which a question is answered."""
    return language_of(letter.language, ministry_of(letter))


def ministry_of(letter: Letter) -> Ministry:
    """Return the ministry that answers."""
    if letter.account is not None:
        return letter.account.holder.ministry
    return letter.contact.citizen.ministry if letter.contact is not None else home_ministry()


def ready(letter: Letter) -> list[Ready]:
    """Return the ready answers in the language of whoever asked."""
    return ready_in(language(letter), letter.post, ministry_of(letter))


@transaction.atomic
def write(*, letter: Letter, answer: str, text: str, by: Officer, now: datetime) -> Reply:
    """Answer a question, and whatever else of its author is open; the workers send it, and it ends once that was accepted.

    Args:
        letter: open.
        answer: the slug of a ready answer, or blank.
        text: own words, which follow it, or blank.
        by: who writes; the question is theirs from then on.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        ValueError: somebody else looks after it, an answer is under way, there is nothing to say, it is too long for the way, or
            the way is closed.
    """
    require(by, Right.CASES, of=letter)
    rows = Letter.objects.select_related("account__holder__ministry", "contact__citizen__ministry", "post")
    row = rows.select_for_update(of=("self",)).get(pk=letter.pk)
    if row.state != Letter.State.OPEN:
        raise ValueError(_("Somebody else has done with this question meanwhile."))
    if row.taken_by_id not in (None, by.pk):
        raise ValueError(_("%(name)s looks after this question. Take it over first.") % {"name": row.taken_by})
    earlier = Reply.objects.filter(letter=row)
    if earlier.filter(state__in=_UNDER_WAY).exists():
        raise ValueError(_("An answer is under way already."))
    if not way_of(row, now).open:
        raise ValueError(_("This way is closed: answer on the platform itself or by phone, and say so here."))
    whole = _whole(row, worded(answer, text, ready(row)))
    not_twice(earlier, whole, now)
    together(row).update(taken_by=by)
    reply = Reply.objects.create(letter=row, contact=row.contact, by=by, text=whole, written_at=now, not_before=now)
    append(actor=by.actor, action="checkins.answer_letter", subject=f"letter:{row.pk}", now=now, reply=reply.pk)
    transaction.on_commit(partial(written.send, sender=None))
    return reply


def _whole(letter: Letter, text: str) -> str:
    """Return what the person reads; an account signs with its own name."""
    spoken, exercise = language(letter), letter.mode == Mode.EXERCISE
    if letter.account is None:
        assert letter.contact is not None  # noqa: S101 - its way is open
        spec = spec_of(letter.contact.kind)
        whole, most = signed(text, spoken, ministry_of(letter), exercise=exercise), spec.text_limit
    else:
        found = catalog.spec(letter.account.platform)
        assert found is not None  # noqa: S101 - its way is open
        drill = [f"{words(spoken)['exercise']}."] if exercise else []
        spec, whole = found, "\n".join([*drill, text, *drill])
        # The name of whom it answers stands before it, where the platform puts it there.
        most = spec.text_limit - spec.handle.longest - 2
    if len(whole) > LONGEST or spec.measure(whole) > most:
        raise ValueError(_("It is too long for %(way)s: make it shorter.") % {"way": spec.name})
    return whole


def open_cases(letters: Iterable[Letter]) -> dict[int, list[Case]]:
    """Return the open cases of whoever asks, as far as we know them, by the citizen's number."""
    people = {letter.contact.citizen_id for letter in letters if letter.contact is not None}
    found: dict[int, list[Case]] = {}
    for case in Case.objects.filter(citizen__in=people, state=Case.State.OPEN, finding="").order_by("pk"):
        found.setdefault(case.citizen_id, []).append(case)
    return found
