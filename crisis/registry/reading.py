"""Reading a CSV of posts: each row becomes a checked PostRow, or a problem with its line and its reason. No database."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from crisis.registry import cells
from crisis.registry.cells import PLATFORMS, Claim

# Other names under which surveys of posts know our columns; such a column goes before one that bears our name, because a
# survey that has `country_iso2` has the country's name in `country`.
_ALIASES = {
    "kind": ("type",),
    "country": ("country_iso2",),
    "consular": ("jurisdiction", "jurisdiction_iso2"),
    "x": ("twitter",),
    "state": ("status",),
}
REQUIRED = ("post_id", "kind", "country")
KINDS = (
    "embassy", "high_commission", "consulate_general", "consulate", "vice_consulate", "honorary_consulate",
    "honorary_consulate_general", "consular_agency", "permanent_mission", "permanent_representation", "delegation",
    "diplomatic_office", "representative_office", "liaison_office", "interests_section", "trade_office",
)  # fmt: skip
_KIND_ALIASES = {"british_high_commission": "high_commission"}
STATES = {"open", "planned", "closing", "closed", "unverified"}
_STATE_ALIASES = {"": "open", "listed": "open", "verify": "unverified", "doubtful": "unverified"}
MAX_BYTES = 5_000_000
# What the registry can hold, in characters: PostgreSQL refuses more, SQLite would take it.
LONGEST = {"name": 160, "kind": 40, "city": 80, "email": 120, "wikidata": 20, "website": 200}
_COLUMNS = {
    *REQUIRED, *PLATFORMS, "name", "city", "lat", "lon", "coordinates", "consular", "political", "state", "website",
    "email", "phone", "languages", "ask", "valid_from", "valid_to", "successor", "wikidata", "notes", "source",
    "jurisdiction_other",
}  # fmt: skip


class UnreadableFile(Exception):
    """The file as a whole cannot be read; nothing of it was imported."""


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post as its row says it, checked.

    Attributes:
        ask: the platforms whose account is used only when an officer ticks it.
        says: the columns that the file has; what it lacks, the row says nothing of.
        doubt: what looks odd about it, and is no reason to leave it out; blank as a rule.
    """

    line: int
    code: str
    name: str
    kind: str
    city: str
    country: str
    point: tuple[float, float] | None
    exact: bool
    consular: tuple[Claim, ...]
    political: tuple[Claim, ...]
    state: str
    accounts: dict[str, tuple[str, ...]]
    languages: tuple[str, ...]
    ask: frozenset[str] = frozenset()
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""
    says: frozenset[str] = frozenset()
    doubt: str = ""
    website: str = ""
    email: str = ""
    phone: str = ""
    wikidata: str = ""
    notes: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out: its line in the file, which post, and why."""

    line: int
    post: str
    why: str

    def __str__(self) -> str:
        words = _("line %(line)s (%(post)s): %(why)s") if self.post else _("line %(line)s: %(why)s")
        return words % {"line": self.line, "post": self.post, "why": self.why}


@dataclass(slots=True)
class Reading:
    """What a file holds; `unread` are columns that nobody reads."""

    rows: list[PostRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def decode(data: bytes) -> str:
    """Return the file's text.

    Raises:
        UnreadableFile: it is too large or not UTF-8; the message names the first line that is not.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableFile(_("The file is larger than %(most)s MB: divide it.") % {"most": MAX_BYTES // 1_000_000})
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            _("Line %(line)s is not UTF-8: save the file as “CSV UTF-8” and import it again.") % {"line": line}
        ) from error


def read(path: Path) -> Reading:
    """Read a file of posts.

    Args:
        path: UTF-8, with a header; parted by commas, semicolons or tabs.

    Raises:
        UnreadableFile: it is missing, no UTF-8, empty, its header is malformed or lacks a column.
    """
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}.") from error
    names, table = opened(text)
    columns = _columns(names)
    known = _COLUMNS.union(*_ALIASES.values())
    reading = Reading(unread=[name for name in names if name and name not in known])
    seen, addresses = set[str](), dict[tuple[str, str], str]()
    for line, found in lines(table, len(names), reading.problems):
        row = {name: found[names.index(column)].strip() for name, column in columns.items()}
        try:
            post = _post(line, row)
            _unique(post, seen, addresses)
        except ValueError as error:
            reading.problems.append(Problem(line, row["post_id"], str(error)))
        else:
            reading.rows.append(post)
    if not reading.rows and not reading.problems:
        raise UnreadableFile("The file has a header but no rows.")
    return reading


def opened(text: str) -> tuple[list[str], Any]:
    """Return the names of a file's columns, in small letters, and the reader of its rows, whatever sign parts them.

    Raises:
        UnreadableFile: its header is malformed.
    """
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [name.strip().lower() for name in next(table, [])], table
    except csv.Error as error:
        raise UnreadableFile(_("The header cannot be read: %(error)s.") % {"error": error}) from error


def _columns(found: list[str]) -> dict[str, str]:
    columns = {name: name for name in found}
    for name, others in _ALIASES.items():
        for other in others:
            if other in found:
                columns[name] = other
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise UnreadableFile(
            f"The header lacks {', '.join(missing)}. It must name at least: {', '.join(REQUIRED)}; "
            "data/posts.csv shows every column."
        )
    return columns


def lines(table: Any, width: int, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Return the rows that have as many cells as the header, each with its line; the others are problems."""
    while True:
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(table.line_num, "", _("the row cannot be read: %(error)s") % {"error": error}))
            continue
        if len(cells) == width:
            yield table.line_num, cells
        elif any(cell.strip() for cell in cells):
            hint = _("a comma outside quotes?") if len(cells) > width else _("a cell is missing")
            why = _("%(many)s columns instead of %(width)s: %(hint)s") % {
                "many": len(cells), "width": width, "hint": hint,
            }  # fmt: skip
            problems.append(Problem(table.line_num, cells[0], why))


def _post(line: int, row: dict[str, str]) -> PostRow:
    _storable(row)
    code = cells.post_id(row["post_id"], "post_id")
    if not row["kind"]:
        raise ValueError("kind is blank: say embassy, consulate, ...")
    kind = row["kind"].lower().replace(" ", "_").replace("-", "_")
    kind = _KIND_ALIASES.get(kind, kind)
    if kind not in KINDS:
        raise ValueError(f"kind {row['kind']!r} is none of {', '.join(KINDS)}")
    country = cells.country(row["country"], "country")
    point = cells.point(row, country)
    consular, political = cells.claims(row, country), _political(row)
    accounts, (valid_from, valid_to) = cells.accounts(row), cells.period(row)
    state = _STATE_ALIASES.get(row.get("state", ""), row.get("state", "").split(" ")[0])
    state = {"opening": "planned"}.get(state, state)
    if state not in STATES:
        raise ValueError(f"state {row['state']!r} is none of {', '.join(sorted(STATES))}")
    return PostRow(
        line=line,
        code=code,
        name=row.get("name") or _name(kind, row.get("city", ""), country),
        kind=kind,
        city=row.get("city", ""),
        country=country,
        point=point,
        exact=row.get("coordinates", "") == "exact",
        consular=consular,
        political=political,
        state=state,
        accounts=accounts,
        languages=cells.languages(row.get("languages", "")),
        ask=cells.asked(row.get("ask", ""), accounts),
        valid_from=valid_from,
        valid_to=valid_to,
        successor=cells.successor(row.get("successor", ""), code),
        says=frozenset(row),
        doubt=cells.elsewhere(point, country, {claim.country for claim in (*consular, *political)}),
        website=cells.website(row.get("website", "")),
        email=cells.email(row.get("email", "")),
        phone=cells.phone(row.get("phone", "")),
        wikidata=row.get("wikidata", ""),
        notes=row.get("notes", ""),
        source=row.get("source", ""),
    )


def _political(row: dict[str, str]) -> tuple[Claim, ...]:
    return tuple(cells.claim(token) for token in cells.split(row.get("political", "")))


def _storable(row: dict[str, str]) -> None:
    for column, cell in row.items():
        if "\0" in cell:
            raise ValueError(f"{column} holds a NUL character: save the file as plain text")
        if len(cell) > LONGEST.get(column, len(cell)):
            raise ValueError(f"{column} has {len(cell)} characters, at most {LONGEST[column]}")


def _name(kind: str, city: str, country: str) -> str:
    words = kind.replace("_", " ").capitalize()
    return f"{words}, {city}" if city else f"{words}, {country}"


def _unique(post: PostRow, seen: set[str], addresses: dict[tuple[str, str], str]) -> None:
    if post.code in seen:
        raise ValueError("post_id stands in the file twice; the first one is kept")
    named = [(platform, each) for platform, those in post.accounts.items() for each in those]
    for platform, address in named:
        if owner := addresses.get((platform, address.casefold())):
            raise ValueError(f"{platform} account {address} is already {owner}'s in this file")
    seen.add(post.code)
    for platform, address in named:
        addresses[platform, address.casefold()] = post.code
