"""What people ask us on any day, by a way of their own: kept for a person once, and answered once for all that one wrote."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.checkins.inbox import clean
from crisis.checkins.intent import Intent, is_small_talk, read
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.phrases import Said
from crisis.checkins.unverified import Letter
from crisis.encryption import blind_index, blind_indexes, seal
from crisis.journal.operations import append
from crisis.registry.models import Mode, Post

MOST_HOURLY = 20  # letters of one author that are kept: a person has enough to read by then
MOST_WORRYING = 40  # of them, where they may call for help
SENTENCE = 4  # words: fewer without a question mark are a misspelt town, or a sigh


def worry_of(text: str) -> Letter.Worry:
    """Tell how far a text may call for help."""
    reading = read(text)
    if reading.intent != Intent.NEED_HELP:
        return Letter.Worry.NONE
    return Letter.Worry.HELP if reading.plain else Letter.Worry.UNREAD


def is_question(text: str, *, sentences: bool = True) -> bool:
    """Tell whether a person must read what was written, although it is no answer to anything.

    Args:
        text: as it was written.
        sentences: any sentence is one; False, beside an answer: only what asks, or speaks of somebody else.
    """
    if text.startswith("/") or not any(map(str.isalpha, text)) or is_small_talk(text):
        return False
    if "?" in text or read(text).intent == Intent.ABOUT_OTHER:
        return True
    return sentences and len(Said.of(text).words) >= SENTENCE


def too_many(who: str, *, worry: Letter.Worry, now: datetime) -> bool:
    """Tell whether an author has written as much within the hour as is kept.

    Args:
        who: as a letter's author.
        worry: of what they write now.
        now: the time.
    """
    lately = Letter.objects.filter(author_key__in=blind_indexes(who), received_at__gt=now - timedelta(hours=1))
    return lately.count() >= (MOST_WORRYING if worry == Letter.Worry.HELP else MOST_HOURLY)


def ask(
    *,
    contact: Contact,
    text: str,
    source: CheckIn.Source,
    ref: str,
    post: Post | None,
    mode: Mode,
    now: datetime,
    alert: Alert | None = None,
) -> Letter | None:
    """Keep what somebody whom we know asks; doing it again keeps nothing new.

    Args:
        contact: by which way it came.
        text: what.
        source, ref: which way it came and its number there.
        post: who serves the person.
        mode: of the alert it is about; of the house on any other day.
        now: the time.
        alert: beside whose answer it was written, if beside one.

    Returns:
        The letter, known before or new; None where the person has written too much within the hour.
    """
    digest = hashlib.sha256(f"{source}:{ref}".encode("utf-8", "replace")).hexdigest()
    if (known := Letter.objects.filter(ref=digest).first()) is not None:
        return known
    who, worry = f"contact:{contact.pk}", worry_of(text)
    if too_many(who, worry=worry, now=now):
        return None
    try:
        with transaction.atomic():
            letter = Letter.objects.create(
                way=Letter.Way.DIRECT, contact=contact, post=post, language=contact.citizen.language, ref=digest,
                author_key=blind_index(who), author=seal(who), alert=alert, mode=mode, text=clean(text)[:2000],
                worry=worry, written_at=now, received_at=now,
            )  # fmt: skip
            append(actor=source, action="checkins.letter", subject=f"letter:{letter.pk}", now=now)
    except IntegrityError:
        return Letter.objects.get(ref=digest)  # the same one, at the same moment
    return letter


def together(letter: Letter) -> QuerySet[Letter]:
    """Return what is open of the same author and is answered at once with a letter, itself included, the oldest first.

    Each public comment is answered beneath itself.
    """
    rows = Letter.objects.filter(state=Letter.State.OPEN)
    if letter.way == Letter.Way.PUBLIC:
        return rows.filter(pk=letter.pk)
    same = rows.filter(author_key=letter.author_key, account=letter.account_id, mode=letter.mode)
    return same.exclude(way=Letter.Way.PUBLIC).order_by("written_at", "pk")


def together_of(letters: Collection[Letter]) -> dict[int, list[Letter]]:
    """Return the same of several open letters, by their numbers, in one query."""
    authors = {letter.author_key for letter in letters if letter.way != Letter.Way.PUBLIC}
    rows = Letter.objects.filter(state=Letter.State.OPEN, author_key__in=authors).exclude(way=Letter.Way.PUBLIC)
    same: dict[tuple[str, int | None, str], list[Letter]] = defaultdict(list)
    for row in rows.order_by("written_at", "pk"):
        same[row.author_key, row.account_id, row.mode].append(row)
    return {
        each.pk: [each] if each.way == Letter.Way.PUBLIC else same[each.author_key, each.account_id, each.mode]
        for each in letters
    }


def answered(letter: Letter, *, written_at: datetime, now: datetime) -> None:
    """Note that an answer was accepted: it ends whatever of the same author it was written to.

    Args:
        letter: to which the answer was written.
        written_at: when; what came later is not answered by it.
        now: the time.
    """
    mine = list(together(letter).filter(received_at__lte=written_at).values_list("pk", flat=True))
    rows = Letter.objects.filter(pk__in={letter.pk, *mine})
    rows.filter(answered_at=None).update(answered_at=now)
    rows.filter(state=Letter.State.OPEN).update(
        state=Letter.State.READ, read_at=now, ending=Letter.Ending.ANSWERED, taken_by=letter.taken_by_id
    )


def answered_in(case: Case, now: datetime) -> None:
    """Note that somebody answered in a case: so are the questions that joined it."""
    Letter.objects.filter(case=case, answered_at=None).update(answered_at=now)
