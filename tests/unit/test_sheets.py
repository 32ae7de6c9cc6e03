"""What is exported is what stands there, and never a formula."""

import csv
import io
import zipfile
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis.checkins.sheets import as_csv, as_xlsx

_NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells(book: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        assert file.testzip() is None
        for name in file.namelist():
            ET.fromstring(file.read(name))  # noqa: S314 - our own
        sheet = ET.fromstring(file.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    assert sheet.findall(".//m:f", _NAMES) == [], "no formula"
    rows = sheet.findall(".//m:row", _NAMES)
    return [[text.text or "" for text in row.findall(".//m:t", _NAMES)] for row in rows]


@pytest.mark.parametrize(
    "bad", ["=1+1", "+32470123456", "-2", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", "\r=1", "＝1", '=HYPERLINK("x")']
)
def test_no_cell_of_a_csv_is_a_formula(bad: str) -> None:
    (row,) = csv.reader(io.StringIO(as_csv([[bad, "Zoë"]]).decode("utf-8-sig"), newline=""))
    assert row == [f"'{bad}", "Zoë"]


@given(st.lists(st.lists(st.text(max_size=30), min_size=1, max_size=4), max_size=4))
def test_every_text_stands_in_the_book_as_text(rows: list[list[str]]) -> None:
    found = cells(as_xlsx(rows))
    assert [len(row) for row in found] == [len(row) for row in rows]
    for row, original in zip(found, rows, strict=True):
        for cell, text in zip(row, original, strict=True):
            plain = text.replace("\r\n", "\n").replace("\r", "\n")
            assert cell == "".join(
                c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000" else "\ufffd"
                for c in plain
            )
