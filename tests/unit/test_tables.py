"""Files as people save them: letters, separators, headers in four languages; no database."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis.audience.columns import proposed
from crisis.audience.tables import BadTable, lines, table
from crisis.sheets import plain, written


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter"),
    [
        ("naam;stad\nAndré;Köln\n".encode(), "UTF-8", ";"),
        ("naam;stad\nAndré;Köln\n".encode("utf-8-sig"), "UTF-8", ";"),
        ("naam;stad\r\nAndré;Köln\r\n".encode("cp1252"), "Windows-1252", ";"),
        ("naam\tstad\nAndré\tKöln\n".encode("utf-16"), "UTF-16", "\t"),
        ("naam,stad\nAndré,Köln\n".encode(), "UTF-8", ","),
    ],
)
def test_letters_and_separators_are_found_out(data: bytes, encoding: str, delimiter: str) -> None:
    found = table(data)
    assert (found.encoding, found.delimiter, found.header) == (encoding, delimiter, ("naam", "stad"))
    assert [line.cells for line in lines(found.text, found.delimiter)] == [["André", "Köln"]]
    assert "André" not in repr(found)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04whatever", "workbook"),
        (b"a,b\0c", "no text file"),
        (b"", "must name the columns"),
        (b"a,a\n1,2\n", "twice"),
        (b"a,\x81\n", "neither UTF-8 nor Windows-1252"),
        (b"a" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_what_is_no_table_is_refused_in_plain_words(data: bytes, why: str) -> None:
    with pytest.raises(BadTable, match=why):
        table(data)


def test_lines_are_those_of_the_file() -> None:
    text = 'a,b\n\n1,2\n"x\ny",3\n,\n4,5\n'
    assert [(line.number, line.cells[1]) for line in lines(text, ",")] == [(3, "2"), (5, "3"), (7, "5")]
    with pytest.raises(BadTable, match="line 2"):
        list(lines('a,b\n"open,1\n', ","))


@pytest.mark.parametrize(
    "header",
    [
        ["Achternaam", "Voornaam", "Taal", "Aantal personen", "Land", "Plaats", "E-mailadres", "GSM", "Tot en met"],
        ["Nom", "Prénom", "Langue", "Nombre de personnes", "Pays", "Ville", "Courriel", "Téléphone", "Date de fin"],
        ["Nachname", "Vorname", "Sprache", "Anzahl", "Staat", "Ort", "E-Mail", "Handy", "Bis"],
        ["Last name", "First name", "Language", "Persons", "Country", "City", "Email", "Mobile phone", "Until"],
    ],
)
def test_headers_of_four_languages_are_understood(header: list[str]) -> None:
    wanted = ["last_name", "first_name", "language", "people", "country", "place", "email", "phone", "until_on"]
    assert proposed(header) == dict(zip(wanted, header, strict=True))


def test_a_family_name_alone_is_the_name() -> None:
    assert proposed(["Nom", "Courriel", "Foo"]) == {"name": "Nom", "email": "Courriel"}


@given(
    st.lists(st.text("=@+-＝＠ \t\r\n;,|\"'a1\ufeff\xa0", max_size=9), min_size=1, max_size=3),
    st.sampled_from(";,|\t"),
)
def test_what_is_given_out_holds_no_formula_however_it_is_divided(cells: list[str], delimiter: str) -> None:
    for row in csv.reader(io.StringIO(written([cells]), newline=""), delimiter=delimiter):
        # Some programs begin a cell anew at a line within it, and trim what stands before.
        for line in (line for cell in row for line in re.split(r"[\r\n]", cell)):
            assert line.lstrip('\ufeff \xa0\t"')[:1] not in ("=", "@", "＝", "＠"), (cells, row)


def test_numbers_and_plain_words_are_given_out_as_they_are() -> None:
    cells = ["+32 470 12 34 56", "-12", "Anna-Marie", "a@example.org", "1+1", "Lubumbashi, avenue Mobutu", "Wait - now"]
    assert written([cells]) == ";".join(cells) + "\r\n"
    for cell, safe in (
        ("-1+1", "'-1+1"), (" =1", "' =1"), ("x,=1", "x,'=1"), ("x\n@SUM(1)", "x\n'@SUM(1)"), ('x,"=1"', "x,'\"=1\""),
        ("+cmd|'/C calc'", "'+cmd|'/C calc'"), ("\t=1", "\t'=1"),
    ):  # fmt: skip
        assert plain(cell) == safe
