"""Everything that this simulator knows, in one place."""

import asyncio
from pathlib import Path

from simulator.accounts import Accounts
from simulator.bluesky.state import State as Bluesky
from simulator.clock import now as present
from simulator.conduct import Tally
from simulator.consents import Consents
from simulator.faults import FaultBook
from simulator.letters import Letters, Ways
from simulator.limits import FixedWindow, Limits, RollingWindow
from simulator.mastodon.state import State as Mastodon
from simulator.pictures import Pictures
from simulator.publications import Publications
from simulator.receipts import Receipts
from simulator.store import Store
from simulator.strangers import Strangers
from simulator.telegram import acts
from simulator.telegram.bots import Bot, Bots
from simulator.telegram.crowd import Crowd
from simulator.telegram.messages import Messages
from simulator.telegram.people import People, Person
from simulator.telegram.refusal import Refusal
from simulator.telegram.updates import Updates
from simulator.telegram.webhook import Webhooks

X_WINDOW_SECONDS = 15 * 60


class World:
    """The state of one simulator.

    Args:
        data: the SQLite file; None for a world in memory.

    Attributes:
        stopping: set when the server stops: long polls and slow answers end then.
    """

    def __init__(self, data: Path | None) -> None:
        self.store = Store(data, first_update_id=int(present().timestamp()))
        self.limits = Limits(self.store)
        self.accounts = Accounts(self.store)
        self.consents = Consents(self.store)
        self.publications = Publications(self.store)
        self.pictures = Pictures(self.store)
        self.letters = Letters(self.store)
        self.ways = Ways(self.store)
        self.strangers = Strangers(self.store)
        self.receipts = Receipts(self)
        self.bots = Bots(self.store)
        self.people = People(self.store)
        self.messages = Messages(self.store)
        self.updates = Updates(self.store)
        self.crowd = Crowd()
        self.webhooks = Webhooks(self)
        self.faults = FaultBook()
        self.tally = Tally()
        self.bot_flood = RollingWindow(1)
        self.group_flood = RollingWindow(60)
        self.x_windows = FixedWindow(X_WINDOW_SECONDS)
        self.last_x_id = 0
        self.mastodon = Mastodon()
        self.bluesky = Bluesky()
        self.stopping = asyncio.Event()
        self.updates.delivered_by_webhook = self.webhooks.deliver
        for row in self.store.rows("SELECT chat_id, max(pressed_at) AS last FROM presses GROUP BY chat_id"):
            self.crowd.note_press(row["chat_id"], row["last"])

    async def run(self) -> None:
        """Let the crowd press and the webhooks deliver, until cancelled."""
        self.webhooks.start()
        try:
            await self.crowd.run(self._press)
        finally:
            self.webhooks.stop()

    def _press(self, bot: Bot, person: Person, message_id: int, button: int, now: float) -> None:
        acts.press(self, bot, person, message_id, button, now)

    def reset(self) -> None:
        """Forget everything but the running numbers: accounts, people, bots, messages, faults, limits, counts."""
        for bot in self.bots.all():
            self.updates.end_poller(bot, Refusal(401, "Unauthorized"))
            self.webhooks.stop(bot.id)
        self.store.empty()
        for part in (self.accounts, self.consents, self.bots, self.people, self.messages, self.crowd):
            part.forget()
        self.limits.reset()
        for counter in (self.tally, self.bot_flood, self.group_flood, self.x_windows, self.mastodon, self.bluesky):
            counter.clear()
        self.faults.clear()
