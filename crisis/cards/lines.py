"""Breaking a paragraph into lines: between words, in scripts without spaces between phrases; never within one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import budoux
from babel import Locale, UnknownLocaleError

_NBSP, _NO_WIDTH = "\u00a0", "\u200b"
_NUMBER = re.compile(r"\+?\d[\d ]{4,}\d")
# Scripts without spaces between words. The models are BudouX's, learned from texts whose phrases people had marked.
_PHRASES = {
    "ja": "load_default_japanese_parser",
    "zh": "load_default_simplified_chinese_parser",
    "zh-hant": "load_default_traditional_chinese_parser",
    "zh-tw": "load_default_traditional_chinese_parser",
    "zh-hk": "load_default_traditional_chinese_parser",
    "th": "load_default_thai_parser",
}


class TooWide(Exception):
    """A word is wider than a line."""


@cache
def leftward(language: str) -> bool:
    """Tell whether a language is written from right to left."""
    try:
        return str(Locale.parse(language.replace("-", "_")).character_order) == "right-to-left"
    except (UnknownLocaleError, ValueError):
        return False


@cache
def _parser(name: str) -> budoux.Parser:
    found: budoux.Parser = getattr(budoux, name)()
    return found


def _phrases(word: str, language: str) -> list[str]:
    tag = language.lower()
    name = _PHRASES.get(tag) or _PHRASES.get(tag.partition("-")[0])
    return list(_parser(name).parse(word)) if name and not word.isascii() else [word]


def prepared(text: str, language: str) -> str:
    """Return a paragraph in which a phone number stays in one piece and is read from left to right."""
    isolated = leftward(language)

    def one(found: re.Match[str]) -> str:
        number = found.group().replace(" ", _NBSP)
        return f"\u2066{number}\u2069" if isolated else number

    return _NUMBER.sub(one, text)


@dataclass(frozen=True, slots=True)
class Word:
    """What stands between two spaces: its phrases, each with its width in pixels."""

    phrases: tuple[tuple[str, float], ...]

    @property
    def width(self) -> float:
        """Its width in pixels."""
        return sum(width for _, width in self.phrases)


def words(text: str, language: str, width: Callable[[str], float]) -> list[Word]:
    """Return a paragraph's words.

    Args:
        text: one paragraph, as `prepared` gives it; a space of no width (U+200B) parts words too.
        language: by whose words it is parted.
        width: tells how wide a text is, in pixels.
    """
    found = []
    for word in text.split(" "):
        parts = [part for piece in word.split(_NO_WIDTH) for part in _phrases(piece, language)]
        found.append(Word(tuple((part, width(part)) for part in parts)))
    return found


def lines(told: Sequence[Word], widest: float, gap: float) -> tuple[str, ...]:
    """Return a paragraph's lines, each as full as it may be; a word is only parted where it is wider than a line.

    Args:
        told: its words.
        widest: pixels of a line.
        gap: pixels of a space.

    Raises:
        TooWide: a phrase alone is wider than a line.
    """
    found: list[str] = []
    line, used = "", 0.0
    for word in told:
        whole = "".join(text for text, _ in word.phrases)
        parts = [(whole, word.width)] if word.width <= widest else list(word.phrases)
        for number, (text, width) in enumerate(parts):
            if width > widest:
                raise TooWide(text)
            joint = gap if line and not number else 0.0
            if line and used + joint + width > widest:
                found.append(line)
                line, used, joint = "", 0.0, 0.0
            line, used = f"{line}{' ' if joint else ''}{text}", used + joint + width
    return (*found, line) if line else tuple(found)
