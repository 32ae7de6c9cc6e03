"""Who is competent for what: what regions and communities abroad are for, in each language of the pages."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from crisis.registry.models import Holder


class BadCompetences(Exception):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Competence:
    """What a region or community is called and competent for, by language."""

    name: dict[str, str]
    competent: dict[str, str]

    def said(self, language: str) -> str:
        """Return what it is competent for in a language, else in the first one of the file."""
        return self.competent.get(language) or next(iter(self.competent.values()))

    def called(self, language: str) -> str:
        """Return its name in a language, else in the first one of the file."""
        return self.name.get(language) or next(iter(self.name.values()))


def competences(ministry: str) -> dict[str, Competence]:
    """Return what is known of a ministry's regions and communities, by the short names of the file.

    Args:
        ministry: its code.

    Raises:
        BadCompetences: the file cannot be read, or an entry lacks a text.
    """
    return _read(Path(settings.COMPETENCES_FILE)).get(ministry, {})


def competence_of(holder: Holder) -> Competence | None:
    """Return what a holder is competent for, or None where nothing is said of it."""
    return competences(holder.ministry.code).get(holder.competence) if holder.competence else None


@cache
def _read(path: Path) -> dict[str, dict[str, Competence]]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadCompetences(f"{path.name} cannot be read: {error}") from error
    return {ministry: {slug: _entry(slug, each) for slug, each in rows.items()} for ministry, rows in told.items()}


def _entry(slug: str, told: dict[str, dict[str, str]]) -> Competence:
    name, competent = told.get("name"), told.get("competent")
    if not name or not competent or name.keys() != competent.keys():
        raise BadCompetences(f"{slug}: say its name and what it is competent for, in the same languages")
    return Competence(name, competent)
