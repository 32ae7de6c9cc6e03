"""Finding people by name in any script: by the beginnings of its words, from an index, however many people there are."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from crisis.audience.models import Citizen, Member, NameWord
from crisis.places.names import fold

LONGEST_WORD, MOST_WORDS = 60, 10
SHORTEST = 2  # letters of a name
SCANNED_FROM = 3  # letters, from which the middle of a word is looked for too, where no beginning fits


def by_name(text: str, *, limit: int, among: Q = Q()) -> list[int]:  # noqa: B008 - never changed
    """Return the citizens of a name, theirs or of somebody of their household: each word that is typed begins a word of it.

    Where no beginning fits, the text is looked for anywhere in a name. Names that changed a moment ago are found too.

    Args:
        text: as it was typed, in any script and case.
        limit: at most so many, whole words first.
        among: which citizens are looked at; blank is all.
    """
    folded = fold(text)
    words = sorted(set(folded.split()), key=len, reverse=True)[:MOST_WORDS]
    if len(folded) < SHORTEST:
        return []
    # The longest word narrows most; the others are looked up for whom it finds.
    citizens = Citizen.objects.filter(among)
    theirs = Q(citizen__in=citizens) if among else Q()
    rows = NameWord.objects.filter(_begins(words[0]), theirs)
    for word in words[1:]:
        rows = rows.filter(citizen__in=NameWord.objects.filter(_begins(word)).values("citizen"))
    found = dict.fromkeys(rows.order_by("word", "citizen").values_list("citizen", flat=True)[: 2 * limit])
    new = Q(folded_name__contains=folded)
    found |= dict.fromkeys(_unindexed().filter(among, new).values_list("pk", flat=True)[:limit])
    found |= dict.fromkeys(Member.objects.filter(theirs, new, indexed=False).values_list("citizen", flat=True)[:limit])
    if not found and len(folded) >= SCANNED_FROM:
        found |= dict.fromkeys(citizens.filter(new).values_list("pk", flat=True)[:limit])
        found |= dict.fromkeys(Member.objects.filter(theirs, new).values_list("citizen", flat=True)[:limit])
    return list(found)[:limit]


def _begins(word: str) -> Q:
    """Return the condition that a word begins so, in the form that each database answers from its index (see places)."""
    if connection.vendor == "sqlite":
        return Q(word__gte=word, word__lt=f"{word}\U0010ffff")
    return Q(word__startswith=word)


def _unindexed() -> QuerySet[Citizen]:
    return Citizen.objects.exclude(indexed_name=F("folded_name"))


def index_names(*, limit: int = 1000) -> int:
    """Bring the words of names up to date, wherever a name was given, changed or forgotten since.

    Args:
        limit: people of one transaction.

    Returns:
        How many names were brought up to date.
    """
    with transaction.atomic():
        # Nobody changes these names until their words stand.
        locked = _unindexed().select_for_update().order_by("pk")
        changed = list(locked.values_list("pk", "folded_name")[:limit])
        ids = [pk for pk, _ in changed]
        NameWord.objects.filter(citizen__in=ids, member=None).delete()
        NameWord.objects.bulk_create(
            NameWord(citizen_id=pk, word=word) for pk, name in changed for word in _words(name)
        )
        Citizen.objects.filter(pk__in=ids).update(indexed_name=F("folded_name"))
        members = list(Member.objects.filter(indexed=False).order_by("pk")[:limit])
        NameWord.objects.bulk_create(
            NameWord(citizen_id=each.citizen_id, member=each, word=word)
            for each in members
            for word in _words(each.folded_name)
        )
        Member.objects.filter(pk__in=[each.pk for each in members]).update(indexed=True)
    return len(changed) + len(members)


def _words(folded: str) -> Iterable[str]:
    return dict.fromkeys(word[:LONGEST_WORD] for word in folded.split()[:MOST_WORDS])
