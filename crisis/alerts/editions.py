"""Situations with the words that headquarters wrote, laid over the shipped ones; an alert keeps those it was written with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from crisis.alerts.models import Alert, Edition
from crisis.wording.catalogue import Situation, Texts, content_of, situation, situations, texts_from

_REVIEWED = Q(reviewed_at__isnull=False)


def in_use(slug: str) -> Situation:
    """Return a situation with the words that a new draft has: in each language the newest that was reviewed, else the shipped.

    Raises:
        UnknownSituation: there is none of that name.
    """
    kind = situation(slug)
    return _laid_over(kind, _newest(Edition.objects.filter(_REVIEWED, situation__in=[slug, *kind.ends])))


def all_in_use() -> list[Situation]:
    """Return every situation, as `in_use` does, in the order of their English names."""
    rows = _newest(Edition.objects.filter(_REVIEWED))
    return sorted((_laid_over(kind, rows) for kind in situations().values()), key=lambda kind: kind.name("en"))


def waiting() -> dict[tuple[str, str], Edition]:
    """Return the versions that wait for a review, by situation and language."""
    return {key: row for key, row in _newest(Edition.objects.all()).items() if row.reviewed_at is None}


def kind_of(alert: Alert) -> Situation:
    """Return an alert's situation, with the words that it was written with."""
    kind = situation(alert.situation)
    return _laid_over(kind, _newest(Edition.objects.filter(pk__in=alert.editions))) if alert.editions else kind


def editions_of(kind: Situation) -> list[int]:
    """Return which words of a situation, and of those whose end it tells, headquarters wrote, by id."""
    every = [texts for each in (kind, *kind.ends.values()) for texts in each.texts.values()]
    return sorted(texts.edition for texts in every if texts.edition)


def newest(slug: str, language: str) -> Edition | None:
    """Return the newest version, reviewed or not; None while there are only shipped words."""
    return versions(slug, language).first()


def versions(slug: str, language: str) -> QuerySet[Edition]:
    """Return every version, the newest first."""
    rows = Edition.objects.filter(situation=slug, language=language)
    return rows.select_related("written_by", "reviewed_by").order_by("-number")


def texts_of(edition: Edition, shipped: Texts, kind: Situation) -> Texts:
    """Return the texts of a version.

    Args:
        edition: the version.
        shipped: what is shipped in its language; a slot that came later than the version is called as there.
        kind: the situation.
    """
    before, own = content_of(shipped), edition.content
    content: dict[str, Any] = before | own | {"slots": before["slots"] | own["slots"]}
    content["choices"] = {slot: each | own["choices"].get(slot, {}) for slot, each in before["choices"].items()}
    author, reviewer = edition.written_by, edition.reviewed_by
    return replace(
        texts_from(content, kind.slots, str(edition)),
        written_by=str(author) if author else shipped.written_by,
        reviewed_by=str(reviewer) if reviewer else "",
        reviewed_on=edition.reviewed_at.date().isoformat() if edition.reviewed_at else "",
        version=edition.number,
        edition=edition.pk,
    )


_Rows = Mapping[tuple[str, str], Edition]


def _newest(editions: QuerySet[Edition]) -> _Rows:
    rows = editions.select_related("written_by", "reviewed_by").order_by("number")
    return {(row.situation, row.language): row for row in rows}


def _laid_over(kind: Situation, rows: _Rows) -> Situation:
    return replace(_with(kind, rows), ends={slug: _with(each, rows) for slug, each in kind.ends.items()})


def _with(kind: Situation, rows: _Rows) -> Situation:
    own = {
        language: texts_of(rows[kind.slug, language], shipped, kind)
        for language, shipped in kind.texts.items()
        if (kind.slug, language) in rows
    }
    return replace(kind, texts=kind.texts | own) if own else kind
