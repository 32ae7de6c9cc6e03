"""Names that pass for another: folded until what the eye takes for the same is the same (skeletons of Unicode TS 39).

Unicode's own table has six thousand rows, nearly all for scripts in which no platform allows a handle. Here are the letters
of those in which handles are written, and what TS 39 leaves out because it is plain ASCII: a nought for an o, rn for m.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# By each Latin letter, those of Cyrillic, Greek, Armenian and rarer Latin that look like it.
# Source: unicode.org, confusables.txt (16.0).
_LOOKS = {
    "a": "аαɑ", "b": "вьβƅ", "c": "сϲᴄ", "d": "ԁժ", "e": "еҽєε", "f": "ғքƒ", "g": "ɡցɢ", "h": "һհнʜ", "i": "іıιɩӏ", "j": "јϳȷ",
    "k": "кκᴋ", "l": "ӏאʟ", "m": "мᴍ", "n": "пηոռɴ", "o": "оοօσᴏ", "p": "рρϱ", "q": "ԛզգ", "r": "гᴦʀ", "s": "ѕꜱ", "t": "тτᴛ",
    "u": "υսʋᴜц", "v": "νѵᴠ", "w": "ԝωѡաᴡ", "x": "хχ", "y": "уүγʏ", "z": "ᴢ",
}  # fmt: skip
_LETTERS = str.maketrans({other: letter for letter, others in _LOOKS.items() for other in others})
# What reads as the same in small print, in the order in which it is folded.
_PAIRS = (
    ("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"),
    ("j", "l"), ("5", "s"), ("3", "e"), ("4", "a"), ("8", "b"),
)  # fmt: skip
# What an impostor puts before or behind a name, in the languages of the pages.
_AFFIXES = (
    "verified", "officieel", "offiziell", "official", "officiel", "oficial", "real", "thereal", "the", "support", "help",
    "helpdesk", "emergency", "noodhulp", "urgence", "notfall", "consular", "consulaire", "visa", "team", "news", "info", "online",
    "gov", "alert", "alerts", "hq",
)  # fmt: skip
_SHORTEST = 6  # letters below which two names that differ by one letter are simply two names
_TWO_FROM = 12  # letters from which two may differ


@lru_cache(maxsize=20_000)
def skeleton(name: str) -> str:
    """Return a handle as the eye takes it: without case, marks, dots and dashes, each letter by what it looks like."""
    bare = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    bare = "".join(sign for sign in bare.casefold().translate(_LETTERS) if sign.isalnum())
    for looks, like in _PAIRS:
        bare = bare.replace(looks, like)
    return bare


@lru_cache(maxsize=20_000)
def _core(name: str) -> str:
    """Return a skeleton without what impostors add, and without digits at its end."""
    bare = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold()).rstrip("0123456789")
    for affix in sorted(_AFFIXES, key=len, reverse=True):
        cut = bare.removeprefix(affix).removesuffix(affix)
        if cut != bare and len(cut) >= _SHORTEST:
            bare = cut.rstrip("0123456789")
    return skeleton(bare)


def alike(asked: str, ours: Iterable[str]) -> list[str]:
    """Return those of our names that another one, which is none of them, may be meant to be taken for.

    Args:
        asked: the name that somebody saw.
        ours: our names, without "@".
    """
    seen, core = skeleton(asked), _core(asked)
    return [name for name in ours if _near(seen, core, name)] if seen else []


def _near(seen: str, core: str, name: str) -> bool:
    own = skeleton(name)
    if seen == own or (len(core) >= _SHORTEST and core == _core(name)):
        return True
    shorter = min(len(seen), len(own))
    if shorter < _SHORTEST or abs(len(seen) - len(own)) > 2:
        return False
    return _apart(seen, own) <= (2 if shorter >= _TWO_FROM else 1)


def _apart(one: str, other: str) -> int:
    """Return by how many slips of the hand two words differ: a letter more, less, another, or two exchanged (Damerau)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]
