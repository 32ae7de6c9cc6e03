"""What a citizen does: writes, shares a location, presses, edits, blocks the bot; each act becomes an update."""

import secrets
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.telegram.bots import Bot
from simulator.telegram.chats import account_chat, is_admin
from simulator.telegram.entities import detect
from simulator.telegram.messages import Box, Message
from simulator.telegram.people import BLOCKED, STARTED, Person
from simulator.telegram.sending import read_point

if TYPE_CHECKING:
    from simulator.world import World

Body = dict[str, Any]


class Impossible(ValueError):
    """The person cannot do this now: there is no such message or button, or the bot is blocked."""


def start(world: "World", bot: Bot, person: Person, payload: str, now: float) -> tuple[int, int]:
    """Press Start, under a link with `payload` (64 characters at most) or without; ends a block.

    Returns:
        The ids of the update (0 when the bot does not want this kind) and of the message; so for every act.
    """
    if world.people.state(person, bot.id) == BLOCKED:
        unblock(world, bot, person, now)
    return write(world, bot, person, f"/start {payload}".strip(), now)


def write(
    world: "World", bot: Bot, person: Person, text: str, now: float, reply_to: int | None = None
) -> tuple[int, int]:
    """Write a text to the bot, as an answer to message `reply_to` or not."""
    text = text.strip()
    if not text:
        raise Impossible("an empty message cannot be sent")
    content: Body = {"text": text}
    entities = detect(text)
    if entities:
        content["entities"] = entities
    return deliver(world, bot, person, content, text, now, reply_to)


def share_location(
    world: "World", bot: Bot, person: Person, latitude: float, longitude: float, now: float
) -> tuple[int, int]:
    """Share a point, in degrees."""
    point = read_point({"latitude": latitude, "longitude": longitude})
    return deliver(world, bot, person, {"location": point}, "", now)


def press(
    world: "World", bot: Bot, person: Person, message_id: int | None, button: int | str | None, now: float
) -> tuple[int, int]:
    """Press an inline button.

    Args:
        world: the simulator.
        bot: whose message it is.
        person: who presses.
        message_id: the message; None for the newest one with buttons to press.
        button: its callback data, or its number among the buttons that have callback data, row after row, from 0.
        now: Unix seconds.
    """
    _require_contact(world, bot, person)
    box = Box(bot.id, person.chat_id)
    message = _newest_with_buttons(world, box) if message_id is None else world.messages.get(box, message_id)
    data = None if message is None else find_data(message, 0 if button is None else button)
    if message is None or data is None:
        raise Impossible(f"message {message_id or ''} has no button {button} to press")
    query_id = str(secrets.randbits(62))
    world.store.write(
        "INSERT INTO presses (query_id, bot_id, chat_id, message_id, data, pressed_at) VALUES (?, ?, ?, ?, ?, ?)",
        *(query_id, bot.id, person.chat_id, message.message_id, data, now),
    )
    world.crowd.note_press(person.chat_id, now)
    query = {"id": query_id, "from": person.as_user(), "message": message.body}
    query |= {"chat_instance": str(bot.id ^ person.chat_id), "data": data}
    return world.updates.add(bot, "callback_query", query, person.chat_id, now), message.message_id


def edit(world: "World", bot: Bot, person: Person, message_id: int, text: str, now: float) -> tuple[int, int]:
    """Edit an own text."""
    _require_contact(world, bot, person)
    box = Box(bot.id, person.chat_id)
    message = world.messages.get(box, message_id)
    if message is None or message.sender != person.chat_id or "text" not in message.body:
        raise Impossible(f"message {message_id} is no text of this person")
    body = {**message.body, "text": text.strip(), "edit_date": int(now), "entities": detect(text.strip())}
    world.messages.change(box, body, text.strip(), now)
    return world.updates.add(bot, "edited_message", body, person.chat_id, now), message_id


def block(world: "World", bot: Bot, person: Person, now: float) -> tuple[int, int]:
    """Stop and block the bot."""
    _require_contact(world, bot, person)
    world.people.set_state(person, bot.id, BLOCKED)
    return _membership(world, bot, person, "member", "kicked", now), 0


def unblock(world: "World", bot: Bot, person: Person, now: float) -> tuple[int, int]:
    """Unblock the bot."""
    if world.people.state(person, bot.id) != BLOCKED:
        raise Impossible("this person has not blocked the bot")
    world.people.set_state(person, bot.id, STARTED)
    return _membership(world, bot, person, "kicked", "member", now), 0


def post(world: "World", channel: Account, text: str, now: float) -> int:
    """Post in a channel as its editor, and return the message's id; its administrators among the bots get to know it."""
    text = text.strip()
    if not text:
        raise Impossible("an empty message cannot be sent")
    chat = account_chat(channel)
    body: Body = {"sender_chat": chat, "chat": chat, "date": int(now), "text": text}
    body = world.messages.add(Box(0, int(channel.platform_id)), 0, body, text, now)
    world.publications.add(channel, str(body["message_id"]), text, now)
    for bot in world.bots.all():
        if is_admin(channel, bot):
            world.updates.add(bot, "channel_post", body, int(channel.platform_id), now)
    return int(body["message_id"])


def find_data(message: Message, button: int | str) -> str | None:
    """Return the callback data of a button (see `press`), None when the message has no such button."""
    data = [str(each["callback_data"]) for each in message.buttons() if each.get("callback_data")]
    if isinstance(button, str):
        return button if button in data else None
    return data[button] if 0 <= button < len(data) else None


def deliver(
    world: "World", bot: Bot, person: Person, content: Body, text: str, now: float, reply_to: int | None = None
) -> tuple[int, int]:
    """Send a message of any content to the bot, as an answer to message `reply_to` or not."""
    _require_contact(world, bot, person)
    box = Box(bot.id, person.chat_id)
    body: Body = {"from": person.as_user(), "chat": person.as_chat(), "date": int(now), **content}
    if reply_to is not None:
        original = world.messages.get(box, reply_to)
        if original is None:
            raise Impossible(f"there is no message {reply_to} to answer")
        body["reply_to_message"] = original.body
    body = world.messages.add(box, person.chat_id, body, text, now)
    world.people.set_state(person, bot.id, STARTED)
    return world.updates.add(bot, "message", body, person.chat_id, now), body["message_id"]


def _require_contact(world: "World", bot: Bot, person: Person) -> None:
    if person.deactivated:
        raise Impossible("this person's account is deactivated")
    if world.people.state(person, bot.id) == BLOCKED:
        raise Impossible("this person has blocked the bot")


def _newest_with_buttons(world: "World", box: Box) -> Message | None:
    for message in reversed(world.messages.history(box, 50)):
        if message.deleted_at is None and find_data(message, 0) is not None:
            return message
    return None


def _membership(world: "World", bot: Bot, person: Person, old: str, new: str, now: float) -> int:
    def member(status: str) -> Body:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": bot.as_user(), "status": status, **until}

    change = {"chat": person.as_chat(), "from": person.as_user(), "date": int(now)}
    change |= {"old_chat_member": member(old), "new_chat_member": member(new)}
    return world.updates.add(bot, "my_chat_member", change, person.chat_id, now)
