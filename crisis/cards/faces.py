"""Which typeface draws a text: the first one that has every letter of it. What none has is refused, never drawn as a box."""

import io
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL import ImageFont

from crisis.cards.coverage import letters

# A collection holds one face for each way in which the same ideographs are written.
_HAN = {"ja": 0, "ko": 1, "zh": 2, "zh-hans": 2, "zh-cn": 2, "zh-hant": 3, "zh-tw": 3, "zh-hk": 4}


class Undrawable(Exception):
    """No typeface here has these letters.

    Attributes:
        letters: the first few of them.
    """

    def __init__(self, letters: str) -> None:
        super().__init__(f"no typeface has {' '.join(letters)}")
        self.letters = letters


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface that draws whole lines: letters of several scripts beside one another, shaped and ordered together.

    Attributes:
        family: "firago" (Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Devanagari, Georgian), or "han" (Chinese, Japanese,
            Korean).
        index: which face of a collection.
    """

    family: str
    index: int = 0


FIRAGO = Face("firago")
_BOLD = 700  # on the axis of weight, where a typeface has one instead of a bold face
_REGULAR = 400


def _firago(*, bold: bool) -> BinaryIO:
    import pymupdf_fonts

    return io.BytesIO(pymupdf_fonts.myfont("figbo" if bold else "figo"))


def _han() -> BinaryIO:
    import manimgx_fonts_cjk

    # Of 32 MB FreeType reads what it needs.
    return (Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc").open("rb")


def _file(face: Face, *, bold: bool = False) -> BinaryIO:
    return _firago(bold=bold) if face == FIRAGO else _han()


@cache
def _letters(face: Face) -> frozenset[int]:
    with _file(face) as file:
        return letters(file, face.index)


def _drawn(letter: str) -> bool:
    """Tell whether a letter has a shape of its own: what only joins, separates or turns others needs none."""
    return unicodedata.category(letter) not in ("Cf", "Cc", "Zs") and not "\ufe00" <= letter <= "\ufe0f"


def _lacking(face: Face, text: str) -> str:
    found = _letters(face)
    return "".join(
        dict.fromkeys(
            letter
            for letter in text
            if _drawn(letter)
            and ord(letter) not in found
            and any(ord(part) not in found for part in unicodedata.normalize("NFD", letter))
        )
    )


def face_for(text: str, language: str) -> Face:
    """Return the typeface that draws a text.

    Args:
        text: one paragraph.
        language: its language, as BCP 47 names it.

    Raises:
        Undrawable: none has all its letters.
    """
    tag = language.lower()
    han = Face("han", _HAN.get(tag, _HAN.get(tag.partition("-")[0], 0)))
    faces = (han, FIRAGO) if tag.partition("-")[0] in _HAN else (FIRAGO, han)
    lacking = [_lacking(faces[0], text)]
    if not lacking[0]:
        return faces[0]
    lacking.append(_lacking(faces[1], text))
    if not lacking[1]:
        return faces[1]
    raise Undrawable(min(lacking, key=len)[:8])


@lru_cache(maxsize=128)
def cut(face: Face, size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """Return a typeface in a size, as Pillow draws with it.

    Args:
        face: the typeface.
        size: pixels an em.
        bold: for what stands out.
    """
    font = ImageFont.truetype(_file(face, bold=bold), size, index=face.index, layout_engine=ImageFont.Layout.RAQM)
    if face != FIRAGO:
        font.set_variation_by_axes([_BOLD if bold else _REGULAR])
    return font
