"""How Weibo counts a text, and a text in which no sign makes a topic."""

import re

from platforms.measure.links import count
from platforms.measure.plain import utf16_units

_LINK = 10
# In Chinese nothing need stand between a link and the words around it: one ends where ASCII does, or the next one begins.
_LINKS = re.compile(r"https?://(?:(?!https?://)[!-~])*", re.IGNORECASE)
# The sign that stands for "#" in Chinese print; Weibo knows topics by the narrow one alone.
_WIDE = "\uff03"


def weibo_text(text: str) -> str:
    """Return a text as it is sent: two "#" would make a topic of what is between them, which Weibo refuses; one makes none.

    A link with a "#" ends before the wide sign, and still leads to its page.
    Source: open.weibo.com/wiki/2/statuses/share ("#topic#" is not taken), read on 2026-11-25.
    """
    return text.replace("#", _WIDE) if text.count("#") > 1 else text


def weibo_units(text: str) -> int:
    """Count Chinese characters for Weibo: ASCII counts half, all else 1, a link 10; the sum is rounded up. Limit: 140.

    Every "#" counts as the wide one of `weibo_text`, so that two texts that are joined never count more than they may.
    The documents say "140 Chinese characters" only; halves and links are field experience. The margin is in here: Weibo's own
    page takes accented letters for halves too.
    Source: open.weibo.com/wiki/2/statuses/share, read on 2026-11-01.
    """
    return -(-count(text.replace("#", _WIDE), plain=_halves, price=_LINK * 2, links=_LINKS) // 2)


def _halves(text: str) -> int:
    return sum(utf16_units(char) * 2 if ord(char) > 0x7F else 1 for char in text)
