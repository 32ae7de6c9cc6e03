"""What people who are nobody's account write to accounts: in public beneath publications, or privately; and what answers them."""

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from simulator.clock import iso
from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote, or what an account answered: then `by_account` is set.

    `beneath` is the id of the publication, or of the comment, under which it stands; blank where it is private. Moments are Unix
    seconds.
    """

    platform: str
    key: str
    remote_id: str
    author: str
    text: str
    beneath: str
    by_account: bool
    created_at: float

    def as_json(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return {
            "platform": self.platform,
            "account": self.key,
            "remote_id": self.remote_id,
            "author": self.author,
            "text": self.text,
            "beneath": self.beneath,
            "by_account": self.by_account,
            "created_at": iso(self.created_at),
        }


def _words(row: sqlite3.Row) -> Words:
    values = {name: row[name] for name in row.keys() if name != "seq"}  # noqa: SIM118 - a Row is no mapping
    return Words(**values | {"by_account": bool(row["by_account"])})


class Strangers:
    """All of it, in the order in which it came."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, platform: str, key: str, author: str, text: str, now: float, *, remote_id: str = "", beneath: str = "",
        by_account: bool = False,
    ) -> Words:  # fmt: skip
        """Write.

        Args:
            platform, key: whose account.
            author: who writes, or to whom the account writes privately.
            text: what.
            now: Unix seconds.
            remote_id: the platform's number for it; blank makes one.
            beneath, by_account: see `Words`.
        """
        number = remote_id or number_beneath(beneath)
        self._store.write(
            "INSERT INTO strangers (platform, key, remote_id, author, text, beneath, by_account, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(platform, key, number, author, text, beneath, int(by_account), now),
        )
        return Words(platform, key, number, author, text, beneath, by_account, now)

    def wrote(self, platform: str, author: str, *, since: float, key: str = "") -> bool:
        """Tell whether somebody wrote privately since then."""
        sql = (
            "SELECT 1 FROM strangers WHERE platform = ? AND author = ? AND created_at >= ? AND beneath = '' AND by_account = 0"
            " AND (? = '' OR key = ?)"
        )
        return self._store.row(sql, platform, author, since, key, key) is not None

    def beneath(self, platform: str, remote_id: str) -> list[Words]:
        """Return what stands beneath a publication or a comment, the oldest first."""
        sql = "SELECT * FROM strangers WHERE platform = ? AND beneath = ? ORDER BY seq"
        return [_words(row) for row in self._store.rows(sql, platform, remote_id)]

    def find(self, platform: str, key: str, remote_id: str) -> Words | None:
        """Return one of an account's."""
        sql = "SELECT * FROM strangers WHERE platform = ? AND key = ? AND remote_id = ? AND beneath <> ''"
        row = self._store.row(sql, platform, key, remote_id)
        return None if row is None else _words(row)

    def all(self) -> list[Words]:
        """Return everything, the oldest first."""
        return [_words(row) for row in self._store.rows("SELECT * FROM strangers ORDER BY seq")]


def number_beneath(beneath: str) -> str:
    """Return a new number; where publications have numbers in two parts, as on Facebook, so has it."""
    own = str(10**14 + secrets.randbelow(9 * 10**14))
    if not beneath:
        return f"m_{own}"
    return f"{beneath.rpartition('_')[2]}_{own}" if "_" in beneath else own
