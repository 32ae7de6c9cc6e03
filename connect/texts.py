"""The words of the editors' pages: one file a language, in templates/connect/words."""

import tomllib
from functools import cache

from django.conf import settings


@cache
def texts(language: str) -> dict[str, str]:
    """Return the words of a language.

    Raises:
        FileNotFoundError: the pages do not speak it.
    """
    with (settings.BASE_DIR / "templates" / "connect" / "words" / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


def languages() -> dict[str, str]:
    """Return the languages that the pages speak, each with its own name."""
    return dict(settings.LANGUAGES)
