"""The space before a colon, where a language has one: it does not break, so that no line begins with a mark."""

import re

_FRENCH = re.compile(r" (?=[:;?!»])|(?<=«) ")


def spaced(language: str, text: str) -> str:
    """Return a text as its language is set: French with no-break spaces (U+00A0) at its high marks and within its quotes.

    Spaces are neither added nor taken away: what somebody wrote keeps its length.

    Args:
        language: the text's, "fr" or "fr-be".
        text: as typed.
    """
    return _FRENCH.sub("\u00a0", text) if language.lower().partition("-")[0] == "fr" else text
