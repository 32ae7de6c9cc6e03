"""Which chat a request means, and whether the bot may speak there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.telegram.bots import Bot
from simulator.telegram.messages import Box
from simulator.telegram.people import BLOCKED, FRESH, Person
from simulator.telegram.refusal import GONE, Refusal, bad_request

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat as one bot sees it: with a person, or of a registered channel or group."""

    box: Box
    person: Person | None = None
    account: Account | None = None

    @property
    def chat_id(self) -> int:
        """The id of the chat."""
        return self.box.chat_id

    @property
    def is_group(self) -> bool:
        """Whether the flood limit of groups applies; channels are exempt."""
        return self.account is not None and self.account.kind != "channel"

    def as_json(self) -> dict[str, Any]:
        """Return the chat as a Chat of the Bot API."""
        if self.person is not None:
            return self.person.as_chat()
        return account_chat(self.account) if self.account else {"id": self.chat_id, "type": "private"}


def account_chat(account: Account) -> dict[str, Any]:
    """Return a registered channel or group as a Chat of the Bot API."""
    chat: dict[str, Any] = {"id": int(account.platform_id), "title": account.name, "type": account.kind}
    if account.kind != "group":
        chat["username"] = account.address.removeprefix("@")
    return chat


def is_admin(account: Account, bot: Bot) -> bool:
    """Tell whether a bot is an administrator of a channel or group."""
    admins = account.admins
    return admins is None or bot.username.casefold() in {name.removeprefix("@").casefold() for name in admins}


def find_chat(world: "World", bot: Bot, wanted: str | None) -> Chat:
    """Return the chat that `chat_id` means: a number, or the @name of a channel.

    Raises:
        Refusal: there is no such chat.
    """
    wanted = (wanted or "").strip()
    if not wanted:
        raise bad_request("chat_id is empty")
    account = world.accounts.named("telegram", wanted) if wanted.startswith("@") else None
    if account is None and wanted.startswith("-"):
        account = world.accounts.numbered("telegram", wanted)
    if account is not None:
        return Chat(Box(0, int(account.platform_id)), account=account)
    person = world.people.get(int(wanted)) if wanted.isdecimal() else None
    if person is None:
        raise bad_request("chat not found")
    return Chat(Box(bot.id, person.chat_id), person=person)


def require_voice(world: "World", bot: Bot, chat: Chat) -> None:
    """Refuse a bot that may not speak in `chat`.

    Raises:
        Refusal: the person has left, blocked the bot or never started it; the bot does not administrate the channel.
    """
    if chat.account is not None:
        if not is_admin(chat.account, bot):
            raise Refusal(403, f"Forbidden: bot is not a member of the {chat.account.kind} chat")
        return
    if chat.person is not None:
        state = world.people.state(chat.person, bot.id)
        if chat.person.deactivated:
            raise GONE["deactivated"]
        if state == BLOCKED:
            raise GONE["blocked"]
        if state == FRESH:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
