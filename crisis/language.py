"""In which language staff are spoken to: the one that the door has chosen for whoever asks, English for a command or a worker."""

from django.utils.translation import get_language, override

STORED = "en"  # in which is written what stays: everybody reads it, whatever the language of whoever did it


def spoken() -> str:
    """Return the code of the language that is active ("nl")."""
    return get_language() or STORED


def written() -> override:
    """Return a context in which to word what is stored."""
    return override(STORED)


def within(label: object) -> str:
    """Return a label as it stands within a sentence: in small letters, but in German, whose nouns keep theirs."""
    return str(label) if spoken() == "de" else str(label).lower()
