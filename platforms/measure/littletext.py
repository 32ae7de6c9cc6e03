"""LinkedIn's "little text": what its signs mean must be escaped, and the escapes count."""

import re

from platforms.measure.plain import utf16_units

_SIGNS = "\\|{}@[]()<>#*_~"
_SIGN = re.compile(f"[{re.escape(_SIGNS)}]")
_ESCAPED = re.compile(rf"\\([{re.escape(_SIGNS)}])")


def little_text(text: str) -> str:
    r"""Escape a text for LinkedIn's `commentary`, so that each sign stands for itself; a bare one can cut a post silently.

    Source: learn.microsoft.com, LinkedIn Posts API, "little Text Format" (reserved: \ | { } @ [ ] ( ) < > # * _ ~),
    read on 2026-11-01.
    """
    return _SIGN.sub(r"\\\g<0>", text)


def plain_text(escaped: str) -> str:
    """Return the text that `little_text` escaped."""
    return _ESCAPED.sub(r"\1", escaped)


def little_text_units(text: str) -> int:
    """Count a text, not yet escaped, as it will be sent: with its escapes, in UTF-16 units.

    LinkedIn takes 3,000 and does not say of what; no other unit that it can mean gives more.
    Source: learn.microsoft.com, LinkedIn Posts API (202610), read on 2026-11-01.
    """
    return utf16_units(little_text(text))
