"""The simulated citizens, and how each of them stands with each bot."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from simulator.store import Store

# Ids of people that somebody makes on the page begin here: above what tests and the demo register.
FIRST_PAGE_ID = 9_000_000_000
FRESH, STARTED, BLOCKED = "fresh", "started", "blocked"


@dataclass(slots=True)
class Person:
    """One citizen with a Telegram account; the id of the person is the id of the private chat.

    The crowd: `press` is the number of the button that this person presses (None: stays silent), after a random delay
    between the two `delay_s` (seconds), drawn from `seed`; only on messages that contain `press_only_containing`
    (None: on any) and whose button sends data that begins with `press_only_data` (None: any), and not on what arrives
    within `quiet_s` seconds after an own press, because that is the bot's answer.
    """

    chat_id: int
    first_name: str = "Citizen"
    language_code: str = "en"
    started: bool = False
    deactivated: bool = False
    press: int | None = None
    delay_s: tuple[float, float] = (1.0, 5.0)
    press_only_containing: str | None = None
    press_only_data: str | None = None
    quiet_s: float = 30.0
    seed: int = 0

    def as_user(self) -> dict[str, Any]:
        """Return the person as a User of the Bot API."""
        return {
            "id": self.chat_id,
            "is_bot": False,
            "first_name": self.first_name,
            "language_code": self.language_code,
        }

    def as_chat(self) -> dict[str, Any]:
        """Return the private chat with this person as a Chat of the Bot API."""
        return {"id": self.chat_id, "first_name": self.first_name, "type": "private"}


NAMES = frozenset(field.name for field in fields(Person))


class People:
    """Everybody, in a dictionary: each message to a private chat asks for one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._people: dict[int, Person] = {}
        for row in store.rows("SELECT body FROM people"):
            person = _person(json.loads(row["body"]))
            self._people[person.chat_id] = person
        self._states: dict[tuple[int, int], str] = {
            (row["bot_id"], row["chat_id"]): row["state"] for row in store.rows("SELECT * FROM dialogs")
        }

    def __len__(self) -> int:
        return len(self._people)

    def forget(self) -> None:
        """Forget everybody (the tables are emptied by the store)."""
        self._people.clear()
        self._states.clear()

    def get(self, chat_id: int) -> Person | None:
        """Return the person with this id."""
        return self._people.get(chat_id)

    def newest_on_page(self, limit: int) -> list[Person]:
        """Return the people that were made on the page, newest first."""
        ids = sorted((chat_id for chat_id in self._people if chat_id >= FIRST_PAGE_ID), reverse=True)
        return [self._people[chat_id] for chat_id in ids[:limit]]

    def upsert(self, items: Iterable[dict[str, Any]]) -> list[Person]:
        """Register people, or change those that are here; what an item leaves out stays as it was.

        An item that says `started` says so for every bot, and undoes a block.

        Raises:
            ValueError: an item makes no sense; nothing at all is stored then.
        """
        people = [self._read(item) for item in items]
        decided = [int(item["chat_id"]) for item in items if "started" in item]
        with self._store.transaction():
            self._store.write_many(
                "INSERT OR REPLACE INTO people (chat_id, body) VALUES (?, ?)",
                ((person.chat_id, json.dumps(asdict(person))) for person in people),
            )
            self._store.write_many("DELETE FROM dialogs WHERE chat_id = ?", ((chat_id,) for chat_id in decided))
        self._people |= {person.chat_id: person for person in people}
        undone = set(decided)
        self._states = {key: state for key, state in self._states.items() if key[1] not in undone}
        return people

    def newcomer(self, first_name: str, language_code: str) -> Person:
        """Make a person on the page, with the next free id."""
        chat_id = max([FIRST_PAGE_ID - 1, *(number for number in self._people if number >= FIRST_PAGE_ID)]) + 1
        return self.upsert([{"chat_id": chat_id, "first_name": first_name, "language_code": language_code}])[0]

    def state(self, person: Person, bot_id: int) -> str:
        """Return how the person stands with the bot: fresh (never pressed Start), started or blocked."""
        return self._states.get((bot_id, person.chat_id), STARTED if person.started else FRESH)

    def set_state(self, person: Person, bot_id: int, state: str) -> None:
        """Change how the person stands with the bot."""
        if self._states.get((bot_id, person.chat_id)) == state:
            return
        self._states[bot_id, person.chat_id] = state
        self._store.write("INSERT OR REPLACE INTO dialogs VALUES (?, ?, ?)", bot_id, person.chat_id, state)

    def _read(self, item: dict[str, Any]) -> Person:
        unknown = set(item) - NAMES
        if unknown:
            raise ValueError(f"a person has no {', '.join(sorted(unknown))}; only {', '.join(sorted(NAMES))}")
        chat_id = item.get("chat_id")
        if not isinstance(chat_id, int) or isinstance(chat_id, bool) or chat_id <= 0:
            raise ValueError(f"a person's chat_id is a positive number, not {chat_id!r}")
        old = self._people.get(chat_id)
        press = item.get("press")
        if press is not None and (not isinstance(press, int) or isinstance(press, bool) or press < 0):
            raise ValueError(f"press is the number of a button, from 0, or null, not {press!r}")
        return _person({**(asdict(old) if old else {}), **item})


def _person(body: dict[str, Any]) -> Person:
    if "delay_s" in body:
        low, high = (float(seconds) for seconds in body["delay_s"])
        if not 0 <= low <= high:
            raise ValueError(f"delay_s is two numbers of seconds, the smaller first, not {body['delay_s']}")
        body = {**body, "delay_s": (low, high)}
    return Person(**body)
