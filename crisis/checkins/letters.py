"""What strangers write to our accounts: kept once, read by a person, and answered once about an alert."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from crisis.alerts.models import Alert
from crisis.alerts.queries import current
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.checkins.exposing import exposes
from crisis.checkins.inbox import clean
from crisis.checkins.intent import Intent, read
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.unverified import Answer, Letter
from crisis.encryption import blind_index, blind_indexes, open_sealed, seal
from crisis.journal.operations import append
from crisis.registry.models import Account, Installation, Mode
from crisis.registry.queries import installation
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from platforms import catalog

MOST_HOURLY = 20  # letters of one author that are kept: a person has enough to read by then
MOST_WORRYING = 40  # of them, where they may call for help
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
    worry = _worry(text)
    who = f"{account.platform}:{author}"
    lately = Letter.objects.filter(author_key__in=blind_indexes(who), received_at__gt=now - timedelta(hours=1))
    if lately.count() >= (MOST_WORRYING if worry == Letter.Worry.HELP else MOST_HOURLY):
        return None
    about = alert or alert_on(account, now)
    try:
        with transaction.atomic():
            letter = Letter.objects.create(
                way=way,
                account=account,
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
    except IntegrityError:
        return None  # another process was told at the same moment
    spec = catalog.spec(account.platform)
    if way == Letter.Way.PRIVATE or (letter.exposes and spec is not None and spec.answers):
        _answer(letter, now)
    return letter


def _worry(text: str) -> Letter.Worry:
    reading = read(text)
    if reading.intent != Intent.NEED_HELP:
        return Letter.Worry.NONE
    return Letter.Worry.HELP if reading.plain else Letter.Worry.UNREAD


def heard_lately(platform: str, now: datetime) -> int:
    """Return how many comments of a platform came in within 24 hours."""
    public = Letter.objects.filter(account__platform=platform, way=Letter.Way.PUBLIC)
    return public.filter(received_at__gt=now - timedelta(hours=24)).count()


def alert_on(account: Account, now: datetime) -> Alert | None:
    """Return the newest alert that holds now and stands on an account, or None."""
    standing = Delivery.objects.filter(account=account, state__in=STANDS, alert__in=current(now))
    newest = standing.select_related("alert").order_by("-alert_id").first()
    return newest.alert if newest else None


def _answer(letter: Letter, now: datetime) -> None:
    """Let an answer be due, unless its author was answered about this alert already, or it no longer holds."""
    alert = letter.alert
    if alert is None or not current(now).filter(pk=alert.pk).exists():
        return
    same = Answer.objects.filter(account=letter.account, alert=alert)
    if same.filter(author_key__in=blind_indexes(author_of(letter))).exists():
        return
    try:
        with transaction.atomic():
            Answer.objects.create(
                letter=letter, account=letter.account, alert=alert, author_key=letter.author_key, not_before=now
            )
    except IntegrityError:
        return  # two letters of one author at the same moment


def author_of(letter: Letter) -> str:
    """Return who wrote, as "platform:name".

    Raises:
        UnreadableSecret: it fits none of the keys.
    """
    return open_sealed(letter.author)


def found(*, state: str = "open", mode: str = "") -> QuerySet[Letter]:
    """Return letters: LIVE before EXERCISE, what may call for help first, then what is about an alert, the oldest first.

    Args:
        state: one of Letter.State, or anything else for all.
        mode: one of Mode, or anything else for all.
    """
    rows = Letter.objects.select_related("account__holder__post", "alert", "taken_by", "answer")
    if state in Letter.State.values:
        rows = rows.filter(state=state)
    if mode in Mode.values:
        rows = rows.filter(mode=mode)
    rows = rows.annotate(drill=Q(mode=Mode.EXERCISE), quiet=Q(alert=None))
    return rows.order_by("drill", "-worry", "quiet", "written_at", "id")


@transaction.atomic
def assign(*, letter: Letter, by: Officer, now: datetime) -> None:
    """Take a letter over, so that nobody else looks after it too.

    Raises:
        NotAllowed: the officer may not.
        ValueError: somebody else was faster, or it is read already.
    """
    require(by, Right.CASES)
    mine = Letter.objects.filter(pk=letter.pk, state=Letter.State.OPEN, taken_by=None)
    if not mine.update(taken_by=by):
        raise ValueError("Somebody else looks after this letter already.")
    append(actor=by.actor, action="checkins.assign_letter", subject=f"letter:{letter.pk}", now=now)


@transaction.atomic
def close(*, letter: Letter, note: str, by: Officer, now: datetime, case: Case | None = None) -> None:
    """Mark a letter as read; its words may join a case.

    Args:
        letter: which.
        note: what came of it; needed where it may call for help and joins no case.
        by: who has read it.
        now: the time.
        case: the open case of the person whom it is about.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is read already, something is missing, or the case is of another mode, or closed.
    """
    require(by, Right.CASES)
    if letter.worry == Letter.Worry.HELP and case is None and not note.strip():
        raise ValueError("It may call for help: say what came of it.")
    mine = Letter.objects.filter(pk=letter.pk, state=Letter.State.OPEN)
    if not mine.update(state=Letter.State.READ, read_at=now, taken_by=by, note=clean(note).strip()[:300]):
        raise ValueError("Somebody else has read this letter meanwhile.")
    if case is not None:
        _join(letter, case)
    append(
        actor=by.actor, action="checkins.close_letter", subject=f"letter:{letter.pk}", now=now,
        case=case.pk if case else None,
    )  # fmt: skip


def _join(letter: Letter, case: Case) -> None:
    case = Case.objects.select_for_update().select_related("citizen").get(pk=case.pk)
    if case.state != Case.State.OPEN:
        raise ValueError("That case is closed.")
    if installation().kind == Installation.Kind.LIVE and case.mode != letter.mode:
        raise ValueError("A drill's words never join a real case, nor the other way round.")
    private = letter.way == Letter.Way.PRIVATE
    CheckIn.objects.create(
        rollcall=case.rollcall,
        citizen=case.citizen,
        post=case.post,
        case=case,
        safety=case.kind,
        people=case.people,
        source=CheckIn.Source.MESSENGER if private else CheckIn.Source.STAFF,
        ref=f"letter:{letter.pk}",
        text=letter.text[:1000],
        at=letter.written_at,
        current=False,
    )
