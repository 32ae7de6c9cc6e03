"""How X counts."""

import unicodedata
from functools import lru_cache

from platforms.measure.links import LINK_OR_BARE, count

# Ranges that weigh 1 on X; everything else weighs 2. Source: twitter-text, configuration v3.
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_X_LINK = 23


def x_weight(text: str) -> int:
    """Count as X does, and never less: NFC first; light code points 1, others 2, a link 23. Limit: 280.

    X counts 2 for an emoji that is a sequence of several code points (a flag, a family), this counts each of them: which
    sequences X knows changes with every release of its emoji list, and a text that is a little too short is no harm.
    Source: docs.x.com, counting characters; twitter-text configuration v3; read on 2026-11-01.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return count(text, plain=_plain, price=_X_LINK, links=LINK_OR_BARE)


def _plain(text: str) -> int:
    return sum(_weight(char) for char in text)


@lru_cache(maxsize=4096)
def _weight(char: str) -> int:
    # Of X's own counters one takes these two signs for emoji.
    if char in "©®":
        return 2
    return 1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2
