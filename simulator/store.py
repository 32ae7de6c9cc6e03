"""The memory of the simulator: one SQLite connection, in a file that outlives a restart or in memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Moments are Unix seconds (UTC). `box` is the bot's id for a private chat, because two bots see two different chats
# with the same person, and 0 for channels and groups, which all bots share.
SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
    platform TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (platform, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bots (bot_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (chat_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dialogs (
    bot_id INTEGER NOT NULL, chat_id INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (bot_id, chat_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dialogs_of_a_person ON dialogs (chat_id);
CREATE TABLE IF NOT EXISTS messages (
    box INTEGER NOT NULL, chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, sender INTEGER NOT NULL,
    text TEXT NOT NULL, sent_at REAL NOT NULL, edited_at REAL, deleted_at REAL, markup TEXT, body TEXT NOT NULL,
    PRIMARY KEY (box, chat_id, message_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS updates (
    update_id INTEGER PRIMARY KEY AUTOINCREMENT, bot_id INTEGER NOT NULL, chat_id INTEGER NOT NULL,
    made_at REAL NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS updates_of_a_bot ON updates (bot_id, update_id);
CREATE TABLE IF NOT EXISTS presses (
    query_id TEXT PRIMARY KEY, bot_id INTEGER NOT NULL, chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL,
    data TEXT NOT NULL, pressed_at REAL NOT NULL, answered_at REAL, answer TEXT, alert INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS presses_in_a_chat ON presses (chat_id, pressed_at);
CREATE TABLE IF NOT EXISTS publications (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT NOT NULL, key TEXT NOT NULL, address TEXT NOT NULL,
    remote_id TEXT NOT NULL, original_text TEXT NOT NULL, text TEXT NOT NULL, link TEXT, reply_to TEXT,
    pictures TEXT NOT NULL, created_at REAL NOT NULL, edited_at REAL, deleted_at REAL
);
CREATE UNIQUE INDEX IF NOT EXISTS publications_by_id ON publications (platform, key, remote_id);
CREATE INDEX IF NOT EXISTS publications_anywhere ON publications (remote_id);
CREATE INDEX IF NOT EXISTS publications_of_an_account ON publications (platform, key, created_at);
CREATE TABLE IF NOT EXISTS letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, way TEXT NOT NULL, recipient TEXT NOT NULL, remote_id TEXT NOT NULL,
    reference TEXT NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL, created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS letters_by_reference ON letters (way, reference);
CREATE TABLE IF NOT EXISTS strangers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT NOT NULL, key TEXT NOT NULL, remote_id TEXT NOT NULL,
    author TEXT NOT NULL, text TEXT NOT NULL, beneath TEXT NOT NULL, by_account INTEGER NOT NULL, created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS strangers_beneath ON strangers (platform, beneath);
CREATE TABLE IF NOT EXISTS pictures (
    picture_id TEXT PRIMARY KEY, owner TEXT NOT NULL, media_type TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, alt_text TEXT NOT NULL DEFAULT '', added_at REAL NOT NULL, content BLOB NOT NULL
) WITHOUT ROWID;
"""
TABLES = (
    "settings", "accounts", "bots", "people", "dialogs", "messages", "updates", "presses", "publications", "letters",
    "pictures", "strangers",
)  # fmt: skip

Value = str | int | float | bytes | None


class Store:
    """The database behind everything that must survive a restart.

    Args:
        data: path of the SQLite file, made when missing; None keeps everything in memory.
        first_update_id: where the numbers of Telegram updates begin in a fresh file. Taken from the clock, so that a
            product that remembers update ids of an earlier simulator never mistakes a new update for an old one.
    """

    def __init__(self, data: Path | None, *, first_update_id: int) -> None:
        if data is not None:
            data.parent.mkdir(parents=True, exist_ok=True)
        # Built in one thread and served in another (simulator.testing), never used by two at once.
        self._db = sqlite3.connect(str(data or ":memory:"), isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        try:
            # A power cut may lose the last moments of a simulation: a fair price for writes that cost microseconds.
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise
        if self.row("SELECT 1 FROM sqlite_sequence WHERE name = 'updates'") is None:
            self.write("INSERT INTO sqlite_sequence (name, seq) VALUES ('updates', ?)", first_update_id)

    def write(self, sql: str, *values: Value) -> int:
        """Run one writing statement and return the row id of an insert."""
        return self._db.execute(sql, values).lastrowid or 0

    def write_many(self, sql: str, rows: Iterable[tuple[Value, ...]]) -> None:
        """Run one writing statement for each of `rows`; wrap in `transaction` when there are many."""
        self._db.executemany(sql, rows)

    def rows(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Return every row that `sql` selects."""
        return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """Return the first row that `sql` selects, or None."""
        found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one transaction: all of it is stored, or nothing."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def empty(self) -> None:
        """Forget everything but the running numbers, which never go back."""
        with self.transaction():
            for table in TABLES:
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the tuple above, never from a request

    def close(self) -> None:
        """Close the file."""
        self._db.close()
