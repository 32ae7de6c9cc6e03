"""What a text with links counts where a link has a price of its own."""

import re
from collections.abc import Callable

# Endings that every platform surely takes for a link's. Two letters are a country's; a link with any other ending counts as
# the longer of its price and its own length, because a platform may or may not know it.
_ENDINGS = r"(?:[a-z]{2}|com|org|net|int|gov|edu|info|brussels)"
# What may stand in a link and what it may end with: on these all platforms agree.
_REST = r"(?::\d+)?(?:/(?:[\w/=&%.+~#-]*[\w/=])?)?(?:\?[\w/=&%.+~#-]*[\w/=])?"
_FLAGS = re.IGNORECASE | re.ASCII
_KNOWN = re.compile(rf"https?://(?:[a-z0-9-]+\.)+{_ENDINGS}{_REST}", _FLAGS)
_CLEAN = re.compile(rf"(?:https?://)?[a-z0-9.-]*[a-z0-9]{_REST}", _FLAGS)
LINK = re.compile(r"https?://\S+", re.IGNORECASE)
LINK_OR_BARE = re.compile(r"https?://\S+|(?<![@a-z0-9_/.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[:/?]\S*)?", re.IGNORECASE)


def count(text: str, *, plain: Callable[[str], int], price: int, links: re.Pattern[str] = LINK) -> int:
    """Count a text with its links, and never less than a platform that knows more or fewer of them than we do.

    Args:
        text: whole.
        plain: counts what is no link.
        price: what a link costs, whatever its length.
        links: finds what may be one.
    """
    total, at = 0, 0
    for link in links.finditer(text):
        before, own = text[at : link.start()], plain(link.group())
        total += plain(before)
        if before[-1:].strip() or not _CLEAN.fullmatch(link.group()):
            # Glued to something: where it begins and ends is the platform's guess.
            total += own + price
        elif _KNOWN.fullmatch(link.group()):
            total += price
        else:
            total += max(own, price)
        at = link.end()
    return total + plain(text[at:])
