"""Counting text as each platform does. The limits are beside the specs."""

import re
import unicodedata

# Ranges that weigh 1 on X; everything else weighs 2. Source: twitter-text, configuration v3.
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_X_LINK = 23
# Endings that X surely takes for a link. Two letters are a country's; a link with any other ending counts as the longer of
# 23 and its own length, because X may or may not know it.
_KNOWN_ENDINGS = r"(?:[a-z]{2}|com|org|net|int|gov|edu|info|brussels)"
_LINK = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_KNOWN_LINK = re.compile(rf"https?://(?:[a-z0-9-]+\.)+{_KNOWN_ENDINGS}(?:[:/?#][^\s]*)?$", re.IGNORECASE)
_BARE_LINK = re.compile(r"(?<![@\w/.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s]*)?", re.IGNORECASE)


def utf16_units(text: str) -> int:
    """Count UTF-16 code units, as Telegram counts characters and offsets."""
    return len(text.encode("utf-16-le")) // 2


def characters(text: str) -> int:
    """Count code points."""
    return len(text)


def x_weight(text: str) -> int:
    """Count as X does, and never less: NFC first; light code points 1, others 2, a link 23.

    X counts 2 for an emoji that is a sequence of several code points (a flag, a family), this counts each of them: which
    sequences X knows changes with every release of its emoji list, and a text that is a little too short is no harm.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    weight, at = 0, 0
    for link in _links(text):
        weight += _plain(text[at : link.start()])
        own = _plain(link.group())
        weight += _X_LINK if _KNOWN_LINK.match(link.group()) else max(own, _X_LINK)
        at = link.end()
    return weight + _plain(text[at:])


def _links(text: str) -> list[re.Match[str]]:
    found = list(_LINK.finditer(text))
    taken = [(match.start(), match.end()) for match in found]
    for match in _BARE_LINK.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            found.append(match)
    return sorted(found, key=lambda match: match.start())


def _plain(text: str) -> int:
    return sum(_weight(char) for char in text)


def _weight(char: str) -> int:
    # Of X's own counters one takes these two signs for emoji.
    if char in "©®":
        return 2
    return 1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2
