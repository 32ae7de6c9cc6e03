"""Reading a CSV of posts: each row becomes a checked PostRow, or a problem with its line and its reason. No database."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crisis.places.borders import country_at
from crisis.places.names import country_of, is_country

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
PLATFORMS = ("facebook", "x", "telegram", "youtube", "instagram", "linkedin", "flickr", "weibo")
STATES = {"open", "planned", "closing", "closed", "unverified"}
_STATE_ALIASES = {"": "open", "listed": "open", "verify": "unverified", "doubtful": "unverified"}
_ADDRESS = re.compile(r"^@?[\w.\-À-ɏ]{1,150}$")
_POST_ID = re.compile(r"^[a-z0-9][a-z0-9_-]{1,59}$")
_PHONE = re.compile(r"^\+[\d\s().-]{6,30}$")
MAX_BYTES = 5_000_000
# What the registry can hold, in characters: PostgreSQL refuses more, SQLite would take it.
LONGEST = {"name": 160, "kind": 40, "city": 80, "email": 120, "wikidata": 20, "website": 200}
_COLUMNS = {
    *REQUIRED, *PLATFORMS, "name", "city", "lat", "lon", "coordinates", "consular", "political", "state", "website",
    "email", "phone", "languages", "wikidata", "notes", "source", "jurisdiction_other",
}  # fmt: skip
LONGEST_REGION = 120
LONGEST_ADDRESS = 160


class UnreadableFile(Exception):
    """The file as a whole cannot be read; nothing of it was imported."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A country, or one region of it, that a post is competent for."""

    country: str
    region_name: str = ""


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post as its row says it, checked."""

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
    accounts: dict[str, str]
    languages: tuple[str, ...]
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
        return f"line {self.line}{f' ({self.post})' if self.post else ''}: {self.why}"


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
        raise UnreadableFile(f"The file has {len(data):,} bytes; at most {MAX_BYTES:,} are read.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"Line {line} is not UTF-8: save the file as “CSV UTF-8” and import it again.") from error


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
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(table, [])]
    except csv.Error as error:
        raise UnreadableFile(f"The header cannot be read: {error}.") from error
    columns = _columns(names)
    known = _COLUMNS.union(*_ALIASES.values())
    reading = Reading(unread=[name for name in names if name and name not in known])
    seen, addresses = set[str](), dict[tuple[str, str], str]()
    for line, cells in _lines(table, len(names), reading):
        row = {name: cells[names.index(column)].strip() for name, column in columns.items()}
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


def _lines(table: Any, width: int, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            reading.problems.append(Problem(table.line_num, "", f"the row cannot be read: {error}"))
            continue
        if len(cells) == width:
            yield table.line_num, cells
        elif any(cell.strip() for cell in cells):
            hint = "a comma outside quotes?" if len(cells) > width else "a cell is missing"
            why = f"{len(cells)} columns instead of {width}: {hint}"
            reading.problems.append(Problem(table.line_num, cells[0], why))


def _post(line: int, row: dict[str, str]) -> PostRow:
    _storable(row)
    if not _POST_ID.match(row["post_id"]):
        raise ValueError(f"post_id {row['post_id']!r} must be small letters, digits, hyphens and underscores")
    if not row["kind"]:
        raise ValueError("kind is blank: say embassy, consulate, ...")
    kind = row["kind"].lower().replace(" ", "_").replace("-", "_")
    kind = _KIND_ALIASES.get(kind, kind)
    if kind not in KINDS:
        raise ValueError(f"kind {row['kind']!r} is none of {', '.join(KINDS)}")
    country = _country(row["country"], "country")
    point = _point(row, country)
    state = _STATE_ALIASES.get(row.get("state", ""), row.get("state", "").split(" ")[0])
    state = {"opening": "planned"}.get(state, state)
    if state not in STATES:
        raise ValueError(f"state {row['state']!r} is none of {', '.join(sorted(STATES))}")
    return PostRow(
        line=line,
        code=row["post_id"],
        name=row.get("name") or _name(kind, row.get("city", ""), country),
        kind=kind,
        city=row.get("city", ""),
        country=country,
        point=point,
        exact=row.get("coordinates", "") == "exact",
        consular=_claims(row, country),
        political=tuple(_claim(token) for token in _split(row.get("political", ""))),
        state=state,
        accounts=_accounts(row),
        languages=_languages(row.get("languages", "")),
        website=_website(row.get("website", "")),
        email=_email(row.get("email", "")),
        phone=_phone(row.get("phone", "")),
        wikidata=row.get("wikidata", ""),
        notes=row.get("notes", ""),
        source=row.get("source", ""),
    )


def _storable(row: dict[str, str]) -> None:
    for column, cell in row.items():
        if "\0" in cell:
            raise ValueError(f"{column} holds a NUL character: save the file as plain text")
        if len(cell) > LONGEST.get(column, len(cell)):
            raise ValueError(f"{column} has {len(cell)} characters, at most {LONGEST[column]}")


def _name(kind: str, city: str, country: str) -> str:
    words = kind.replace("_", " ").capitalize()
    return f"{words}, {city}" if city else f"{words}, {country}"


def _country(text: str, column: str) -> str:
    if not text:
        raise ValueError(f"{column} is blank")
    code = country_of(text)
    if code is None:
        raise ValueError(f"{column} {text!r} is no country: use its two-letter ISO code")
    return code


def _point(row: dict[str, str], country: str) -> tuple[float, float] | None:
    lat_text, lon_text = row.get("lat", ""), row.get("lon", "")
    if not lat_text and not lon_text:
        return None
    try:
        lat, lon = float(lat_text.replace(",", ".")), float(lon_text.replace(",", "."))
    except ValueError:
        raise ValueError(f"coordinates {lat_text!r}, {lon_text!r} are no numbers of degrees") from None
    swapped_ok = abs(lon) <= 90 and abs(lat) <= 180 and country_at(lon, lat) == country
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        hint = "; they look swapped" if swapped_ok else ""
        raise ValueError(f"coordinates {lat}, {lon} are out of range (lat -90 to 90, lon -180 to 180){hint}")
    if swapped_ok and country_at(lat, lon) != country:
        raise ValueError(f"coordinates {lat}, {lon} look swapped: {lon}, {lat} lies in {country}, they do not")
    return lat, lon


def _split(text: str) -> list[str]:
    return [token.strip() for token in text.split("|") if token.strip()]


def _claim(token: str) -> Claim:
    country, _, region = token.partition(":")
    code = country.strip().upper()
    if len(code) != 2 or not is_country(code):
        raise ValueError(f"jurisdiction {token!r} is no country code, nor country code:region")
    return _short(Claim(code, region.strip()))


def _short(claim: Claim) -> Claim:
    if len(claim.region_name) > LONGEST_REGION:
        raise ValueError(f"region {claim.region_name[:20]!r}… has more than {LONGEST_REGION} characters")
    return claim


def _claims(row: dict[str, str], country: str) -> tuple[Claim, ...]:
    claims = tuple(_claim(token) for token in _split(row.get("consular", "")))
    regions = _split(row.get("jurisdiction_other", ""))
    if regions and claims == (Claim(country),):
        return tuple(_short(Claim(country, region)) for region in regions)
    return claims


def _accounts(row: dict[str, str]) -> dict[str, str]:
    accounts = {}
    for platform in PLATFORMS:
        if address := row.get(platform, ""):
            # Folded, one letter may become three.
            if not _ADDRESS.match(address) or len(address.casefold()) > LONGEST_ADDRESS:
                raise ValueError(
                    f"{platform} account {address!r} is no handle: give the name, not the address of its page"
                )
            accounts[platform] = address if platform == "telegram" else address.removeprefix("@")
    return accounts


def _languages(text: str) -> tuple[str, ...]:
    codes = tuple(code.lower() for code in _split(text.replace(" ", "|").replace(",", "|")))
    for code in codes:
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})?", code):
            raise ValueError(f"language {code!r} is no language code (nl, fr, pt-br)")
    return codes


def _website(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError(f"website {text!r} is no http(s) address")
    return text


def _email(text: str) -> str:
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError(f"e-mail {text!r} is no address")
    return text


def _phone(text: str) -> str:
    if text and not _PHONE.match(text):
        raise ValueError(f"phone {text!r} must be a number as dialled from abroad: +32 2 501 40 00")
    return text


def _unique(post: PostRow, seen: set[str], addresses: dict[tuple[str, str], str]) -> None:
    if post.code in seen:
        raise ValueError("post_id stands in the file twice; the first one is kept")
    for platform, address in post.accounts.items():
        if owner := addresses.get((platform, address.casefold())):
            raise ValueError(f"{platform} account {address} is already {owner}'s in this file")
    seen.add(post.code)
    for platform, address in post.accounts.items():
        addresses[platform, address.casefold()] = post.code
