"""How long what is kept: one file, data/retention.toml, read by whoever removes it and by whoever says so."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.conf import settings

BASES = {
    "public_task": "public task, GDPR art. 6(1)(e)",
    "vital_interest": "vital interest, GDPR art. 6(1)(d)",
    "consent": "consent, GDPR art. 6(1)(a)",
    "legal_duty": "legal duty, GDPR art. 6(1)(c)",
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """One kind of data.

    Attributes:
        name: stable; counts of the purge go by it.
        what, why: in English, for staff and documents.
        basis: one of `BASES`.
        days: how long it is kept after `since`; None: nothing ends it by itself.
        since: what the days are counted from, or what ends it.
    """

    name: str
    what: str
    why: str
    basis: str
    since: str
    days: int | None = None

    @property
    def until(self) -> str:
        """Until when it is kept, in English."""
        if self.days is None:
            return f"until {self.since}"
        if not self.days:
            return f"until {self.since}, removed the night after"
        return f"{self.days} days after {self.since}"


@cache
def purposes() -> dict[str, Purpose]:
    """Return everything that is kept, in the file's order.

    Raises:
        ValueError: the file names a basis that is none.
    """
    rows = tomllib.loads((Path(settings.DATA_DIR) / "retention.toml").read_text(encoding="utf-8"))["purpose"]
    found = {row["name"]: Purpose(**row) for row in rows}
    if wrong := [each.name for each in found.values() if each.basis not in BASES]:
        raise ValueError(f"data/retention.toml names no such basis: {', '.join(wrong)}")
    return found


def kept(name: str) -> timedelta:
    """Return how long something is kept.

    Raises:
        KeyError: there is no such purpose, or nothing ends it by itself.
    """
    days = purposes()[name].days
    if days is None:
        raise KeyError(name)
    return timedelta(days=days)


def table() -> str:
    """Return everything as the table that stands in SECURITY.md."""
    head = "| what | why | by what right | until when |\n|---|---|---|---|\n"
    return head + "".join(f"| {p.what} | {p.why} | {BASES[p.basis]} | {p.until} |\n" for p in purposes().values())
