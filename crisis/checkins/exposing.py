"""What in public words should be private: a phone number, a place, somebody's name."""

import re

from crisis.checkins.phrases import Said, plain
from crisis.places.queries import named

_PHONE = re.compile(r"(?<![\w./-])(?:\+|00)?\d(?:[\s().\-/]?\d){7,14}(?!\w)")
_PAIR = re.compile(r"\b([^\W\d_a-z][\w'’-]+)\s+([^\W\d_a-z][\w'’-]+)\b")
_WORD = re.compile(r"[^\W\d_][\w'’-]{2,}")
# How people say who they are, in our languages: "my name is", "je m'appelle", "ik heet", "ich heiße".
_I_AM = re.compile(
    r"\b(?:my|his|her) name is \w|\bje m['’]appelle \w|\b(?:mon|son) nom est \w|\bik heet \w|\bmijn naam is \w"
    r"|\bich hei(?:ß|ss)e \w|\bmein name ist \w|\b(?:named|nommée?|genaamd|namens) \w",
    re.IGNORECASE,
)
_NOUNS_HAVE_CAPITALS = ("de",)
MOST_WORDS = 40  # that are looked up; whoever writes more is read by a person all the same


def exposes(text: str) -> str:
    """Return what should not stand in public in a text: "phone", "name", "place", or nothing.

    A mistake is cheap here: somebody is asked once to write privately who need not have been.

    Args:
        text: as it was written.
    """
    if _PHONE.search(text):
        return "phone"
    if _I_AM.search(text) or (not text.isupper() and _names_somebody(text)):
        return "name"
    return "place" if _names_a_place(text) else ""


def _names_somebody(text: str) -> bool:
    """Tell whether two words with capitals stand together, not as a sentence begins; in German, where a name is introduced."""
    said = Said.of(text)
    if said.spoken == _NOUNS_HAVE_CAPITALS:
        return any(plain(first) in said.names and plain(second) in said.names for first, second in _PAIR.findall(text))
    return any(match.start() and text[: match.start()].rstrip()[-1:] not in ".!?:" for match in _PAIR.finditer(text))


def _names_a_place(text: str) -> bool:
    said = Said.of(text)
    if not said.names_a_place:
        return False
    unknown = set(said.unknown()) | set(said.names)
    found = [word for word in _WORD.findall(text)[:MOST_WORDS] if plain(word) in unknown]
    return any(named(word, limit=1) for word in dict.fromkeys(found))
