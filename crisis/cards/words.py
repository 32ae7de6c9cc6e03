"""The words of a card: which blocks have room, how large they are set, and the same words for those who do not see it.

A card's text is that of any other layout, with a mark before some lines: "@" the header, "~" the band across it, "=" the
headline, "!" what stands out. A line of its own (`BETWEEN`) stands between two languages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PIL import ImageFont

from crisis.cards.faces import Undrawable, cut, face_for
from crisis.cards.lines import TooWide, Word, leftward, lines, prepared
from crisis.cards.lines import words as parted
from crisis.wording.fit import Filled, assemble, fit_equally, kept

BETWEEN = "———"
WIDTH, MARGIN = 1080, 60
# Letters of 28 pixels are about 10 points where a phone shows the card 390 points wide: nothing to be read is smaller.
SIZES = range(46, 27, -2)
LONGEST_ALT = (
    1_000  # characters; the shortest that any platform with cards takes is Bluesky's and LinkedIn's, which is longer
)
_BULLET = "• "
_MARKS = "@~=!"
_STYLES = {"=": (1.5, True), "!": (1.1, True), "": (1.0, False)}  # size, bold
_NARROWER = (0.94, 0.88, 0.82, 0.76, 0.7, 0.64)  # of a line's width
_NEVER = 1_000_000  # the height of what cannot be set


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of a card's text: its language, its mark (blank for plain words), its words."""

    language: str
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Set:
    """A paragraph that is set: its lines, with what they are drawn, and how far the first letter stands in.

    Attributes:
        height: pixels from one line to the next.
        hangs: what stands before the first line, outside the others.
        before: pixels above it.
    """

    lines: tuple[str, ...]
    language: str
    cut: ImageFont.FreeTypeFont
    height: int
    before: int
    indent: int = 0
    hangs: str = ""

    @property
    def leftward(self) -> bool:
        """Whether it is read from right to left."""
        return leftward(self.language)


def read(text: str, languages: Sequence[str]) -> list[Paragraph]:
    """Return a card's text as paragraphs.

    Args:
        text: of a card.
        languages: in which it is written, in order.
    """
    found = []
    for language, part in zip(languages, text.split(f"\n{BETWEEN}\n"), strict=True):
        for line in part.split("\n"):
            mark = line[0] if line[1:2] == " " and line[0] in _MARKS else ""
            found.append(Paragraph(language, mark, line[2:] if mark else line))
    return found


@lru_cache(maxsize=1024)
def _paragraph(paragraph: Paragraph, size: int) -> Set | None:
    """Return a paragraph set in a size, or None where a word alone is too wide."""
    factor, bold = _STYLES[paragraph.mark]
    hangs = _BULLET if paragraph.words.startswith(_BULLET) else ""
    words = prepared(paragraph.words.removeprefix(hangs), paragraph.language)
    used = cut(face_for(paragraph.words, paragraph.language), round(size * factor), bold=bold)
    ascent, descent = used.getmetrics()
    indent = round(used.getlength(hangs)) if hangs else 0
    widest = WIDTH - 2 * MARGIN - indent
    direction = "rtl" if leftward(paragraph.language) else "ltr"

    def width(text: str) -> float:
        return used.getlength(text, direction=direction, language=paragraph.language)

    gap = width(" ")
    told = parted(words, paragraph.language, width)
    try:
        found = lines(told, widest, gap)
    except TooWide:
        return None
    found = _alike(told, found, widest, gap)
    # A typeface of many scripts leaves room for the highest marks of each; half of it is enough between lines of any.
    height = round((ascent + descent) * 0.5 + used.size * 0.68)
    return Set(found, paragraph.language, used, height, round(size * 0.22), indent, hangs)


def _alike(told: Sequence[Word], found: tuple[str, ...], widest: float, gap: float) -> tuple[str, ...]:
    """Return as many lines, but of about one length: a word alone in the last one is easily missed."""
    for part in _NARROWER if len(found) > 1 else ():
        try:
            alike = lines(told, widest * part, gap)
        except TooWide:
            break
        # What was whole in a longer line stays so.
        if len(alike) > len(found) or any(word.width > widest * part for word in told if word.width <= widest):
            break
        found = alike
    return found


def body(paragraphs: Sequence[Paragraph], size: int) -> list[Set] | None:
    """Return what stands between map and footer, set in a size; None where a word is too wide for it."""
    found: list[Set] = []
    shown = [paragraph for paragraph in paragraphs if paragraph.mark in _STYLES]
    for before, paragraph in pairwise([None, *shown]):
        assert paragraph is not None  # noqa: S101 - only the first is
        made = _paragraph(paragraph, size)
        if made is None:
            return None
        if before is not None and before.language != paragraph.language:
            made = Set(made.lines, made.language, made.cut, made.height, round(size * 1.1), made.indent, made.hangs)
        found.append(made)
    return found


def height(sets: Sequence[Set] | None) -> int:
    """Return how many pixels high it is; beyond any card where it cannot be set."""
    return _NEVER if sets is None else sum(one.before + one.height * len(one.lines) for one in sets)


def compose(told: Mapping[str, Sequence[Filled]], room: int) -> str:
    """Return the words of a card: whole where they fit in the smallest letters, else with fewer blocks, alike in each language.

    A block that may be left out and holds a letter that no typeface has is left out too.

    Args:
        told: by language, the blocks of the layout "card".
        room: pixels between map and footer, where both are smallest.

    Raises:
        Undrawable: what must be said has a letter that no typeface has.
        TooLong: the shortest form has no room.
    """
    languages = list(told)
    odd = {block.kind for language, block in _each(told) if block.drop and _lacking(block.text, language)}
    for language, block in _each(told):
        if not block.drop:
            face_for(block.text, language)
    joined: list[Filled] = []
    for language in languages:
        joined += [Filled(BETWEEN)] if joined else []
        joined += [block for block in told[language] if block.kind not in odd]

    def measure(text: str) -> int:
        return height(body(read(text, languages), SIZES[-1]))

    kinds = fit_equally([joined], limit=room, measure=measure)
    return assemble(kept(joined, kinds))


def _each(told: Mapping[str, Sequence[Filled]]) -> Iterator[tuple[str, Filled]]:
    for language, blocks in told.items():
        for block in blocks:
            yield language, block


def _lacking(text: str, language: str) -> bool:
    try:
        face_for(text, language)
    except Undrawable:
        return True
    return False


def alt(text: str, languages: Sequence[str], ending: str, *, longest: int = LONGEST_ALT) -> str:
    """Return a card's words for those who do not see it: as many of its languages as have room, each whole.

    Args:
        text, languages: of a card.
        ending: what its footer says.
        longest: characters.
    """
    by_language: dict[str, list[Paragraph]] = {}
    for paragraph in read(text, languages):
        if paragraph.mark != "~":  # the line beneath says it in a sentence
            by_language.setdefault(paragraph.language, []).append(paragraph)
    whole = ["\n".join(paragraph.words for paragraph in part) for part in by_language.values()]
    for count in range(len(whole), 0, -1):
        told = "\n\n".join([*whole[:count], ending])
        if len(told) <= longest:
            return told
    # Of one language alone: what stands out, and of the rest, line by line, what has room.
    first = next(iter(by_language.values()))
    stays = {paragraph for paragraph in first if paragraph.mark}
    for paragraph in first:
        if len(_lines(first, {*stays, paragraph}, ending)) <= longest:
            stays.add(paragraph)
    return _lines(first, stays, ending)


def _lines(paragraphs: Sequence[Paragraph], among: set[Paragraph], ending: str) -> str:
    return "\n".join([*(paragraph.words for paragraph in paragraphs if paragraph in among), "", ending])
