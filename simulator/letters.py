"""What arrived for single people by other ways than Telegram, and what each way needs to know of whoever sends."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import iso
from simulator.store import Store

# Each way's name for people.
WAYS = {"email": "E-mail", "sms": "SMS", "whatsapp": "WhatsApp"}


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person. `reference` is the sender's own name for it; `body` what else is known of it."""

    seq: int
    way: str
    recipient: str
    remote_id: str
    reference: str
    sender: str
    subject: str
    text: str
    body: dict[str, Any]
    state: str
    created_at: float

    def as_json(self) -> dict[str, Any]:
        """Return the letter as the control API shows it."""
        return {
            "way": self.way,
            "recipient": self.recipient,
            "remote_id": self.remote_id,
            "reference": self.reference,
            "sender": self.sender,
            "subject": self.subject,
            "text": self.text,
            "body": self.body,
            "state": self.state,
            "created_at": iso(self.created_at),
        }


def _letter(row: sqlite3.Row) -> Letter:
    values = {name: row[name] for name in row.keys() if name != "body"}  # noqa: SIM118 - a Row is no dict
    return Letter(**values, body=json.loads(row["body"]))


class Letters:
    """Every letter, in the order in which they came."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, way: str, recipient: str, text: str, now: float, *, remote_id: str, reference: str = "", sender: str = "",
        subject: str = "", body: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Record what arrived for `recipient` at `now` (Unix seconds)."""
        self._store.write(
            "INSERT INTO letters (way, recipient, remote_id, reference, sender, subject, text, body, state, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'accepted', ?)",
            *(way, recipient, remote_id, reference, sender, subject, text, json.dumps(body or {}), now),
        )

    def referred(self, way: str, reference: str) -> Letter | None:
        """Return the letter that its sender calls by that name."""
        row = self._store.row("SELECT * FROM letters WHERE way = ? AND reference = ? ORDER BY seq", way, reference)
        return None if row is None else _letter(row)

    def became(self, remote_id: str, state: str) -> None:
        """Note what has become of a letter."""
        self._store.write("UPDATE letters SET state = ? WHERE remote_id = ?", state, remote_id)

    def found(self, *, way: str = "", recipient: str = "", holding: str = "", limit: int = 1000) -> list[Letter]:
        """Return the latest letters, newest first.

        Args:
            way, recipient: only those; blank is all.
            holding: only those whose text holds this.
            limit: at most so many.
        """
        rows = self._store.rows(
            "SELECT * FROM letters WHERE (? = '' OR way = ?) AND (? = '' OR recipient = ?)"
            " AND (? = '' OR instr(text, ?) > 0) ORDER BY seq DESC LIMIT ?",
            *(way, way, recipient, recipient, holding, holding, limit),
        )
        return [_letter(row) for row in rows]

    def total(self) -> int:
        """Return how many there are."""
        row = self._store.row("SELECT count(*) AS number FROM letters")
        return int(row["number"]) if row else 0


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever may send by a way: its secrets, where it is told what became of a letter, and by what that is signed."""

    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    callback: str = ""
    callback_secret: str = field(default="", repr=False)


class Ways:
    """Who may send by each way: one sender a way."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, way: str) -> Sender:
        row = self._store.row("SELECT value FROM settings WHERE name = ?", f"way:{way}")
        return Sender(**json.loads(row["value"])) if row else Sender()

    def upsert(self, items: list[dict[str, Any]]) -> None:
        """Let somebody send.

        Raises:
            ValueError: there is no such way.
        """
        for item in items:
            if item["way"] not in WAYS:
                raise ValueError(f"way is one of {', '.join(WAYS)}, not {item['way']!r}")
            sender = {name: item[name] for name in ("secrets", "callback", "callback_secret") if name in item}
            Sender(**sender)
            self._store.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", f"way:{item['way']}", json.dumps(sender))
