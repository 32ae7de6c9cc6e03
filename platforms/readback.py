"""Reading answers: is this text ours, was this accepted, and what does an error mean for what was being done?"""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from platforms.contract import Outgoing
from platforms.errors import ContentRejected, PlatformError, Unconfirmed, UnexpectedResponse, Unfinished
from platforms.wire import Answer

# What a call does there. Once more may create a second one; to change or to take away once more is harmless, as is to read.
Doing = Literal["creating", "changing", "reading"]

# How far a worker's clock may be wrong: a text that stands must never be taken for absent, and its marker is used once.
SLACK = timedelta(days=1)
_LINK = re.compile(r"https?://\S+")


def _plain(text: str) -> str:
    """Return a text without what platforms change in it: links (shortened), entities (escaped), white space."""
    return " ".join(_LINK.sub("", html.unescape(text)).split())


def stands_in(out: Outgoing, text: str) -> bool:
    """Tell whether a text read back is this very one: the marker alone stands in every language's text of an alert."""
    return out.marker in text and _plain(out.text) == _plain(text)


def time_of(text: Any) -> datetime:
    """Return a time in an answer, in UTC where it names no zone; far in the future where it is none: nothing is proven absent."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def in_light_of(doing: Doing, error: PlatformError) -> PlatformError:
    """Return what an error means for what was being done: only after a creation must somebody look what stands there."""
    if not isinstance(error, Unconfirmed) or doing == "creating":
        return error
    kind: type[PlatformError] = UnexpectedResponse if doing == "reading" else Unfinished
    if doing == "changing" and error.duplicate:
        kind = ContentRejected
    return kind(error.detail, platform_code=error.platform_code)


def accepted(answer: Answer | None, refusal: Callable[[Answer], PlatformError | None], *, doing: Doing) -> Answer:
    """Return an answer that refuses nothing.

    Args:
        answer: the last one of the session, or None if none came.
        refusal: tells what an answer refuses, or None.
        doing: what the call does.

    Raises:
        PlatformError: what it refuses, or that none came.
    """
    failed: PlatformError = Unconfirmed("no answer")
    if answer is not None:
        refused = refusal(answer)
        if refused is None:
            return answer
        failed = refused
    raise in_light_of(doing, failed)
