"""Tables that staff take out: CSV that any spreadsheet opens, in which nothing that somebody typed becomes a formula."""

import csv
import io
import re
from collections.abc import Sequence

# Whoever opens the file may divide it by another sign than ours, and some programs trim what stands before a cell.
_DIVIDERS = re.compile(r"([;,|\t\r\n\v\f\x85\u2028\u2029])")
_FORMULA = re.compile(r"[\s\"\x00-\x1f\u200b\u2060\ufeff]*(?:[=@\uff1d\uff20]|[+\-\uff0b\uff0d](?![\d\s]*$))")


def written(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a CSV, divided by semicolons; what a spreadsheet would take for a formula is text there."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([[plain(cell) for cell in row] for row in rows])
    return out.getvalue()


def plain(cell: str) -> str:
    """Return a cell in which each formula stands behind an apostrophe, wherever a program may begin a cell; numbers stay."""
    return "".join(f"'{piece}" if _FORMULA.match(piece) else piece for piece in _DIVIDERS.split(cell))


def typed(cell: str) -> str:
    """Return what somebody typed into a cell that `plain` has written: without the apostrophes before formulas."""
    pieces = _DIVIDERS.split(cell)
    return "".join(each[1:] if each.startswith("'") and _FORMULA.match(each[1:]) else each for each in pieces)
