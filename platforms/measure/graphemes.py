"""Counting what a reader sees as one character, without a library."""

import unicodedata

# Never told apart from what stands before them (UAX #29, GB9), beside the marks: the two joiners, and the tags of flags.
_ZWJ = "\u200d"
_JOINING = frozenset({"\u200c", _ZWJ}) | {chr(code) for code in range(0xE0020, 0xE0080)}
_SKIN = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
# Pictures that surely join others by a ZWJ: a part of Extended_Pictographic that has not changed since Unicode 13, and the
# signs of the sequences for people. Source: unicode.org, emoji-data.txt.
_PICTURES = (
    range(0x1F300, 0x1F3FB), range(0x1F400, 0x1F53E), range(0x1F546, 0x1F650), range(0x1F680, 0x1F6D8),
    range(0x1F90C, 0x1F93B), range(0x1F93C, 0x1F946), range(0x1F947, 0x1FA00),
)  # fmt: skip
_SIGNS = frozenset("♀♂⚕⚖✈❤")
# What nothing joins to (GB4, GB5), and what newer tables may call so.
_ALONE = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"})


def graphemes(text: str) -> int:
    """Count extended grapheme clusters, and never fewer than there are.

    Known joints are taken for one: marks, skin tones, flags, families, CR LF. Where the tables of two Unicode releases may
    differ (the spacing marks and conjuncts of Indic scripts, Hangul letter by letter, new emoji), each code point counts, so
    that a text may be a little shorter than it could be and none is refused.
    Source: unicode.org, UAX #29, revision 45 (Unicode 16), read on 2026-11-25.
    """
    return sum(_begins(text, at) for at in range(len(text)))


def _begins(text: str, at: int) -> bool:
    """Tell whether a cluster begins there, or may."""
    if at == 0:
        return True
    before, char = text[at - 1], text[at]
    if before == "\r" and char == "\n":
        return False
    if before not in _JOINING and unicodedata.category(before) in _ALONE:
        return True
    if _extends(char):
        return False
    if ord(char) in _REGIONAL and ord(before) in _REGIONAL:
        return _run_before(text, at) % 2 == 0
    return not (before == _ZWJ and _is_picture(char) and _picture_before(text, at - 1))


def _extends(char: str) -> bool:
    return char in _JOINING or ord(char) in _SKIN or unicodedata.category(char) in ("Mn", "Me")


def _is_picture(char: str) -> bool:
    return char in _SIGNS or any(ord(char) in block for block in _PICTURES)


def _picture_before(text: str, at: int) -> bool:
    """Tell whether a picture stands before, with nothing but what extends it between."""
    at -= 1
    # Of two joiners the first joins nothing: GB11 allows what extends between the picture and the one joiner, and no other.
    while at > 0 and _extends(text[at]) and text[at] != _ZWJ:
        at -= 1
    return at >= 0 and _is_picture(text[at])


def _run_before(text: str, at: int) -> int:
    """Count the regional indicators that stand directly before."""
    start = at
    while start > 0 and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return at - start
