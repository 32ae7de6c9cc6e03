"""Reading a table that somebody saved: its letters, its separators, its rows with their lines. No database."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

DELIMITERS = ";,\t"
LARGEST = 20_000_000  # bytes: 100,000 people take about 12 million
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class BadTable(Exception):
    """The file cannot be read at all; the message says why, in the words of whoever saved it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's text, how it was written, and its first line; `text` is never shown."""

    text: str = field(repr=False)
    encoding: str
    delimiter: str
    header: tuple[str, ...]


def table(data: bytes) -> Table:
    """Read a CSV: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252; separated by ; or , or tabs.

    Raises:
        BadTable: it is no such file, it is too large, or its first line names no columns.
    """
    if len(data) > LARGEST:
        raise BadTable(_("the file is larger than %(most)s MB: divide it") % {"most": LARGEST // 1_000_000})
    if data.startswith(_WORKBOOKS):
        raise BadTable(_("this is a workbook: save it as CSV and bring that in"))
    text, encoding = _decoded(data)
    if "\0" in text:
        raise BadTable(_("this is no text file: save it as CSV"))
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    header = tuple(name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=delimiter), []))
    if not any(header):
        raise BadTable(_("the first line must name the columns"))
    if twice := [name for name in header if name and header.count(name) > 1]:
        raise BadTable(_("the first line names %(column)s twice") % {"column": repr(twice[0])})
    return Table(text, encoding, delimiter, header)


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding.removesuffix("-sig").upper()
            except UnicodeDecodeError:
                raise BadTable(
                    _("the file says that it is %(encoding)s, and is not") % {"encoding": encoding}
                ) from None
    for encoding, name in (("utf-8", "UTF-8"), ("cp1252", "Windows-1252")):
        try:
            return data.decode(encoding), name
        except UnicodeDecodeError:
            continue
    raise BadTable(_("the letters are neither UTF-8 nor Windows-1252: save the file as CSV UTF-8"))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line on which it ends, and its cells; never shown."""

    number: int
    cells: list[str] = field(repr=False)


def lines(text: str, delimiter: str) -> Iterator[Line]:
    """Give the rows below the first line, without blank ones.

    Raises:
        BadTable: quotation marks are left open; the message names the line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader, None)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Line(reader.line_num, cells)
    except csv.Error as error:
        raise BadTable(_("line %(line)s: %(error)s") % {"line": reader.line_num, "error": error}) from error
