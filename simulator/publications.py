"""What stands, or stood, on the public accounts: the ledger against which the product's own ledger is proved."""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import Any

from simulator.accounts import Account
from simulator.clock import iso
from simulator.store import Store, Value


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication. `text` is what stands now, `original_text` what was accepted first; moments in Unix seconds."""

    seq: int
    platform: str
    address: str
    remote_id: str
    original_text: str
    text: str
    link: str | None
    reply_to: str | None
    pictures: tuple[str, ...]
    created_at: float
    edited_at: float | None
    deleted_at: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the publication as the control API shows it."""
        return {
            "platform": self.platform,
            "address": self.address,
            "remote_id": self.remote_id,
            "text": self.text,
            "original_text": self.original_text,
            "link": self.link,
            "reply_to": self.reply_to,
            "pictures": list(self.pictures),
            "created_at": iso(self.created_at),
            "edited_at": iso(self.edited_at),
            "deleted_at": iso(self.deleted_at),
        }


def _publication(row: sqlite3.Row) -> Publication:
    values = {name: row[name] for name in row.keys() if name not in ("key", "pictures")}  # noqa: SIM118 - a Row is no dict
    return Publication(**values, pictures=tuple(json.loads(row["pictures"])))


class Publications:
    """Every publication of every account, deleted ones too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        account: Account,
        remote_id: str,
        text: str,
        now: float,
        *,
        link: str | None = None,
        reply_to: str | None = None,
        pictures: tuple[str, ...] = (),
    ) -> None:
        """Record what `account` published at `now` (Unix seconds) under the platform's `remote_id`."""
        self._store.write(
            "INSERT INTO publications"
            " (platform, key, address, remote_id, original_text, text, link, reply_to, pictures, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(account.platform, account.key, account.address, remote_id, text, text, link, reply_to),
            *(json.dumps(pictures), now),
        )

    def find(self, account: Account, remote_id: str) -> Publication | None:
        """Return the publication that still stands under `remote_id`, or None."""
        row = self._store.row(
            "SELECT * FROM publications WHERE platform = ? AND key = ? AND remote_id = ? AND deleted_at IS NULL",
            *(account.platform, account.key, remote_id),
        )
        return None if row is None else _publication(row)

    def says(self, account: Account, text: str, since: float) -> bool:
        """Tell whether `account` has published exactly `text` since that moment (Unix seconds) and it still stands."""
        row = self._store.row(
            "SELECT 1 FROM publications"
            " WHERE platform = ? AND key = ? AND created_at > ? AND text = ? AND deleted_at IS NULL",
            *(account.platform, account.key, since, text),
        )
        return row is not None

    def edit(self, account: Account, remote_id: str, text: str, now: float) -> None:
        """Change what stands under `remote_id`; the original text is kept."""
        self._store.write(
            "UPDATE publications SET text = ?, edited_at = ? WHERE platform = ? AND key = ? AND remote_id = ?",
            *(text, now, account.platform, account.key, remote_id),
        )

    def show(self, account: Account, remote_id: str, pictures: tuple[str, ...]) -> None:
        """Change which pictures stand under `remote_id`."""
        self._store.write(
            "UPDATE publications SET pictures = ? WHERE platform = ? AND key = ? AND remote_id = ?",
            *(json.dumps(pictures), account.platform, account.key, remote_id),
        )

    def delete(self, account: Account, remote_id: str, now: float) -> None:
        """Mark what stands under `remote_id` as deleted."""
        self._store.write(
            "UPDATE publications SET deleted_at = ? WHERE platform = ? AND key = ? AND remote_id = ?",
            *(now, account.platform, account.key, remote_id),
        )

    def standing(
        self,
        account: Account,
        *,
        since: float = 0,
        until: float = 1e12,
        before_seq: int | None = None,
        limit: int = 100,
    ) -> list[Publication]:
        """Return what still stands on `account`, newest first.

        Args:
            account: whose publications.
            since: nothing older than this (Unix seconds).
            until: nothing younger than this (Unix seconds).
            before_seq: only what was accepted before this running number, for the next page of a list.
            limit: at most so many.
        """
        rows = self._store.rows(
            "SELECT * FROM publications WHERE platform = ? AND key = ? AND created_at >= ? AND created_at <= ?"
            " AND deleted_at IS NULL AND seq < ? ORDER BY seq DESC LIMIT ?",
            *(account.platform, account.key, since, until, before_seq or 2**62, limit),
        )
        return [_publication(row) for row in rows]

    def search(
        self,
        *,
        marker: str = "",
        platform: str = "",
        account: str = "",
        remote_id: str = "",
        any_case: bool = False,
        newest_first: bool = False,
        limit: int = -1,
    ) -> list[Publication]:
        """Return the publications, standing or deleted, whose text holds `marker`, now or when they were accepted.

        Args:
            marker: text to look for; empty for any.
            platform: slug of one platform; empty for all.
            account: folded address of one account; empty for all.
            remote_id: the platform's id; empty for any.
            any_case: do not let capitals matter (of the English alphabet; SQLite knows no others).
            newest_first: order; else the oldest comes first.
            limit: at most so many; -1 for all.
        """
        where: list[str] = ["1"]
        values: list[Value] = []
        for column, wanted in (("platform", platform), ("key", account), ("remote_id", remote_id)):
            if wanted:
                where.append(f"{column} = ?")
                values.append(wanted)
        if marker:
            compared = "instr(lower({0}), lower(?))" if any_case else "instr({0}, ?)"
            where.append(f"({compared.format('text')} OR {compared.format('original_text')})")
            values += [marker, marker]
        order = "DESC" if newest_first else "ASC"
        rows = self._store.rows(
            f"SELECT * FROM publications WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?",  # noqa: S608 - fixed words
            *values,
            limit,
        )
        return [_publication(row) for row in rows]

    def counts(self, marker: str) -> dict[str, int]:
        """Count what was accepted with `marker` in its first text, by `platform:address`; deleted ones too."""
        counted: Counter[str] = Counter()
        rows = self._store.rows(
            "SELECT platform, address, count(*) AS n FROM publications WHERE instr(original_text, ?) OR ? = ''"
            " GROUP BY platform, key ORDER BY platform, key",
            *(marker, marker),
        )
        for row in rows:
            counted[f"{row['platform']}:{row['address']}"] += row["n"]
        return dict(counted)

    def count_standing(self, account: Account) -> int:
        """Count what still stands on `account`."""
        row = self._store.row(
            "SELECT count(*) AS n FROM publications WHERE platform = ? AND key = ? AND deleted_at IS NULL",
            *(account.platform, account.key),
        )
        return int(row["n"]) if row else 0

    def total(self) -> int:
        """Count all of them."""
        row = self._store.row("SELECT count(*) AS n FROM publications")
        return int(row["n"]) if row else 0
