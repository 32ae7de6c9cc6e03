"""Numbers of followers and publications in an answer: whole, or the answer is not what it should be."""

from collections.abc import Mapping
from typing import Any

from platforms.contract import Audience
from platforms.errors import UnexpectedResponse


def audience(found: Any, *, followers: str = "", publications: str = "") -> Audience:
    """Read whom an account reaches.

    Args:
        found: the object of an answer that has the numbers.
        followers: the name of one of them; blank where the platform has none.
        publications: the name of the other; blank where the platform has none.

    Raises:
        UnexpectedResponse: a named number is missing, or is none.
    """
    return Audience(_number(found, followers), _number(found, publications))


def _number(found: Any, name: str) -> int | None:
    if not name:
        return None
    value = found.get(name) if isinstance(found, Mapping) else None
    # Some write their numbers as texts.
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnexpectedResponse(f"an answer without {name}")
    return value
