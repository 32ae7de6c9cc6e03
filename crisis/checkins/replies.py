"""What somebody writes back to a notice where there are no buttons: a digit is an answer, STOP ends it, the rest is read."""

import hashlib
import logging
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from django.db import transaction

from crisis.alerts.models import Rollcall
from crisis.alerts.queries import open_rollcalls
from crisis.audience.leaving import leave
from crisis.audience.models import Contact
from crisis.audience.operations import NowhereError, Place, move, resume
from crisis.broadcast.models import MAYBE_TOLD, Notice
from crisis.checkins.asking import first_asking, in_earnest, plain_answer, standing
from crisis.checkins.further import DIGITS, Coded, coded
from crisis.checkins.inbox import clean
from crisis.checkins.intent import Intent, is_small_talk, may_call_for_help, read, says_only_help
from crisis.checkins.models import CheckIn, InboxUpdate, Safety
from crisis.checkins.operations import hear, mode_of, open_case, post_of, record
from crisis.checkins.phrases import Said
from crisis.checkins.questions import ask, is_question
from crisis.checkins.rounds import Round, current_round
from crisis.checkins.rounds import answer as note
from crisis.checkins.signals import replied

log = logging.getLogger(__name__)

STOPS = frozenset({"stop", "arret", "stopp"})  # as they are read: without capitals and accents
# Nobody answers what was issued after they wrote. Clocks differ, the gateway's from ours, by less than this.
SKEW = timedelta(minutes=1)
# A phone that answers by itself would answer our confirmation too, for ever and at the ministry's cost.
CONFIRMED_WITHIN, CONFIRMED_MOST = timedelta(hours=1), 6
NOT_CONFIRMED = "[from an address that nobody has confirmed]"  # for staff, before the words
_DIGIT = re.compile(r"\W*([123])(?!\w)(.*)", re.DOTALL)


class Became(StrEnum):
    """What became of a text; each but the last two is confirmed in words of its own."""

    NOTED = "noted"
    SAFE = "safe"
    NEEDS_HELP = "needs_help"
    NOT_THERE = "not_there"
    ONLY_EXERCISE = "only_exercise"
    NEWER_STANDS = "newer_stands"
    PASSED_ON = "passed_on"
    PLACE = "place"
    ASKED = "asked"
    NOTHING = "nothing"
    LEFT = "left"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a text.

    Attributes:
        became: see `Became`.
        checkin: what was recorded, if anything was.
        others: so many other open alerts ask by the same contact; the answer counts for the newest only, which must be said.
    """

    became: Became
    checkin: CheckIn | None = None
    others: int = 0


@transaction.atomic
def take(
    *,
    contact: Contact,
    text: str,
    source: CheckIn.Source,
    ref: str,
    written_at: datetime,
    now: datetime,
    beside: str = "",
) -> Reply:
    """Take a text that came from a contact, once.

    What comes from an address that nobody has confirmed is nobody's answer, and nothing is written back; a call for help in it
    reaches staff all the same, as unclear words.

    Args:
        contact: from whom; whoever has stopped may still call for help.
        text: what was written, of any content.
        source: which way it came.
        ref: its number there; the same one again records nothing twice.
        written_at: when it was written, as the way says; a later answer is never replaced by an earlier one that comes late.
        now: the time.
        beside: what came with it that no rule can read ("image"): then a person reads it, and only STOP is done by itself.

    Returns:
        What became of it. After the commit `replied` is sent, unless there is nothing to say, or too much was said already.
    """
    stored = _stored(contact, source, ref, now)
    if stored is None:
        return Reply(Became.KNOWN)
    number = _number(contact, stored, min(written_at, now))
    said = _Text(contact, clean(text), source, number, now)
    if contact.state == Contact.State.PENDING:
        return _unconfirmed(said, beside)
    reply = _read(said, min(written_at, now), beside)
    _confirm(contact, stored, reply, now)
    return reply


@transaction.atomic
def take_place(
    *, contact: Contact, to: Place, source: CheckIn.Source, ref: str, written_at: datetime, now: datetime
) -> Reply:
    """Take a place that came from a contact, once: where the person is now, which whoever looks after an open case reads too.

    Args:
        contact: from whom.
        to: where.
        source, ref, written_at, now: as `take` has them.
    """
    stored = _stored(contact, source, ref, now)
    if stored is None:
        return Reply(Became.KNOWN)
    if contact.state == Contact.State.PENDING:
        log.info("a place from an address that nobody has confirmed", extra={"contact": contact.pk})
        return Reply(Became.NOTHING)
    try:
        name = move(citizen=contact.citizen, to=to, now=now).place_name
    except NowhereError:
        name = ""
    reply = Reply(Became.PLACE if name else Became.NOTHING)
    if open_case(contact.citizen) is not None:
        where = clean(f"[place] {name or to.name} ({to.lat:.2f}, {to.lon:.2f})")
        said = _Text(contact, where, source, _number(contact, stored, min(written_at, now)), now)
        reply = _pass_on(said, first_asking(contact.citizen, now))
    _confirm(contact, stored, reply, now)
    return reply


def _stored(contact: Contact, source: CheckIn.Source, ref: str, now: datetime) -> InboxUpdate | None:
    """Note that something came in, and that the contact works; None if it came before."""
    # Its number may be any text: as a digest it fits everywhere. What was said stands with the check-in, and nowhere else.
    stored, is_new = InboxUpdate.objects.get_or_create(
        source=source,
        ref=hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()[:60],
        defaults={
            "chat": f"{source}:{contact.pk}",
            "payload": {},
            "received_at": now,
            "state": InboxUpdate.State.HANDLED,
            "handled_at": now,
        },
    )
    if is_new and contact.state == Contact.State.GONE:
        resume(contact=contact)
    return stored if is_new else None


def _number(contact: Contact, stored: InboxUpdate, written_at: datetime) -> str:
    """Return a number that counts up within one contact, as `record` compares them: first by when it was written."""
    return f"{contact.pk}:{max(0, int(written_at.timestamp()))}{stored.pk:012d}"


def _confirm(contact: Contact, stored: InboxUpdate, reply: Reply, now: datetime) -> None:
    recent = InboxUpdate.objects.filter(chat=stored.chat, received_at__gt=now - CONFIRMED_WITHIN).count()
    if reply.became != Became.LEFT and recent <= CONFIRMED_MOST:
        told = {
            "contact_id": contact.pk,
            "said": reply.became.value,
            "checkin_id": reply.checkin.pk if reply.checkin else 0,
            "others": reply.others,
            # Of the gateway's own number for it: no backup that is put back counts it anew.
            "key": f"RE-{stored.ref[:40].upper()}",
        }
        transaction.on_commit(partial(replied.send, sender=None, **told))


def digit_of(text: str) -> Safety | None:
    """Return the answer that a text gives by its digit; None if it gives none, or says more than the digit.

    A word may follow that changes nothing ("1 ok"). Whatever speaks of need, or doubts, is no "safe" and no "not there"; a call
    for help is believed with any one word, and with more where they call for help too.
    """
    match = _DIGIT.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    answer, rest = DIGITS[match[1]], match[2]
    words = Said.of(rest).words
    reading = read(rest)
    if answer == Safety.NEEDS_HELP:
        return answer if len(words) <= 1 or reading.intent == Intent.NEED_HELP else None
    if "?" in rest or any(letter.isdigit() for letter in rest):
        return None
    if not words:
        return answer
    agrees = Intent.SAFE if answer == Safety.SAFE else Intent.NOT_THERE
    polite = reading.intent == Intent.UNCLEAR and is_small_talk(rest) and words[0] not in STOPS
    return answer if len(words) == 1 and (reading.intent == agrees or polite) else None


def asked_by(contact: Contact, written_at: datetime, now: datetime) -> list[Rollcall]:
    """Return the open rollcalls that a contact was, or may have been, asked by its own notices: the newest notice first.

    Args:
        contact: who.
        written_at: what was issued later does not count.
        now: the time.
    """
    # An update takes its chain's rollcall over: whoever answers the first notice answers that.
    by_code = {rollcall.alert.code: rollcall for rollcall in open_rollcalls(now)}
    notices = Notice.objects.filter(contact=contact, state__in=MAYBE_TOLD, run__alert__code__in=list(by_code))
    notices = notices.filter(run__alert__issued_at__lte=written_at + SKEW).order_by("-pk")
    codes = notices.values_list("run__alert__code", flat=True)
    return [by_code[code] for code in dict.fromkeys(codes)]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with all that recording it needs."""

    contact: Contact
    text: str
    source: CheckIn.Source
    ref: str
    now: datetime

    def record(self, rollcall: Rollcall | None, safety: Safety, *, others: int = 0) -> Reply:
        citizen = self.contact.citizen
        checkin = record(
            rollcall=rollcall, citizen=citizen, contact=self.contact, safety=safety, source=self.source, ref=self.ref,
            now=self.now, text=self.text,
        ).checkin  # fmt: skip
        if not checkin.current:
            return Reply(Became.NEWER_STANDS, checkin, others)
        only_drill = safety == Safety.NEEDS_HELP and rollcall is not None and not in_earnest([rollcall])
        return Reply(Became.ONLY_EXERCISE if only_drill else Became(safety.value), checkin, others)


def _read(said: _Text, written_at: datetime, beside: str) -> Reply:
    contact, text, now = said.contact, said.text, said.now
    words = Said.of(text).words
    if len(words) == 1 and words[0] in STOPS:
        leave(contact)
        return Reply(Became.LEFT)
    if beside:
        return _pass_on(replace(said, text=f"[{beside}] {text}".strip()), first_asking(contact.citizen, now))
    asked = asked_by(contact, written_at, now)
    answer = digit_of(text)
    if (told := coded(text)) is not None and (latest := _round_of(told, asked)) is not None:
        note(asked=latest, citizen=contact.citizen, given=told.given, actor=said.source, now=now)
        if told.safety is None:
            standing = CheckIn.objects.filter(rollcall=latest.rollcall, citizen=contact.citizen, current=True).first()
            return Reply(Became.NOTED, standing, len(asked) - 1)
        answer = told.safety
    if answer == Safety.NEEDS_HELP:
        # A drill's answer stays in the drill, but while something real asks too, a call for help is believed to be real.
        first = next(iter(in_earnest(asked) or asked), None) or first_asking(contact.citizen, now)
        return said.record(first, answer)
    if answer is not None and asked:
        return said.record(asked[0], answer, others=len(asked) - 1)
    if says_only_help(text):
        return said.record(next(iter(in_earnest(asked)), None) or first_asking(contact.citizen, now), Safety.NEEDS_HELP)
    return _own_words(said)


def _round_of(told: Coded, asked: list[Rollcall]) -> Round | None:
    """Return the round that codes answer: the newest alert's where a digit stands before them, else the newest there is."""
    rounds = (current_round(rollcall) for rollcall in (asked[:1] if told.safety else asked))
    return next((each for each in rounds if each is not None), None)


def _unconfirmed(said: _Text, beside: str) -> Reply:
    """Take what came from an address that somebody gave and nobody has confirmed: perhaps another person holds it.

    It answers no alert, so that it stops nothing and counts nowhere; only STOP is done, and a call for help, or what no rule can
    read, is laid before a person.
    """
    text, words = said.text, Said.of(said.text).words
    if len(words) == 1 and words[0] in STOPS:
        leave(said.contact)
        return Reply(Became.LEFT)
    helps = digit_of(text) == Safety.NEEDS_HELP or says_only_help(text) or may_call_for_help(text)
    if not helps and not beside:
        log.info("words from an address that nobody has confirmed", extra={"contact": said.contact.pk})
        return Reply(Became.NOTHING)
    beside = f"[{beside}] " if beside else ""
    return _pass_on(replace(said, text=clean(f"{NOT_CONFIRMED} {beside}{text}".strip())), None)


def _own_words(said: _Text) -> Reply:
    """Keep what is neither a digit nor a mere cry for help, by the same rules as what is written to the bot."""
    citizen = said.contact.citizen
    worrying = may_call_for_help(said.text)
    stands = standing(citizen, said.now)
    if stands.first is None and stands.case is None and not worrying:
        return _ask(said)
    if (answer := plain_answer(citizen, said.text, stands)) is not None:
        return said.record(stands.first, answer)
    return _pass_on(said, stands.first, worrying=worrying)


def _ask(said: _Text) -> Reply:
    """Keep a question for a person; what asks nothing is recorded nowhere."""
    if not is_question(said.text):
        return Reply(Became.NOTHING)
    kept = ask(
        contact=said.contact, text=said.text, source=said.source, ref=said.ref,
        post=post_of(said.contact.citizen, None, said.now), mode=mode_of(None), now=said.now,
    )  # fmt: skip
    return Reply(Became.ASKED if kept else Became.NOTHING)


def _pass_on(said: _Text, asking: Rollcall | None, *, worrying: bool = True) -> Reply:
    heard = hear(
        citizen=said.contact.citizen, contact=said.contact, asking=asking, text=said.text, worrying=worrying,
        source=said.source, ref=said.ref, now=said.now,
    )  # fmt: skip
    return Reply(Became.PASSED_ON, heard)
