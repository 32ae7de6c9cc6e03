"""What somebody may have meant who typed the name of a town wrongly."""

from collections.abc import Iterator

from crisis.places.models import Place, PlaceName
from crisis.places.names import country_of, fold
from crisis.places.queries import SHORTEST, beginning, search

_LETTERS = "abcdefghijklmnopqrstuvwxyz "
_LONGEST = 20  # letters: at most 1,100 spellings are looked up, in one query
_SHORTENED = 4  # letters that are left, where the end of a name is typed wrongly


def similar(text: str, *, limit: int = 5) -> list[Place]:
    """Return the places that a person may mean: as `search`, else those of which one letter is wrong, missing or too many.

    For a question, never for an answer: whoever typed it must say that it is right.

    Args:
        text: as for `search`.
        limit: at most so many.
    """
    return search(text, limit=limit) or _near(text, limit)


def _near(text: str, limit: int) -> list[Place]:
    typed, *behind = (part.strip() for part in text.split(","))
    name = fold(typed)
    if not SHORTEST < len(name) <= _LONGEST:
        return []
    country = country_of(behind[-1]) if behind else None
    names = PlaceName.objects.select_related("place").order_by("-place__population")
    if country:
        names = names.filter(place__country=country)
    found = names.filter(folded__in=set(_spellings(name)))[: limit * 6]
    if not found and len(name) > _SHORTENED:
        # Later letters are wrong more often than the first: "Bruxels" begins as Bruxelles does.
        shorter = (name[:at] for at in range(len(name) - 1, max(_SHORTENED, len(name) - 3) - 1, -1))
        found = next((rows for part in shorter if (rows := names.filter(beginning(part))[: limit * 6])), found)
    return list({row.place_id: row.place for row in found}.values())[:limit]


def _spellings(name: str) -> Iterator[str]:
    """Return everything that is one letter from a name: one too many, two exchanged, another one, one missing."""
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
