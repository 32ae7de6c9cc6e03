"""Saying an outward text: in the words that headquarters has put in force, for a post or for all; else in the shipped ones."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.core.cache import cache
from django.db import Error
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from crisis import clock
from crisis.outward.models import Rewording
from crisis.outward.phrases import PHRASES
from crisis.registry.models import Post
from crisis.sharing import shared

log = logging.getLogger(__name__)

HELD_S = 20  # how long a process keeps what it has read: what is changed is said everywhere within a minute
_BEFORE = "outward:before"  # what was read last, for as long as they cannot be read

_Key = tuple[str, str, int | None]
_whose: ContextVar[Callable[[], Post | None]] = ContextVar("whose", default=lambda: None)


@contextmanager
def served_by(whose: Callable[[], Post | None]) -> Iterator[None]:
    """Let what is said meanwhile be in the words of somebody's post, if it has any; it is asked for only where one does.

    Args:
        whose: returns the post that serves whoever is spoken to.
    """
    token = _whose.set(whose)
    try:
        yield
    finally:
        _whose.reset(token)


def said(key: str, *, of: Post | None = None, language: str = "", **values: object) -> str:
    """Return an outward text.

    Words that cannot be read, or do not fit their placeholders, never take an answer away: then the shipped ones are said.

    Args:
        key: of `PHRASES`.
        of: the post whose words come first; None: the one of `served_by`, if any.
        language: in which; blank: the active one.
        values: what stands for its placeholders.
    """
    spoken = language or get_language() or "en"
    try:
        if own := _own(key, spoken, of):
            return own.format(**values)
    except (Error, LookupError, ValueError, AttributeError):
        log.exception("an outward text cannot be said in its own words", extra={"key": key, "language": spoken})
    return PHRASES[key].shipped(spoken).format(**values)


def _own(key: str, language: str, of: Post | None) -> str:
    now, kept = clock.now(), _in_force()
    of_posts = any(each[:2] == (key, language) and each[2] is not None for each in kept)
    served = (of or _whose.get()()) if of_posts else None
    for whose in (served.pk if served else None, None):
        text, until = kept.get((key, language, whose), ("", None))
        if text and (until is None or until > now):
            return text
    return ""


def _in_force() -> dict[_Key, tuple[str, datetime | None]]:
    return shared("outward", _read, seconds=HELD_S)


def _read() -> dict[_Key, tuple[str, datetime | None]]:
    try:
        rows = list(in_force(clock.now()).values_list("key", "language", "post", "text", "until"))
    except Error:
        log.exception("outward texts cannot be read: what was known before is said")
        known: dict[_Key, tuple[str, datetime | None]] = cache.get(_BEFORE, {})
        return known
    kept: dict[_Key, tuple[str, datetime | None]] = {
        (key, language, post): (text, until) for key, language, post, text, until in rows
    }
    cache.set(_BEFORE, kept, None)
    return kept


def in_force(now: datetime) -> QuerySet[Rewording]:
    """Return the words that are said now instead of the shipped ones."""
    going_on = Q(until=None) | Q(until__gt=now)
    return Rewording.objects.filter(going_on, reviewed_at__isnull=False, ended_at=None)


def waiting(now: datetime) -> QuerySet[Rewording]:
    """Return the words that wait for a review, each the newest of its text, language and post."""
    going_on = Q(until=None) | Q(until__gt=now)
    return Rewording.objects.filter(going_on, reviewed_at=None, ended_at=None)


def versions(key: str, language: str, post: Post | None) -> QuerySet[Rewording]:
    """Return every version, the newest first."""
    rows = Rewording.objects.filter(key=key, language=language, post=post)
    return rows.select_related("written_by", "reviewed_by", "post").order_by("-number")
