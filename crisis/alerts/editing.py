"""Headquarters writes a situation's words anew and reviews them: nobody their own, and only what is reviewed is used."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crisis.alerts.editions import newest
from crisis.alerts.models import Edition
from crisis.alerts.operations import Changed, SamePerson, digest_of
from crisis.alerts.proof import problems
from crisis.journal.operations import append
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from crisis.wording.catalogue import CatalogueError, content_of, situation, texts_from

_MEANWHILE = (
    "Somebody else has written or reviewed these words meanwhile. Read them again; nothing of yours was stored."
)


class WordsError(Exception):
    """Words cannot be used as they are.

    Attributes:
        problems: what is wrong, a sentence each.
    """

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__(" ".join(found))
        self.problems = list(found)


@transaction.atomic
def write(*, slug: str, language: str, content: Mapping[str, Any], after: int, by: Officer, now: datetime) -> Edition:
    """Write a situation's words in a language anew; they wait for a review.

    Args:
        slug: the situation's.
        language: one in which it is shipped.
        content: see `wording.catalogue.texts_from`.
        after: the version that the author was looking at; 0 is the shipped one.
        by: the author.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        WordsError: something is missing, forbidden or too long; nothing is stored.
        Changed: somebody else wrote meanwhile; nothing is stored.
    """
    require(by, Right.TEXTS)
    kind = situation(slug)
    kept = content_of(kind.texts[language]) | dict(content)
    try:
        texts = texts_from(kept, kind.slots, f"{slug}/{language}")
    except CatalogueError as error:
        raise WordsError([str(error)]) from error
    if wrong := problems(replace(kind, texts={language: texts}), language, home_ministry()):
        raise WordsError(wrong)
    last = newest(slug, language)
    if (last.number if last else 0) != after:
        raise Changed(_MEANWHILE)
    return _store(
        Edition(situation=slug, language=language, number=after + 1, content=kept, written_by=by, written_at=now),
        "alerts.write_words", by, now, new=True,
    )  # fmt: skip


@transaction.atomic
def review(*, slug: str, language: str, number: int, by: Officer, now: datetime) -> Edition:
    """Say, as a native speaker, that words are right; from then on new alerts have them.

    Args:
        slug: the situation's.
        language: theirs.
        number: the version that was read; 0 is the shipped one.
        by: who has read it, and did not write it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        SamePerson: the officer wrote them.
        Changed: there is a newer version, or somebody else has reviewed this one.
    """
    require(by, Right.TEXTS)
    row = newest(slug, language)
    if (row.number if row else 0) != number or (row and row.reviewed_at):
        raise Changed(_MEANWHILE)
    if row is None:
        shipped = content_of(situation(slug).texts[language])
        row = Edition(situation=slug, language=language, number=1, content=shipped, written_at=now)
    elif row.written_by_id == by.pk:
        raise SamePerson(_("You wrote these words: another person must review them."))
    row.reviewed_by, row.reviewed_at = by, now
    return _store(row, "alerts.review_words", by, now, new=number == 0)


def _store(row: Edition, action: str, by: Officer, now: datetime, *, new: bool) -> Edition:
    """Store a version, unless another took its number, or its review, at the same moment."""
    try:
        with transaction.atomic():
            if new:
                row.save(force_insert=True)
            elif not Edition.objects.filter(pk=row.pk, reviewed_at=None).update(
                reviewed_by=row.reviewed_by, reviewed_at=row.reviewed_at
            ):
                raise Changed(_MEANWHILE)
    except IntegrityError as error:
        raise Changed(_MEANWHILE) from error
    append(
        actor=by.actor, action=action, subject=f"edition:{row.pk}", now=now, situation=row.situation,
        language=row.language, version=row.number, digest=digest_of(row.content),
    )  # fmt: skip
    return row
