"""The updates that wait for each bot, and the long poll that fetches them."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.store import Store
from simulator.telegram.bots import Bot
from simulator.telegram.refusal import TWO_POLLERS, Refusal

# Bot API: "incoming updates are stored on the server until the bot receives them, but not longer than 24 hours".
KEPT_SECONDS = 86400
# Bot API, getUpdates: limit "values between 1-100 are accepted"; the server waits 50 s at most.
MOST_AT_ONCE = 100
LONGEST_POLL_SECONDS = 50
# Bot API, allowed_updates: an empty list means everything but these.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True)
class Poller:
    """One getUpdates that waits. A second one ends it, which it is told."""

    wake: asyncio.Event
    conflict: Refusal | None = None


class Updates:
    """The queues of all bots, in one table.

    `delivered_by_webhook` is called with the bot, the id, the chat and the body of each new update of a bot that has a
    webhook.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pollers: dict[int, Poller] = {}
        self.delivered_by_webhook: Callable[[Bot, int, int, str], None] | None = None

    def add(self, bot: Bot, kind: str, content: dict[str, Any], chat_id: int, now: float) -> int:
        """Queue an update for `bot` and return its id; 0 when the bot has not asked for this kind.

        Args:
            bot: who gets it.
            kind: `message`, `callback_query` and so on.
            content: what stands under that name.
            chat_id: whose it is: the order is kept within a chat.
            now: Unix seconds.
        """
        wanted = kind in bot.allowed if bot.allowed else kind not in NOT_BY_DEFAULT
        if not wanted:
            return 0
        body = json.dumps({kind: content}, ensure_ascii=False)
        update_id = self._store.write(
            "INSERT INTO updates (bot_id, chat_id, made_at, body) VALUES (?, ?, ?, ?)", bot.id, chat_id, now, body
        )
        if bot.webhook and self.delivered_by_webhook:
            self.delivered_by_webhook(bot, update_id, chat_id, body)
        elif bot.id in self._pollers:
            self._pollers[bot.id].wake.set()
        return update_id

    def waiting(self, bot: Bot, now: float) -> list[tuple[int, int, str]]:
        """Return id, chat and body of all updates that wait for `bot`, and drop those that are too old."""
        self._store.write("DELETE FROM updates WHERE bot_id = ? AND made_at < ?", bot.id, now - KEPT_SECONDS)
        rows = self._store.rows("SELECT * FROM updates WHERE bot_id = ? ORDER BY update_id", bot.id)
        return [(row["update_id"], row["chat_id"], row["body"]) for row in rows]

    def count(self, bot: Bot) -> int:
        """Count the updates that wait for `bot`."""
        row = self._store.row("SELECT count(*) AS n FROM updates WHERE bot_id = ?", bot.id)
        return int(row["n"]) if row else 0

    def drop(self, update_id: int) -> None:
        """Drop one update: its webhook has taken it."""
        self._store.write("DELETE FROM updates WHERE update_id = ?", update_id)

    def drop_all(self, bot: Bot) -> None:
        """Drop what waits for `bot`."""
        self._store.write("DELETE FROM updates WHERE bot_id = ?", bot.id)

    async def poll(self, bot: Bot, offset: int, limit: int, timeout_s: float, now: float) -> list[dict[str, Any]]:
        """Return what waits for `bot`, or wait for it.

        Args:
            bot: who asks.
            offset: everything before this update id is acknowledged and dropped; negative counts from the end.
            limit: at most so many, 1 to 100.
            timeout_s: how long to wait when there is nothing.
            now: Unix seconds.

        Raises:
            Refusal: another poller came and took over, as the real server does it.
        """
        self.end_poller(bot, Refusal(409, TWO_POLLERS))
        self._store.write("DELETE FROM updates WHERE bot_id = ? AND made_at < ?", bot.id, now - KEPT_SECONDS)
        if offset < 0:
            offset = self._counted_from_the_end(bot, -offset)
        self._store.write("DELETE FROM updates WHERE bot_id = ? AND update_id < ?", bot.id, offset)
        limit = limit if 1 <= limit <= MOST_AT_ONCE else MOST_AT_ONCE
        found = self._fetch(bot, limit)
        if found or timeout_s <= 0:
            return found
        poller = self._pollers[bot.id] = Poller(asyncio.Event())
        try:
            async with asyncio.timeout(min(timeout_s, LONGEST_POLL_SECONDS)):
                await poller.wake.wait()
        except TimeoutError:
            return []
        finally:
            if self._pollers.get(bot.id) is poller:
                del self._pollers[bot.id]
        if poller.conflict:
            raise poller.conflict
        return self._fetch(bot, limit)

    def end_poller(self, bot: Bot, conflict: Refusal) -> None:
        """End the long poll of `bot`, if there is one, with `conflict`."""
        poller = self._pollers.pop(bot.id, None)
        if poller is not None:
            poller.conflict = conflict
            poller.wake.set()

    def _counted_from_the_end(self, bot: Bot, number: int) -> int:
        row = self._store.row(
            "SELECT min(update_id) AS first FROM"
            " (SELECT update_id FROM updates WHERE bot_id = ? ORDER BY update_id DESC LIMIT ?)",
            *(bot.id, number),
        )
        return (row["first"] if row else None) or 0

    def _fetch(self, bot: Bot, limit: int) -> list[dict[str, Any]]:
        rows = self._store.rows(
            "SELECT update_id, body FROM updates WHERE bot_id = ? ORDER BY update_id LIMIT ?", bot.id, limit
        )
        return [{"update_id": row["update_id"], **json.loads(row["body"])} for row in rows]
