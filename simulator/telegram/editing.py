"""The methods that change or take back a message."""

from typing import TYPE_CHECKING, Any

from simulator.forms import Form
from simulator.telegram.bots import Bot
from simulator.telegram.chats import Chat, find_chat, require_voice
from simulator.telegram.keyboards import inline, read_markup
from simulator.telegram.messages import Message
from simulator.telegram.refusal import NOT_MODIFIED, bad_request
from simulator.telegram.sending import read_caption, read_text

if TYPE_CHECKING:
    from simulator.world import World

# Bot API, deleteMessage: "A message can only be deleted if it was sent less than 48 hours ago"; channels are exempt
# for an administrator who may post.
DELETABLE_SECONDS = 48 * 3600
# Bot API, deleteMessages: 1 to 100 ids; those that cannot be found are skipped.
MOST_AT_ONCE = 100
Body = dict[str, Any]


def edit_message_text(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do editMessageText and return the Message."""
    chat, message = _own_message(world, bot, form)
    if "text" not in message.body:
        raise bad_request("there is no text in the message to edit")
    text, entities = read_text(form)
    return _change(world, chat, message, form, {"text": text, "entities": entities}, now)


def edit_message_caption(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do editMessageCaption and return the Message."""
    chat, message = _own_message(world, bot, form)
    if "photo" not in message.body:
        raise bad_request("there is no caption in the message to edit")
    caption, entities = read_caption(form)
    return _change(world, chat, message, form, {"caption": caption, "caption_entities": entities}, now)


def edit_message_reply_markup(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do editMessageReplyMarkup and return the Message."""
    chat, message = _own_message(world, bot, form)
    return _change(world, chat, message, form, {}, now)


def delete_message(world: "World", bot: Bot, form: Form, now: float) -> bool:
    """Do deleteMessage."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    message = world.messages.get(chat.box, form.whole("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    is_channel = chat.account is not None and chat.account.kind == "channel"
    if not is_channel and now - message.sent_at > DELETABLE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    world.messages.delete(chat.box, message.message_id, now)
    if chat.account is not None:
        world.publications.delete(chat.account, str(message.message_id), now)
    return True


def delete_messages(world: "World", bot: Bot, form: Form, now: float) -> bool:
    """Do deleteMessages: what is not there, or too old, is passed over."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    ids = form.structure("message_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_AT_ONCE or not all(isinstance(each, int) for each in ids):
        raise bad_request("wrong message identifiers specified")
    for number in ids:
        message = world.messages.get(chat.box, number)
        if message is not None and now - message.sent_at <= DELETABLE_SECONDS:
            world.messages.delete(chat.box, number, now)
    return True


def _own_message(world: "World", bot: Bot, form: Form) -> tuple[Chat, Message]:
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    message = world.messages.get(chat.box, form.whole("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender != bot.id:
        raise bad_request("message can't be edited")
    return chat, message


def _change(world: "World", chat: Chat, message: Message, form: Form, content: Body, now: float) -> Body:
    markup = inline(read_markup(form.structure("reply_markup")))
    body = {name: value for name, value in message.body.items() if name != "reply_markup"}
    body |= content
    if markup:
        body["reply_markup"] = markup
    for empty in ("entities", "caption", "caption_entities"):
        if not body.get(empty):
            body.pop(empty, None)
    if body == message.body:
        raise bad_request(NOT_MODIFIED)
    body["edit_date"] = int(now)
    text = str(body.get("text") or body.get("caption") or "")
    world.messages.change(chat.box, body, text, now, markup=markup)
    if chat.account is not None and text != message.text:
        world.publications.edit(chat.account, str(message.message_id), text, now)
    return body
