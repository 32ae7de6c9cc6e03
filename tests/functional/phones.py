"""A citizen with a phone: acts on the simulator, through which the bot's own application takes it in and answers."""

from typing import Any

from asgiref.sync import async_to_sync

from bot.application import App
from bot.handlers.saying import ask
from bot.intake import ALLOWED
from bot.main import build
from bot.worker import drain
from config.run_bot import shared_rate
from crisis import clock
from crisis.audience.models import Contact, Stay
from crisis.checkins import inbox
from simulator.testing import Running
from tasks import throttle


class Person:
    """A citizen with a phone: acts on the simulator; the bot then takes its updates in and handles them."""

    def __init__(self, sim: Running, chat: int, language: str) -> None:
        self.sim, self.chat = sim, chat
        sim.control(
            "PUT", "people", [{"chat_id": chat, "first_name": "Emma", "language_code": language, "started": True}]
        )

    def does(self, kind: str, **what: Any) -> list[dict[str, Any]]:
        """Act, let the bot work, and return the bot's new messages."""
        before = len(self.messages())
        # A person takes some seconds between two acts; a test does not wait for them.
        throttle._client().delete(f"chat:telegram:{self.chat}")
        self.acts(kind, **what)
        work()
        return self.messages()[before:]

    def acts(self, kind: str, **what: Any) -> None:
        """Act, while the bot sleeps."""
        self.sim.control("POST", f"people/{self.chat}/act", {"kind": kind, **what})

    def messages(self) -> list[dict[str, Any]]:
        chat = self.sim.control("GET", f"chats/{self.chat}")
        return [message for message in chat["messages"] if message["sender"] == "bot"]

    def toasts(self) -> list[str]:
        return [press["answer"] or "" for press in self.sim.control("GET", f"chats/{self.chat}")["presses"]]

    @property
    def contact(self) -> Contact:
        return Contact.objects.select_related("citizen").get(address=str(self.chat))

    @property
    def stay(self) -> Stay | None:
        return Stay.objects.filter(citizen=self.contact.citizen, ended_at=None).first()


async def _take_in(application: App) -> list[dict[str, Any]]:
    updates: Any = await application.bot.do_api_request("getupdates", {"timeout": 0, "allowed_updates": ALLOWED})
    if updates:
        await ask(inbox.store_telegram, updates, now=clock.now())
        await application.bot.do_api_request("getupdates", {"timeout": 0, "offset": updates[-1]["update_id"] + 1})
    return list(updates)


async def _work(*, handling: bool) -> list[dict[str, Any]]:
    application = build(shared_rate())
    async with application:
        updates = await _take_in(application)
        while handling and await drain(application):
            pass
    return updates


def work() -> None:
    """Do once what the bot's process does all the time."""
    async_to_sync(_work)(handling=True)


def take_in() -> list[dict[str, Any]]:
    """Store what the platform holds for the bot, as it was sent, and handle nothing."""
    return async_to_sync(_work)(handling=False)


def text(messages: list[dict[str, Any]]) -> str:
    return "\n\n".join(message["text"] for message in messages)


def buttons(message: dict[str, Any]) -> list[str]:
    return [button["callback_data"] for row in message["inline_keyboard"] for button in row]
