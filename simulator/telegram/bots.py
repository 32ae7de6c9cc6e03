"""The registered bots: their tokens, their webhooks, their menus."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.store import Store

TOKEN = re.compile(r"([1-9]\d{0,15}):[A-Za-z0-9_-]{3,64}")


@dataclass(slots=True)
class Bot:
    """One bot. `commands` holds its menus by `scope/language`; `allowed` the updates it wants, None for the usual."""

    id: int
    token: str = field(repr=False)
    username: str
    name: str
    webhook: str = ""
    webhook_secret: str = field(default="", repr=False)
    max_connections: int = 40
    allowed: list[str] | None = None
    last_error_at: int = 0
    last_error: str = ""
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def as_user(self) -> dict[str, Any]:
        """Return the bot as a User of the Bot API."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def menu(self, scope: str, language: str) -> list[dict[str, str]]:
        """Return the commands of one scope and language, empty when none were set."""
        return self.commands.get(f"{scope}/{language}", [])

    def menu_for(self, chat_id: int, language: str) -> list[dict[str, str]]:
        """Return the commands that a person sees in a private chat; the order of the search is the Bot API's."""
        for scope in (f"chat:{chat_id}", "all_private_chats", "default"):
            for code in (language[:2], ""):
                if f"{scope}/{code}" in self.commands:
                    return self.commands[f"{scope}/{code}"]
        return []


class Bots:
    """Every bot, by token, by id and by user name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_token: dict[str, Bot] = {}
        for row in store.rows("SELECT body FROM bots ORDER BY bot_id"):
            bot = Bot(**json.loads(row["body"]))
            self._by_token[bot.token] = bot

    def forget(self) -> None:
        """Forget every bot (the table is emptied by the store)."""
        self._by_token.clear()

    def all(self) -> list[Bot]:
        """Return the bots in the order in which they were registered."""
        return list(self._by_token.values())

    def holding(self, token: str) -> Bot | None:
        """Return the bot with this token."""
        return self._by_token.get(token)

    def numbered(self, bot_id: int) -> Bot | None:
        """Return the bot with this id."""
        return next((bot for bot in self._by_token.values() if bot.id == bot_id), None)

    def named(self, username: str) -> Bot | None:
        """Return the bot with this user name; capitals do not matter."""
        wanted = username.removeprefix("@").casefold()
        return next((bot for bot in self._by_token.values() if bot.username.casefold() == wanted), None)

    def chosen(self, username: str | None) -> Bot | None:
        """Return the bot with this user name, or the first one when none is asked for."""
        return self.named(username) if username else next(iter(self._by_token.values()), None)

    def upsert(self, items: Iterable[dict[str, Any]]) -> list[Bot]:
        """Register bots, or change those that are here; the webhook and the menus of a known bot stay.

        Raises:
            ValueError: a token is not `id:secret`, or a name is missing.
        """
        bots = []
        for bot_id, token, username, name in [_read(item) for item in items]:
            bot = self.numbered(bot_id) or Bot(bot_id, token, username, name)
            self._by_token.pop(bot.token, None)
            bot.token, bot.username, bot.name = token, username, name
            self._by_token[token] = bot
            bots.append(bot)
        with self._store.transaction():
            for bot in bots:
                self.save(bot)
        return bots

    def save(self, bot: Bot) -> None:
        """Keep what has changed of `bot`."""
        self._store.write("INSERT OR REPLACE INTO bots (bot_id, body) VALUES (?, ?)", bot.id, json.dumps(asdict(bot)))


def _read(item: dict[str, Any]) -> tuple[int, str, str, str]:
    token, username = str(item.get("token", "")), str(item.get("username", "")).removeprefix("@")
    found = TOKEN.fullmatch(token)
    if found is None:
        raise ValueError("a bot's token is its id, a colon, and letters, digits, - or _")
    if not re.fullmatch(r"\w{3,64}", username):
        raise ValueError(f"{username!r} cannot be a bot's user name")
    return int(found[1]), token, username, str(item.get("name") or username)
