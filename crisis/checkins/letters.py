"""What people write that answers no alert: by strangers to our accounts, by whoever asks us; taken by a person, ended once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from crisis.alerts.models import Alert
from crisis.alerts.queries import current
from crisis.audience.models import Citizen, Contact
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.checkins.exposing import exposes
from crisis.checkins.holding import require_grave
from crisis.checkins.inbox import clean
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.operations import hear
from crisis.checkins.phrases import Said
from crisis.checkins.questions import together, too_many, worry_of
from crisis.checkins.reach import letters as letters_in
from crisis.checkins.unverified import Answer, Letter
from crisis.encryption import blind_index, blind_indexes, open_sealed, seal
from crisis.journal.operations import append
from crisis.registry.models import Account, Installation, Mode
from crisis.registry.queries import installation, was_before_restore
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right, require
from platforms import catalog

STANDS = (DeliveryState.POSTED, DeliveryState.AMENDED)


@dataclass(frozen=True, slots=True)
class Written:
    """What a platform says that somebody wrote.

    Attributes:
        ref: the platform's own number for it, within that platform.
        author: the platform's own name or number for who wrote.
        text: as it was written.
        at: when.
        remote_id: by which it can be answered, if that is another one than `ref`.
    """

    ref: str
    author: str
    text: str
    at: datetime
    remote_id: str = ""


def receive(
    *, account: Account, way: Letter.Way, written: Written, now: datetime, alert: Alert | None = None
) -> Letter | None:
    """Keep what a stranger wrote, once; nobody's answer is changed by it.

    While an alert stands on the account, the author is answered once about it: privately whoever wrote privately, in public only
    whoever shows there what should not be public.

    Args:
        account: to which it was written.
        way: privately or in public.
        written: what.
        now: the time.
        alert: the one beneath which it stands; without it, the newest one that holds on the account.

    Returns:
        The letter; None where it was known before, or its author has written too much within the hour.
    """
    ref = hashlib.sha256(f"{account.platform}:{written.ref}".encode("utf-8", "replace")).hexdigest()
    if Letter.objects.filter(ref=ref).exists():
        return None
    text, author = clean(written.text)[:2000], clean(written.author)[:200]
    worry = worry_of(text)
    who = f"{account.platform}:{author}"
    if too_many(who, worry=worry, now=now):
        return None
    about = alert or alert_on(account, now)
    try:
        with transaction.atomic():
            letter = Letter.objects.create(
                way=way,
                account=account,
                post=account.holder.post,
                language=_language(account, text),
                ref=ref,
                remote_id=clean(written.remote_id or written.ref)[:200],
                author_key=blind_index(who),
                author=seal(who),
                alert=about,
                mode=account.mode,
                text=text,
                worry=worry,
                exposes=exposes(text) if way == Letter.Way.PUBLIC else "",
                written_at=min(written.at, now),
                received_at=now,
            )
            append(
                actor="letters", action="checkins.letter", subject=f"letter:{letter.pk}", now=now, alert=letter.alert_id
            )
            # With it, or neither: what is known already is answered no more when it is told again.
            spec = catalog.spec(account.platform)
            if spec is not None and (
                spec.writes_back if way == Letter.Way.PRIVATE else letter.exposes and spec.answers
            ):
                _answer(letter, now)
    except IntegrityError:
        return None  # another process was told at the same moment
    return letter


def _language(account: Account, text: str) -> str:
    """Return the language in which a stranger is answered: their own if it is one of the account's, else its first."""
    own = [str(each) for each in account.languages or account.holder.ministry.languages]
    return next((each for each in Said.of(text).spoken if each in own), own[0] if own else "")


def alert_on(account: Account, now: datetime) -> Alert | None:
    """Return the newest alert that holds now and stands on an account, or None."""
    standing = Delivery.objects.filter(account=account, state__in=STANDS, alert__in=current(now))
    newest = standing.select_related("alert").order_by("-alert_id").first()
    return newest.alert if newest else None


def _answer(letter: Letter, now: datetime) -> None:
    """Let an answer be due, unless its author was answered about this alert already, or it no longer holds."""
    alert, account = letter.alert, letter.account
    if account is None or alert is None or not current(now).filter(pk=alert.pk).exists():
        return
    same = Answer.objects.filter(account=account, alert=alert)
    if same.filter(author_key__in=blind_indexes(author_of(letter))).exists():
        return
    try:
        with transaction.atomic():
            # What was written before a backup was put back is read again, and may have been answered.
            unknown = was_before_restore(letter.written_at)
            Answer.objects.create(
                letter=letter, account=account, alert=alert, author_key=letter.author_key, not_before=now,
                state=Answer.State.UNCONFIRMED if unknown else Answer.State.DUE, reason="restored" if unknown else "",
            )  # fmt: skip
    except IntegrityError:
        return  # two letters of one author at the same moment


def author_of(letter: Letter) -> str:
    """Return who wrote, as "platform:name".

    Raises:
        UnreadableSecret: it fits none of the keys.
    """
    return open_sealed(letter.author)


def found(
    *, state: str = "open", mode: str = "", post: int | None = None, reach: Reach = EVERYTHING
) -> QuerySet[Letter]:
    """Return letters: LIVE before EXERCISE, then what may call for help, then the oldest first.

    Of what is open the oldest of each author stands for all that they wrote; see `questions.together`.

    Args:
        state: one of Letter.State, or anything else for all.
        mode: one of Mode, or anything else for all.
        post: only those that this post looks after.
        reach: only those in it.
    """
    rows = letters_in(reach).select_related(
        "account__holder__ministry", "contact__citizen__ministry", "post", "alert", "taken_by", "answer", "case"
    )
    if state in Letter.State.values:
        rows = rows.filter(state=state)
    if mode in Mode.values:
        rows = rows.filter(mode=mode)
    if post is not None:
        rows = rows.filter(post=post)
    earlier = Letter.objects.filter(
        state=Letter.State.OPEN, author_key=OuterRef("author_key"), mode=OuterRef("mode"), pk__lt=OuterRef("pk")
    ).exclude(way=Letter.Way.PUBLIC)
    of_account = Exists(earlier.filter(account=OuterRef("account"))) & Q(way=Letter.Way.PRIVATE)
    direct = Exists(earlier.filter(account=None)) & Q(way=Letter.Way.DIRECT)
    rows = rows.exclude(Q(state=Letter.State.OPEN) & (of_account | direct))
    calls = Letter.objects.filter(
        state=Letter.State.OPEN, author_key=OuterRef("author_key"), worry=Letter.Worry.HELP
    ).exclude(way=Letter.Way.PUBLIC)
    rows = rows.annotate(
        drill=Q(mode=Mode.EXERCISE),
        helps=Q(worry=Letter.Worry.HELP) | (Exists(calls) & ~Q(way=Letter.Way.PUBLIC)),
    )
    return rows.order_by("drill", "-helps", "written_at", "id")


@transaction.atomic
def assign(*, letter: Letter, by: Officer, now: datetime, held_by: int | None = None) -> None:
    """Take a letter over, with whatever its author wrote, so that nobody else looks after it too.

    Args:
        letter: which.
        by: who takes it.
        now: the time.
        held_by: who looks after it, as was shown; None: nobody.

    Raises:
        NotAllowed: the officer may not.
        ValueError: somebody else was faster, or it is done.
    """
    require(by, Right.CASES, of=letter)
    mine = Letter.objects.filter(pk=letter.pk, state=Letter.State.OPEN, taken_by=held_by)
    if not mine.update(taken_by=by):
        raise ValueError(_("Somebody else looks after this letter already."))
    together(letter).update(taken_by=by)
    append(
        actor=by.actor, action="checkins.assign_letter", subject=f"letter:{letter.pk}", now=now, held_before_by=held_by
    )


@transaction.atomic
def close(
    *, letter: Letter, note: str, by: Officer, now: datetime, case: Case | None = None,
    ending: Letter.Ending = Letter.Ending.NEEDLESS,
) -> None:  # fmt: skip
    """End a letter, and whatever else its author wrote that is open; its words may join a case.

    Args:
        letter: which.
        note: what came of it, or why it needs no answer; not needed of spam, nor where it joins a case.
        by: who has read it.
        now: the time.
        case: the open case of the person whom it is about.
        ending: what came of it; ANSWERED where somebody answered elsewhere, by phone or on the platform.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is done already, something is missing, or the case is of another mode, or closed.
    """
    require(by, Right.CASES, of=letter)
    # Letters before their case, as in `open_case`: two clerks at one letter do not wait for one another for ever.
    rows = list(together(letter).select_for_update())
    if letter.pk not in {row.pk for row in rows}:
        raise ValueError(_("Somebody else has read this letter meanwhile."))
    if case is not None:
        require(by, Right.CASES, of=case)
        require_grave(by, Case.objects.select_for_update().get(pk=case.pk))
    helps = any(row.worry == Letter.Worry.HELP for row in rows)
    if case is None and not note.strip() and helps:
        raise ValueError(_("It may call for help: say what came of it."))
    if case is None and not note.strip() and ending != Letter.Ending.SPAM:
        raise ValueError(_("Say what came of it, or why it needs no answer."))
    became = Letter.Ending.CASE if case is not None else ending
    for row in rows:
        row.state, row.read_at, row.taken_by, row.ending = Letter.State.READ, now, by, became
        row.note, row.case = clean(note).strip()[:300], case
        if became == Letter.Ending.ANSWERED:
            row.answered_at = row.answered_at or now
        row.save(update_fields=["state", "read_at", "taken_by", "ending", "note", "case", "answered_at"])
        if case is not None:
            _join(row, case)
        append(
            actor=by.actor, action="checkins.close_letter", subject=f"letter:{row.pk}", now=now, ending=became,
            case=case.pk if case else None,
        )  # fmt: skip


@transaction.atomic
def open_case(*, letter: Letter, by: Officer, now: datetime) -> Case:
    """Make what somebody whom we know wrote a case of theirs: their open one, if they have one, or a new one.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is done already, or nobody knows whose it is: then it joins a case by that one's number.
    """
    require(by, Right.CASES, of=letter)
    contact = letter.contact
    if contact is None:
        raise ValueError(_("Nobody knows whose this is: write the number of the case that it joins."))
    Citizen.objects.select_for_update().get(pk=contact.citizen_id)
    rows = list(together(letter).select_for_update())
    if letter.pk not in {row.pk for row in rows}:
        raise ValueError(_("Somebody else has read this letter meanwhile."))
    for row in rows:
        heard = hear(
            citizen=contact.citizen, contact=contact, asking=None, text=row.text, worrying=True,
            source=_SOURCES[Contact.Kind(contact.kind)], ref=f"question:{row.pk}", now=now,
        )  # fmt: skip
        row.case, row.state, row.read_at, row.taken_by = heard.case, Letter.State.READ, now, by
        row.ending = Letter.Ending.CASE
        row.save(update_fields=["case", "state", "read_at", "taken_by", "ending"])
        append(
            actor=by.actor, action="checkins.close_letter", subject=f"letter:{row.pk}", now=now,
            ending=Letter.Ending.CASE, case=heard.case_id,
        )  # fmt: skip
    assert heard.case is not None  # noqa: S101 - there is one row at least, and `hear` opens one where none is open
    return heard.case


_SOURCES = {
    Contact.Kind.TELEGRAM: CheckIn.Source.BOT, Contact.Kind.EMAIL: CheckIn.Source.EMAIL,
    Contact.Kind.SMS: CheckIn.Source.SMS, Contact.Kind.WHATSAPP: CheckIn.Source.WHATSAPP,
}  # fmt: skip


def _join(letter: Letter, case: Case) -> None:
    case = Case.objects.select_for_update().select_related("citizen").get(pk=case.pk)
    if case.state != Case.State.OPEN:
        raise ValueError(_("That case is closed."))
    if installation().kind == Installation.Kind.LIVE and case.mode != letter.mode:
        raise ValueError(_("A drill's words never join a real case, nor the other way round."))
    private = letter.way == Letter.Way.PRIVATE
    source = CheckIn.Source.MESSENGER if private else CheckIn.Source.STAFF
    CheckIn.objects.create(
        rollcall=case.rollcall,
        citizen=case.citizen,
        post=case.post,
        case=case,
        safety=case.kind,
        people=case.people,
        contact=letter.contact,
        source=_SOURCES[Contact.Kind(letter.contact.kind)] if letter.contact else source,
        ref=f"{'question' if letter.contact else 'letter'}:{letter.pk}",
        text=letter.text[:1000],
        at=letter.written_at,
        current=False,
    )
