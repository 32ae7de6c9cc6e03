"""Reading answers: is this text ours, was this accepted, and what does an error mean where nothing can be created?"""

import html
import re
from collections.abc import Callable

from platforms.contract import Outgoing
from platforms.errors import PlatformError, Unconfirmed, UnexpectedResponse
from platforms.http import Answer

_LINK = re.compile(r"https?://\S+")


def _plain(text: str) -> str:
    """Return a text without what platforms change in it: links (shortened), entities (escaped), white space."""
    return " ".join(_LINK.sub("", html.unescape(text)).split())


def stands_in(out: Outgoing, text: str) -> bool:
    """Tell whether a text read back is this very one: the marker alone stands in every language's text of an alert."""
    return out.marker in text and _plain(out.text) == _plain(text)


def of_reading(error: PlatformError) -> PlatformError:
    """Return the error of a call that creates nothing: what is unknown of it is only unread."""
    if isinstance(error, Unconfirmed):
        return UnexpectedResponse(error.detail, platform_code=error.platform_code)
    return error


def accepted(answer: Answer | None, refusal: Callable[[Answer], PlatformError | None], *, creating: bool) -> Answer:
    """Return an answer that refuses nothing.

    Args:
        answer: the last one of the session, or None if none came.
        refusal: tells what an answer refuses, or None.
        creating: the call creates something.

    Raises:
        PlatformError: what it refuses, or that none came.
    """
    failed: PlatformError = Unconfirmed("no answer")
    if answer is not None:
        refused = refusal(answer)
        if refused is None:
            return answer
        failed = refused
    raise failed if creating else of_reading(failed)
