"""Bringing in contacts that another system holds: every row is checked before the first one is written."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import transaction

from crisis.audience.addresses import AddressError, found, normal, sealed
from crisis.audience.models import Citizen, Contact
from crisis.audience.operations import Place, move
from crisis.audience.queries import current_stay
from crisis.journal.operations import append
from crisis.places.names import fold
from crisis.places.queries import locate, search
from crisis.registry.models import Installation, Ministry
from crisis.registry.queries import installation

# The columns of ways, by the kind of contact that each gives.
ADDRESSES = {Contact.Kind.EMAIL: "email", Contact.Kind.SMS: "phone", Contact.Kind.WHATSAPP: "whatsapp"}
COLUMNS = ("name", "language", "people", "country", "place", "lat", "lon", *ADDRESSES.values())
MOST_PEOPLE = 99
LOOKED_AT = 20  # places of a name, for one in the row's country


class BadFile(Exception):
    """The file cannot be taken; `problems` says each reason with its line. Nothing was written."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: addresses are normal, by kind, and never shown."""

    line: int
    name: str
    language: str
    people: int
    place: Place
    addresses: dict[str, str] = field(repr=False)


@dataclass(slots=True)
class Imported:
    """What an import did: citizens made, citizens changed, contacts made."""

    made: int = 0
    changed: int = 0
    contacts: int = 0


def read(path: Path, ministry: Ministry) -> list[Row]:
    """Read and check a file.

    Args:
        path: CSV in UTF-8, with a line of column names; see COLUMNS. What is left blank is not said.
        ministry: whose citizens they are.

    Raises:
        BadFile: anything in it is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _checked(csv.DictReader(file, strict=True), ministry)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile([f"{path.name}: {getattr(error, 'strerror', None) or error}"]) from error


def _checked(reader: "csv.DictReader[str]", ministry: Ministry) -> list[Row]:
    names = reader.fieldnames or []
    if unknown := [name for name in names if name not in COLUMNS]:
        raise BadFile([f"line 1: unknown columns {', '.join(unknown)}; there are {', '.join(COLUMNS)}"])
    if not set(names) & set(ADDRESSES.values()):
        raise BadFile([f"line 1: none of the columns {', '.join(ADDRESSES.values())}"])
    rows: list[Row] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for cells in reader:
        line = reader.line_num
        told = [*_problems(cells, ministry)]
        row = None if told else _row(line, cells, told)
        for kind, address in row.addresses.items() if row else ():
            first = seen.setdefault((kind, address), line)
            if first != line:
                told.append(f"its {ADDRESSES[Contact.Kind(kind)]} stands in line {first} too")
        problems += [f"line {line}: {problem}" for problem in told]
        if row is not None:
            rows.append(row)
    if problems:
        raise BadFile(problems)
    return rows


def _problems(cells: dict[str, str], ministry: Ministry) -> Iterator[str]:
    if None in cells or None in cells.values():
        yield "not as many cells as columns"
        return
    if cells.get("language") not in ministry.languages:
        yield f"language {cells.get('language')!r} is none of {', '.join(ministry.languages)}"
    people = cells.get("people") or "1"
    if not people.isdecimal() or not 1 <= int(people) <= MOST_PEOPLE:
        yield f"people is a whole number from 1 to {MOST_PEOPLE}, not {people!r}"
    if not any(cells.get(column) for column in ADDRESSES.values()):
        yield f"none of {', '.join(ADDRESSES.values())} is filled in"
    if len(cells.get("name") or "") > 120:
        yield "the name is longer than 120 characters"


def _row(line: int, cells: dict[str, str], problems: list[str]) -> Row | None:
    addresses = {}
    for kind, column in ADDRESSES.items():
        if cells.get(column):
            try:
                addresses[kind.value] = normal(kind, cells[column])
            except AddressError as error:
                problems.append(f"{column}: {error}")
    place = _place(cells, problems)
    if problems or place is None:
        return None
    return Row(
        line, cells.get("name", "").strip(), cells["language"], int(cells.get("people") or "1"), place, addresses
    )


def _place(cells: dict[str, str], problems: list[str]) -> Place | None:
    country, name = (cells.get("country") or "").upper(), (cells.get("place") or "").strip()
    if cells.get("lat") or cells.get("lon"):
        try:
            place = Place(float(cells.get("lat") or ""), float(cells.get("lon") or ""), name)
        except ValueError:
            problems.append("lat and lon are degrees, like 35.68 and 139.69")
            return None
        point = locate(place.lat, place.lon) if abs(place.lat) <= 90 and abs(place.lon) <= 180 else None
        if point is None or (country and point.country != country):
            problems.append(f"lat and lon lie in {point.country if point else 'no country'}, not in {country or 'any'}")
            return None
        return place
    towns = (
        [town for town in search(name, limit=LOOKED_AT, strict=True) if country in ("", town.country)] if name else []
    )
    if not towns:
        problems.append(f"place {name!r} is not known{f' in {country}' if country else ''}; give lat and lon")
        return None
    return Place(towns[0].lat, towns[0].lon, towns[0].name)


@transaction.atomic
def bring(rows: list[Row], *, ministry: Ministry, now: datetime) -> Imported:
    """Write what was read; doing it again changes nothing.

    Raises:
        BadFile: a row's addresses belong to different people, or the person has another address of that kind. Nothing is written.
    """
    done, problems = Imported(), []
    for row in rows:
        standing = [contact for kind, address in row.addresses.items() if (contact := found(kind, address))]
        owners = {contact.citizen_id for contact in standing}
        if len(owners) > 1:
            problems.append(f"line {row.line}: its addresses belong to different people here")
            continue
        citizen = standing[0].citizen if standing else None
        held = set(citizen.contacts.values_list("kind", flat=True)) if citizen else set()
        new = {kind: address for kind, address in row.addresses.items() if kind not in {each.kind for each in standing}}
        if taken := held & set(new):
            problems.append(f"line {row.line}: this person has another {', '.join(sorted(taken))} here")
            continue
        _write(row, citizen, new, ministry, done, now)
    if problems:
        raise BadFile(problems)
    append(
        actor="command", action="audience.import", subject=f"ministry:{ministry.pk}", now=now,
        made=done.made, changed=done.changed, contacts=done.contacts,
    )  # fmt: skip
    return done


def _write(
    row: Row, citizen: Citizen | None, new: dict[str, str], ministry: Ministry, done: Imported, now: datetime
) -> None:
    told = {"name": row.name, "folded_name": fold(row.name)[:120], "language": row.language, "people": row.people}
    if citizen is None:
        in_demo = installation().kind == Installation.Kind.DEMO
        citizen = Citizen.objects.create(ministry=ministry, in_exercises=in_demo, subscribed_at=now, **told)
        done.made += 1
    elif any(getattr(citizen, name) != value for name, value in told.items()):
        Citizen.objects.filter(pk=citizen.pk).update(**told)
        done.changed += 1
    stay, point = current_stay(citizen), (round(row.place.lat, 2), round(row.place.lon, 2))
    if stay is None or (stay.lat, stay.lon) != point:
        move(citizen=citizen, to=row.place, now=now)
    for kind, address in new.items():
        Contact.objects.create(citizen=citizen, kind=kind, linked_at=now, **sealed(address))
        done.contacts += 1
