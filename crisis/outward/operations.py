"""Wording outward texts anew: one person writes, another who speaks the language reviews, anybody of them ends it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crisis.alerts.operations import Changed, SamePerson, digest_of
from crisis.journal.operations import append
from crisis.outward.models import Rewording
from crisis.outward.phrases import PHRASES, Phrase, kept_in, placeholders
from crisis.outward.queries import versions
from crisis.registry.models import Post
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require_at
from crisis.wording.slots import SlotError, refuse_claims
from platforms.measure import sms


class OutwardError(Exception):
    """Words cannot be said as they are; the message says why."""


def checked(phrase: Phrase, language: str, text: str) -> str:
    """Return words as they are stored.

    Raises:
        OutwardError: they are missing, too long or forbidden, or a placeholder or command is missing, unknown or broken.
    """
    clean = "\n".join(line.strip() for line in text.replace("\0", "").strip().splitlines())
    if not clean:
        raise OutwardError(_("Write the text. To say the shipped words again, end this one."))
    if len(clean) > phrase.longest:
        raise OutwardError(_("{n} characters, at most {most}.").format(n=len(clean), most=phrase.longest))
    try:
        unknown = placeholders(clean) - set(phrase.sample or {})
    except ValueError as error:
        raise OutwardError(_("{ and } stand only around the name of a placeholder, such as {post}.")) from error
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in phrase.sample or {}) or _("none")
        raise OutwardError(_("{names}: there is no such placeholder here. Known: {known}.").format(
            names=", ".join(sorted(unknown)), known=known
        ))  # fmt: skip
    if missing := sorted(phrase.must_keep(language) - kept_in(clean)):
        raise OutwardError(_("This must stay in it: {names}.").format(names=", ".join(missing)))
    if phrase.by_sms and (dear := sms(clean).forcing):
        raise OutwardError(_("These letters would more than double the price of an SMS: {letters}").format(
            letters=" ".join(sorted(set(dear)))
        ))  # fmt: skip
    try:
        refuse_claims(language, clean)
    except SlotError as error:
        raise OutwardError(str(error)) from error
    return clean


@transaction.atomic
def write(
    *,
    key: str,
    language: str,
    post: Post | None,
    text: str,
    until: datetime | None,
    after: int,
    by: Officer,
    now: datetime,
) -> Rewording:
    """Word a text anew; what is said stays as it is until another person has reviewed it.

    Args:
        key: of `PHRASES`.
        language: in which.
        post: for whose people; None: for everybody's.
        text: as typed.
        until: when the shipped words are said again; None: once somebody ends it.
        after: the number of the version that the author was looking at; 0: none.
        by: the author.
        now: the time.

    Raises:
        NotAllowed: the author may not, or not for this post.
        OutwardError: the words cannot be used; nothing is stored.
        Changed: somebody else has written meanwhile; nothing is stored.
    """
    require_at(by, Right.OUTWARD, post.pk if post else None)
    phrase = PHRASES[key]
    if post is not None and not phrase.of_posts:
        raise OutwardError(_("This text is the same for all posts."))
    if until is not None and until <= now:
        raise OutwardError(_("That time has passed: choose a later one, or none."))
    clean = checked(phrase, language, text)
    last = versions(key, language, post).first()
    if (last.number if last else 0) != after:
        raise Changed(_("Somebody else has written this text meanwhile. Read it again; nothing of yours was stored."))
    versions(key, language, post).filter(reviewed_at=None, ended_at=None).update(ended_at=now)
    try:
        with transaction.atomic():
            row = Rewording.objects.create(
                key=key,
                language=language,
                post=post,
                number=after + 1,
                text=clean,
                until=until,
                written_by=by,
                written_at=now,
            )
    except IntegrityError as error:
        raise Changed(_("Somebody else has written this text at the same moment: read it again.")) from error
    _note(row, "outward.write", by, now, until=until.isoformat() if until else "")
    return row


@transaction.atomic
def review(*, rewording: Rewording, by: Officer, now: datetime) -> None:
    """Say, as somebody who speaks the language as their own, that words are right: they are said everywhere within a minute.

    Raises:
        NotAllowed: `by` may not, or not for this post.
        SamePerson: `by` wrote them.
        Changed: there is a newer version, somebody has reviewed or ended it meanwhile, or its time is over.
    """
    require_at(by, Right.OUTWARD_REVIEW, rewording.post_id)
    if rewording.written_by_id == by.pk:
        raise SamePerson(_("You wrote these words: another person must review them."))
    whole = versions(rewording.key, rewording.language, rewording.post)
    over = rewording.until is not None and rewording.until <= now
    if over or not whole.filter(pk=rewording.pk, reviewed_at=None, ended_at=None).update(
        reviewed_by=by, reviewed_at=now
    ):
        raise Changed(_("These words no longer wait for a review: look at what stands there now."))
    whole.filter(ended_at=None).exclude(pk=rewording.pk).update(ended_at=now)
    _note(rewording, "outward.review", by, now)


@transaction.atomic
def end(*, rewording: Rewording, by: Officer, now: datetime) -> None:
    """End words, in use or still waiting: one person is enough, and the shipped ones are said again.

    Raises:
        NotAllowed: `by` may not, or not for this post.
    """
    require_at(by, Right.OUTWARD_REVIEW, rewording.post_id)
    if Rewording.objects.filter(pk=rewording.pk, ended_at=None).update(ended_at=now):
        _note(rewording, "outward.end", by, now)


def _note(row: Rewording, action: str, by: Officer, now: datetime, **more: str) -> None:
    append(
        actor=by.actor, action=action, subject=f"rewording:{row.pk}", now=now, key=row.key, language=row.language,
        post=row.post.code if row.post else "", version=row.number, digest=digest_of({"text": row.text}), **more,
    )  # fmt: skip
