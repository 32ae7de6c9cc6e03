"""The messages of every chat, numbered per chat as Telegram does."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from simulator.store import Store

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Box:
    """Where messages are numbered: a private chat with one bot, or a channel or group (`bot_id` 0, for all bots)."""

    bot_id: int
    chat_id: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `body` is the Message of the Bot API, `markup` the keyboard as it was sent, of whatever kind."""

    message_id: int
    sender: int
    text: str
    sent_at: float
    edited_at: float | None
    deleted_at: float | None
    markup: Body | None
    body: Body

    def buttons(self) -> list[Body]:
        """Return the inline buttons that stand under it now, row after row."""
        rows = self.body.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


def _message(row: sqlite3.Row) -> Message:
    return Message(
        message_id=row["message_id"],
        sender=row["sender"],
        text=row["text"],
        sent_at=row["sent_at"],
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        markup=json.loads(row["markup"]) if row["markup"] else None,
        body=json.loads(row["body"]),
    )


class Messages:
    """The messages of every box."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: dict[Box, int] = {}

    def forget(self) -> None:
        """Forget the running numbers (the table is emptied by the store)."""
        self._last.clear()

    def last_id(self, box: Box) -> int:
        """Return the number of the newest message of a box, 0 when there is none."""
        if box not in self._last:
            row = self._store.row(
                "SELECT max(message_id) AS n FROM messages WHERE box = ? AND chat_id = ?", box.bot_id, box.chat_id
            )
            self._last[box] = (row["n"] if row else None) or 0
        return self._last[box]

    def add(self, box: Box, sender: int, body: Body, text: str, now: float, markup: Body | None = None) -> Body:
        """Store a new message and return its body with its number.

        Args:
            box: where it is numbered.
            sender: id of the bot or of the person who sent it.
            body: the Message of the Bot API, yet without a number.
            text: its text or caption, for search.
            now: Unix seconds.
            markup: the keyboard as it was sent.
        """
        message_id = self.last_id(box) + 1
        body = {"message_id": message_id, **body}
        self._store.write(
            "INSERT INTO messages (box, chat_id, message_id, sender, text, sent_at, markup, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(box.bot_id, box.chat_id, message_id, sender, text, now),
            *(json.dumps(markup) if markup else None, json.dumps(body, ensure_ascii=False)),
        )
        self._last[box] = message_id
        return body

    def get(self, box: Box, message_id: int) -> Message | None:
        """Return a message that still stands, or None."""
        row = self._store.row(
            "SELECT * FROM messages WHERE box = ? AND chat_id = ? AND message_id = ? AND deleted_at IS NULL",
            *(box.bot_id, box.chat_id, message_id),
        )
        return None if row is None else _message(row)

    def change(self, box: Box, body: Body, text: str, now: float, *, markup: Body | None = None) -> None:
        """Store an edited message; `body` holds its number."""
        self._store.write(
            "UPDATE messages SET body = ?, text = ?, markup = ?, edited_at = ?"
            " WHERE box = ? AND chat_id = ? AND message_id = ?",
            *(json.dumps(body, ensure_ascii=False), text, json.dumps(markup) if markup else None, now),
            *(box.bot_id, box.chat_id, body["message_id"]),
        )

    def delete(self, box: Box, message_id: int, now: float) -> None:
        """Mark a message as deleted."""
        self._store.write(
            "UPDATE messages SET deleted_at = ? WHERE box = ? AND chat_id = ? AND message_id = ?",
            *(now, box.bot_id, box.chat_id, message_id),
        )

    def history(self, box: Box, limit: int = -1) -> list[Message]:
        """Return the newest `limit` messages of a box, deleted ones too, the oldest first; -1 for all."""
        rows = self._store.rows(
            "SELECT * FROM messages WHERE box = ? AND chat_id = ? ORDER BY message_id DESC LIMIT ?",
            *(box.bot_id, box.chat_id, limit),
        )
        return [_message(row) for row in reversed(rows)]

    def received(self, marker: str) -> dict[int, int]:
        """Count, by person, the messages of bots in private chats whose text holds `marker`; deleted ones too."""
        rows = self._store.rows(
            "SELECT chat_id, count(*) AS n FROM messages WHERE box > 0 AND sender = box AND (instr(text, ?) OR ? = '')"
            " GROUP BY chat_id",
            *(marker, marker),
        )
        return {row["chat_id"]: row["n"] for row in rows}

    def total(self) -> int:
        """Count all of them."""
        row = self._store.row("SELECT count(*) AS n FROM messages")
        return int(row["n"]) if row else 0
