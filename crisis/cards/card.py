"""Drawing the card: header, map, the band of a drill, the words, and the footer with code, address and QR code."""

import io
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

from crisis.cards import words, world
from crisis.cards.faces import FIRAGO, cut, face_for
from crisis.cards.lines import leftward
from crisis.cards.words import MARGIN, SIZES, WIDTH, Paragraph, Set
from crisis.cards.world import Ring, Spot
from crisis.wording.fit import TooLong

HEIGHT = 1350  # 4:5, the tallest that a feed shows whole
HEADER, FOOTER, BAND, FOOT_BAND, GAP = 70, 190, 86, 46, 16
SMALLEST_MAP, LARGEST_MAP = 170, 560  # heights; it gives way to the words
PAPER, INK = "#ffffff", "#141414"
DRILL, ON_DRILL = "#ffd400", "#000000"
# By CAP's severity; white letters on each have a contrast of 7:1 or more.
TONES = {"Extreme": "#6b0f1a", "Severe": "#8a1c12", "Moderate": "#7a3b00", "Minor": "#1f4a7a", "Unknown": "#3d3d3d"}
OVER = "#14532d"  # the danger is over, or the alert is taken back
QUALITY = 88  # of the JPEG; about 200 kB, where the strictest platform takes 1 MB
_SMALLER = range(
    SIZES[-1] - 2, 15, -2
)  # only where a newer typeface is wider than that with which the words were composed


@dataclass(frozen=True, slots=True)
class Card:
    """All that a card shows; the same card is always the same file.

    Attributes:
        text, languages: the words, as `words.compose` gives them, and in which languages they are.
        tone: a colour, from TONES, or OVER.
        code, link: the alert's code with its number, and its page.
        countries, spots, rings: what the map marks; a ring is an area's corners, as (lat, lon) in degrees.
    """

    text: str
    languages: tuple[str, ...]
    tone: str
    code: str
    link: str
    countries: tuple[str, ...]
    spots: tuple[Spot, ...] = ()
    rings: tuple[Ring, ...] = ()

    @property
    def alt(self) -> str:
        """The same words, for those who do not see it."""
        return words.alt(self.text, self.languages, f"{self.code}: {self.link}")


def room(*, drill: bool) -> int:
    """Return how many pixels the words have between the smallest map and the footer."""
    return HEIGHT - HEADER - SMALLEST_MAP - FOOTER - GAP - ((BAND + FOOT_BAND) if drill else 0)


_one_at_a_time = threading.Lock()


def draw(card: Card, shapes: Path) -> bytes:
    """Return a card as a JPEG of 1080 x 1350 pixels.

    A hundred accounts want the same one at the same moment: it is drawn once, by one thread.

    Args:
        card: what it shows.
        shapes: shapes.json.

    Raises:
        Undrawable, TooLong: see `words.compose`, which says so before anything is issued.
    """
    with _one_at_a_time:
        return _drawn(card, shapes)


@lru_cache(maxsize=12)
def _drawn(card: Card, shapes: Path) -> bytes:
    paragraphs = words.read(card.text, card.languages)
    band = [paragraph for paragraph in paragraphs if paragraph.mark == "~"]
    sets, map_height = _fitted(paragraphs, drill=bool(band))
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    brush = ImageDraw.Draw(image)
    brush.rectangle((0, 0, WIDTH, HEADER), fill=card.tone)
    _row(brush, [p for p in paragraphs if p.mark == "@"], (0, HEADER), PAPER, range(34, 21, -1))
    size = (WIDTH, map_height)
    image.paste(world.draw(shapes, card.countries, card.spots, size, card.tone, card.rings), (0, HEADER))
    top = HEADER + map_height
    if band:
        _band(brush, band, (top, top + BAND))
        _band(brush, band, (HEIGHT - FOOT_BAND, HEIGHT))
        top += BAND
    _body(brush, sets, top + GAP // 2, card.tone)
    _footer(image, brush, card, HEIGHT - FOOTER - (FOOT_BAND if band else 0))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return content.getvalue()


def _fitted(paragraphs: Sequence[Paragraph], *, drill: bool) -> tuple[list[Set], int]:
    """Return the words as large as they may be, and the map's height beside them."""
    space = room(drill=drill)
    sizes = [*reversed(_SMALLER), *reversed(SIZES)]
    fitting = bisect_right(sizes, 0, key=lambda size: int(words.height(words.body(paragraphs, size)) > space))
    if not fitting:
        raise TooLong(words.height(words.body(paragraphs, sizes[0])), space)
    sets = words.body(paragraphs, sizes[fitting - 1]) or []
    return sets, min(SMALLEST_MAP + space - words.height(sets), LARGEST_MAP)


_DOT = "  ·  "


@dataclass(frozen=True, slots=True)
class _Row:
    """Words of several languages beside one another, in one size, each in its own typeface."""

    told: tuple[Paragraph, ...]
    size: int

    @property
    def cuts(self) -> list[ImageFont.FreeTypeFont]:
        return [cut(face_for(each.words, each.language), self.size, bold=True) for each in self.told]

    @property
    def dot(self) -> ImageFont.FreeTypeFont:
        return cut(FIRAGO, self.size, bold=True)

    @property
    def widths(self) -> list[float]:
        told = zip(self.cuts, self.told, strict=True)
        return [one.getlength(each.words, language=each.language) for one, each in told]

    @property
    def width(self) -> float:
        return sum(self.widths) + self.dot.getlength(_DOT) * (len(self.told) - 1)


def _rows(told: Sequence[Paragraph], sizes: range) -> Iterator[_Row]:
    """Give what may be written, the best first: all languages as large as may be, then without the last of them."""
    unique = tuple({paragraph.words: paragraph for paragraph in told}.values())
    for count in range(len(unique), 0, -1):
        for size in sizes:
            yield _Row(unique[:count], size)


def _row(
    brush: ImageDraw.ImageDraw, told: Sequence[Paragraph], between: tuple[int, int], colour: str, sizes: range
) -> None:
    """Write words of several languages beside one another, in the middle of a bar."""
    if not told:
        return
    smallest = _Row(tuple(told[:1]), sizes[-1])
    row = next((row for row in _rows(told, sizes) if row.width <= WIDTH - 2 * MARGIN), smallest)
    boxes = [one.getbbox(each.words, anchor="ls") for one, each in zip(row.cuts, row.told, strict=True)]
    x = (WIDTH - row.width) / 2
    base = (between[0] + between[1] - min(box[1] for box in boxes) - max(box[3] for box in boxes)) / 2
    for number, (each, one, width) in enumerate(zip(row.told, row.cuts, row.widths, strict=True)):
        if number:
            brush.text((x, base), _DOT, font=row.dot, fill=colour, anchor="ls")
            x += row.dot.getlength(_DOT)
        direction = "rtl" if leftward(each.language) else "ltr"
        brush.text(
            (x, base), each.words, font=one, fill=colour, anchor="ls", direction=direction, language=each.language
        )
        x += width


def _band(brush: ImageDraw.ImageDraw, told: Sequence[Paragraph], between: tuple[int, int]) -> None:
    top, bottom = between
    edge = (bottom - top) // 9
    brush.rectangle((0, top, WIDTH, bottom), fill=DRILL)
    for x in range(-2 * edge, WIDTH, 4 * edge):
        for y in (top, bottom - edge):
            brush.polygon([(x, y + edge), (x + edge, y), (x + 3 * edge, y), (x + 2 * edge, y + edge)], fill=ON_DRILL)
    _row(brush, told, between, ON_DRILL, range(round((bottom - top) * 0.6), 19, -1))


def _body(brush: ImageDraw.ImageDraw, sets: Sequence[Set], top: int, tone: str) -> None:
    y, language = float(top), ""
    for one in sets:
        if language and one.language != language:
            rule = y + one.before / 2
            brush.line((MARGIN, rule, WIDTH - MARGIN, rule), fill=tone, width=3)
        language = one.language
        y += one.before
        side, anchor, direction = (WIDTH - MARGIN, "rs", "rtl") if one.leftward else (MARGIN, "ls", "ltr")
        inward = -1 if one.leftward else 1
        write = partial(brush.text, font=one.cut, fill=INK, anchor=anchor)
        for number, line in enumerate(one.lines):
            base = y + one.height * 0.76
            if one.hangs and not number:
                write((side, base), one.hangs.strip())
            write((side + inward * one.indent, base), line, direction=direction, language=one.language)
            y += one.height


def _footer(image: Image.Image, brush: ImageDraw.ImageDraw, card: Card, top: int) -> None:
    brush.line((MARGIN, top + 6, WIDTH - MARGIN, top + 6), fill=card.tone, width=6)
    code = segno.make(card.link, error="m", micro=False)
    scale = (FOOTER - 20) // int(code.symbol_size(border=2)[0])
    side = int(code.symbol_size(scale=scale, border=2)[0])
    left, up = MARGIN - 2 * scale, top + 14 + (FOOTER - 14 - side) // 2
    for y, row in enumerate(code.matrix_iter(scale=scale, border=2)):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((left + x, up + y), (0, 0, 0))
    x, widest = left + side + 34, WIDTH - MARGIN - (left + side + 34)
    big = cut(FIRAGO, 64, bold=True)
    brush.text((x, top + 102), card.code, font=big, fill=INK, anchor="ls")
    shown = card.link.partition("://")[2] or card.link
    size = next((s for s in range(36, 15, -1) if cut(FIRAGO, s, bold=False).getlength(shown) <= widest), 16)
    brush.text((x, top + 160), shown, font=cut(FIRAGO, size, bold=False), fill=INK, anchor="ls")
