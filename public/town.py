"""A town that somebody typed: found in any language, and asked about where several bear its name."""

from dataclasses import dataclass

from crisis.audience.operations import Place
from crisis.places.queries import search, told_apart
from public import subscribe_words
from public.fields import Typed

LONGEST = 120
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several towns: its number, and how it is told apart."""

    number: str
    label: str


def town(form: Typed, language: str) -> tuple[Place | None, list[Choice]]:
    """Return the town that is meant, or those among which to choose; what is wrong stands at its field.

    Args:
        form: with the fields `where`, and `place` for one that was chosen.
        language: in which the countries are named.
    """
    mistakes = subscribe_words.mistakes()
    text = form.text("where", LONGEST)
    found = search(text, limit=OFFERED) if text else []
    if not found:
        form.errors.setdefault("where", mistakes["where"])
        return None, []
    chosen = form.values.get("place", "")
    one = next((each for each in found if str(each.pk) == chosen), found[0] if len(found) == 1 else None)
    if one is not None:
        return Place(one.lat, one.lon, one.name), []
    labels = told_apart(found, language)
    form.errors.setdefault("place", mistakes["which"])
    return None, [Choice(str(each.pk), label) for each, label in zip(found, labels, strict=True)]
