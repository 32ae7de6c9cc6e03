"""Which letters a typeface has, read from its own table of characters: what is not in it would be drawn as an empty box.

Source: OpenType 1.9.1, "cmap", formats 4 and 12, and the TrueType collection's header.
"""

import struct
from typing import BinaryIO

# Of a table's encodings (platform, encoding): all of Unicode before its first 65,536 letters.
_WHOLE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3))


def letters(file: BinaryIO, index: int = 0) -> frozenset[int]:
    """Return the code points for which a typeface has a shape.

    Args:
        file: a TrueType or OpenType file, or a collection of them.
        index: which one of a collection.

    Raises:
        ValueError: it has no table of characters that is known here.
    """
    start = 0
    if _at(file, 0, 4) == b"ttcf":
        (start,) = struct.unpack(">I", _at(file, 12 + 4 * index, 4))
    (tables,) = struct.unpack(">H", _at(file, start + 4, 2))
    for number in range(tables):
        tag, _, offset, length = struct.unpack(">4sIII", _at(file, start + 12 + 16 * number, 16))
        if tag == b"cmap":
            return _letters(_at(file, offset, length))
    raise ValueError("no cmap")


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _letters(table: bytes) -> frozenset[int]:
    (count,) = struct.unpack_from(">H", table, 2)
    records = [struct.unpack_from(">HHI", table, 4 + 8 * number) for number in range(count)]
    offsets = {(platform, encoding): offset for platform, encoding, offset in records}
    for which in _WHOLE:
        if which in offsets:
            own = table[offsets[which] :]
            (form,) = struct.unpack_from(">H", own)
            if form in (4, 12):
                return _segments(own) if form == 4 else _groups(own)
    raise ValueError("no cmap of format 4 or 12")


def _groups(own: bytes) -> frozenset[int]:
    (count,) = struct.unpack_from(">I", own, 12)
    found: set[int] = set()
    for first, last, glyph in struct.iter_unpack(">III", own[16 : 16 + 12 * count]):
        found.update(range(first if glyph else first + 1, last + 1))  # glyph 0 is the empty box
    return frozenset(found)


def _segments(own: bytes) -> frozenset[int]:
    (double,) = struct.unpack_from(">H", own, 6)
    count = double // 2
    lasts = struct.unpack_from(f">{count}H", own, 14)
    firsts = struct.unpack_from(f">{count}H", own, 16 + double)
    deltas = struct.unpack_from(f">{count}H", own, 16 + 2 * double)
    ranges = struct.unpack_from(f">{count}H", own, 16 + 3 * double)
    found: set[int] = set()
    for number, (first, last, delta, away) in enumerate(zip(firsts, lasts, deltas, ranges, strict=True)):
        for letter in range(first, min(last, 0xFFFE) + 1):
            glyph = letter
            if away:
                place = 16 + 3 * double + 2 * number + away + 2 * (letter - first)
                (glyph,) = struct.unpack_from(">H", own, place)
            if glyph and (glyph + delta) % 65536:
                found.add(letter)
    return frozenset(found)
