"""What a ministry expects of its posts, as rules from a file, and what each post lacks by them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from babel.languages import get_official_languages
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crisis.presence.standing import Standing
from crisis.registry.models import Ministry

Rule = Literal["platform", "one_more", "language", "local_language", "silent", "no_website", "unlinked", "dead"]


@dataclass(frozen=True, slots=True)
class Guidelines:
    """The rules of one ministry; data/guidelines.toml says what each means."""

    platforms: tuple[str, ...]
    one_more: bool
    local_language: bool
    days_silent: int
    followers: int
    linked: bool
    languages: tuple[str, ...]
    local: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that a post lacks.

    Attributes:
        rule: which.
        what: the platforms, languages or addresses that it is about.
        since: the day of the last publication, where it is silent.
    """

    rule: Rule
    what: tuple[str, ...] = ()
    since: date | None = None


@cache
def _rules(path: Path) -> dict[str, dict[str, object]]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name} cannot be read: {error}") from error


def guidelines(ministry: Ministry) -> Guidelines:
    """Return a ministry's guidelines.

    Raises:
        ImproperlyConfigured: the file cannot be read, or holds a rule that nobody knows.
    """
    rules = _rules(Path(settings.GUIDELINES_FILE))
    told = {"languages": ministry.required_languages} | rules.get("every", {}) | rules.get(ministry.code, {})
    told = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    if isinstance(local := told.get("local", {}), dict):
        told["local"] = {country: tuple(slugs) for country, slugs in local.items()}
    try:
        return Guidelines(**told)
    except TypeError as error:
        raise ImproperlyConfigured(f"{Path(settings.GUIDELINES_FILE).name}: {error}") from error


def local_languages(country: str) -> tuple[str, ...]:
    """Return the languages in which an account is understood in a country: its official ones, else English.

    Source: CLDR, territories' official languages, by way of Babel.
    """
    return tuple(dict.fromkeys(code.partition("_")[0] for code in get_official_languages(country, de_facto=True))) or (
        "en",
    )


def lacks(standing: Standing, rules: Guidelines, *, on: date) -> list[Lack]:
    """Return what a post lacks by the guidelines; what nobody has measured is not held against it.

    Args:
        standing: what is known of the post.
        rules: of its ministry.
        on: today.
    """
    there = {account.platform for account in standing.accounts}
    found = [Lack("platform", (slug,)) for slug in rules.platforms if slug not in there]
    if rules.one_more:
        wanted = rules.local.get(standing.post.country, ())
        if not (there & set(wanted) if wanted else there - set(rules.platforms)):
            found.append(Lack("one_more", wanted))
    spoken = standing.languages
    found += [Lack("language", (code,)) for code in rules.languages if code not in spoken]
    local = local_languages(standing.post.country)
    if rules.local_language and standing.accounts and not spoken & set(local):
        found.append(Lack("local_language", local))
    if standing.last_post_on is not None and on - standing.last_post_on > timedelta(days=rules.days_silent):
        found.append(Lack("silent", since=standing.last_post_on))
    return found + (_of_website(standing) if rules.linked else [])


def _of_website(standing: Standing) -> list[Lack]:
    if not standing.website:
        return [Lack("no_website")]
    found = []
    if missing := standing.unlinked:
        found.append(Lack("unlinked", tuple(str(account) for account in missing)))
    if standing.dead:
        found.append(Lack("dead", tuple(standing.dead)))
    return found
