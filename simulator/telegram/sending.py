"""The methods that make a new message: sendMessage, sendPhoto, sendLocation and forwardMessage."""

import secrets
from typing import TYPE_CHECKING, Any

from simulator.forms import Form
from simulator.pictures import Measure, measure
from simulator.telegram.bots import Bot
from simulator.telegram.chats import Chat, find_chat, require_voice
from simulator.telegram.entities import read_formatted, utf16
from simulator.telegram.keyboards import inline, read_markup
from simulator.telegram.refusal import bad_request, too_many

if TYPE_CHECKING:
    from simulator.world import World

# Bot API, sendMessage: "1-4096 characters after entities parsing"; counted here in UTF-16 code units, the stricter
# reading.
MAX_TEXT = 4096
# tdlib/telegram-bot-api, Client.cpp: a longer raw text is refused before it is parsed.
MAX_TEXT_BYTES = 32768
# Bot API, sendPhoto: caption "0-1024 characters after entities parsing".
MAX_CAPTION = 1024
# Bot API, sendPhoto: at most 10 MB; width and height not more than 10000 together; ratio at most 20.
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_PHOTO_SIDES = 10_000
MAX_PHOTO_RATIO = 20
# Bot API, sendDocument: files of up to 50 MB.
MAX_DOCUMENT_BYTES = 50 * 1024 * 1024

Body = dict[str, Any]


def read_text(form: Form) -> tuple[str, list[dict[str, Any]]]:
    """Return the text of a request and its entities.

    Raises:
        Refusal: empty, too long, or markup that cannot be read.
    """
    raw = form.text("text") or ""
    if len(raw.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise bad_request("text is too long")
    text, entities = read_formatted(raw, form.text("parse_mode") or "", form.structure("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return text, entities


def read_caption(form: Form) -> tuple[str, list[dict[str, Any]]]:
    """Return the caption of a request and its entities; both may be empty.

    Raises:
        Refusal: too long, or markup that cannot be read.
    """
    text, entities = read_formatted(
        form.text("caption") or "", form.text("parse_mode") or "", form.structure("caption_entities")
    )
    if utf16(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return text, entities


def send_message(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do sendMessage and return the Message."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    text, entities = read_text(form)
    content: Body = {"text": text}
    if entities:
        content["entities"] = entities
    if form.values.get("link_preview_options"):
        content["link_preview_options"] = form.object("link_preview_options")
    return _post(world, bot, chat, form, content, now)


def send_photo(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do sendPhoto, with an uploaded file or the file_id of an earlier one, and return the Message."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    caption, entities = read_caption(form)
    content: Body = {"photo": [_photo(world, bot, form, now)]}
    if caption:
        content["caption"] = caption
    if entities:
        content["caption_entities"] = entities
    return _post(world, bot, chat, form, content, now)


def send_document(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do sendDocument with an uploaded file, which is kept beside the pictures, and return the Message."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    caption, entities = read_caption(form)
    named = form.text("document") or ""
    upload = form.files.get(named.removeprefix("attach://") if named.startswith("attach://") else "document")
    if upload is None or not upload.content:
        raise bad_request("there is no document in the request")
    if len(upload.content) > MAX_DOCUMENT_BYTES:
        raise bad_request("file is too big")
    file_id = "BQAC" + secrets.token_urlsafe(24)
    world.pictures.add(file_id, f"telegram:{bot.id}", Measure(upload.media_type, 0, 0), upload.content, now)
    document: Body = {"file_id": file_id, "file_unique_id": file_id[-16:], "file_name": upload.filename}
    document |= {"mime_type": upload.media_type, "file_size": len(upload.content)}
    content: Body = {"document": document}
    if caption:
        content |= {"caption": caption, **({"caption_entities": entities} if entities else {})}
    return _post(world, bot, chat, form, content, now)


def send_location(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do sendLocation and return the Message."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    return _post(world, bot, chat, form, {"location": read_point(form.values)}, now)


def forward_message(world: "World", bot: Bot, form: Form, now: float) -> Body:
    """Do forwardMessage and return the new Message; the way in which a product proves what stands in a channel."""
    chat = find_chat(world, bot, form.text("chat_id"))
    source = find_chat(world, bot, form.text("from_chat_id"))
    require_voice(world, bot, source)
    original = world.messages.get(source.box, form.whole("message_id"))
    if original is None:
        raise bad_request("message to forward not found")
    if original.body.get("has_protected_content"):
        raise bad_request("message has protected content and can't be forwarded")
    require_voice(world, bot, chat)
    origin: Body = {"type": "user", "sender_user": original.body.get("from"), "date": original.body["date"]}
    if source.account is not None and source.account.kind == "channel":
        origin = {
            "type": "channel",
            "chat": source.as_json(),
            "message_id": original.message_id,
            "date": original.body["date"],
        }
    kept = ("text", "entities", "photo", "caption", "caption_entities", "location")
    content = {name: original.body[name] for name in kept if name in original.body}
    bare = Form(
        {name: value for name, value in form.values.items() if name in ("disable_notification", "protect_content")}
    )
    return _post(world, bot, chat, bare, {"forward_origin": origin, **content}, now)


def read_point(values: dict[str, Any]) -> dict[str, float]:
    """Return the point of a location.

    Raises:
        Refusal: no numbers, or not on this planet.
    """
    try:
        point = {name: float(values[name]) for name in ("latitude", "longitude")}
    except (KeyError, TypeError, ValueError) as error:
        raise bad_request("latitude is empty") from error
    if not (-90 <= point["latitude"] <= 90 and -180 <= point["longitude"] <= 180):
        raise bad_request("wrong latitude or longitude specified")
    return point


def _post(world: "World", bot: Bot, chat: Chat, form: Form, content: Body, now: float) -> Body:
    markup = read_markup(form.structure("reply_markup"))
    replied = _replied(world, chat, form)
    _check_flood(world, bot, chat, now)
    # Groups and channels show different senders: a channel's posts are its own.
    is_channel = chat.account is not None and chat.account.kind == "channel"
    body: Body = {"sender_chat": chat.as_json()} if is_channel else {"from": bot.as_user()}
    body |= {"chat": chat.as_json(), "date": int(now), **content}
    if replied is not None:
        body["reply_to_message"] = {name: value for name, value in replied.items() if name != "reply_to_message"}
    if form.yes("protect_content"):
        body["has_protected_content"] = True
    if inline(markup):
        body["reply_markup"] = markup
    text = str(content.get("text") or content.get("caption") or "")
    body = world.messages.add(chat.box, bot.id, body, text, now, markup)
    if chat.account is not None:
        pictures = tuple(photo["file_id"] for photo in content.get("photo", []))
        reply_to = str(replied["message_id"]) if replied else None
        world.publications.add(chat.account, str(body["message_id"]), text, now, reply_to=reply_to, pictures=pictures)
    elif chat.person is not None and inline(markup):
        world.crowd.receive(bot, chat.person, body, text, now)
    return body


def _replied(world: "World", chat: Chat, form: Form) -> Body | None:
    wanted = form.object("reply_parameters")
    message_id = Form(wanted).whole("message_id") or form.whole("reply_to_message_id")
    if not message_id:
        return None
    original = world.messages.get(chat.box, message_id)
    if original is None:
        if wanted.get("allow_sending_without_reply") or form.yes("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return original.body


def _check_flood(world: "World", bot: Bot, chat: Chat, now: float) -> None:
    if chat.is_group:
        wait = world.group_flood.wait(chat.chat_id, world.limits["telegram_group_per_minute"], now)
        if wait:
            raise too_many(wait)
    wait = world.bot_flood.wait(bot.id, world.limits["telegram_per_second"], now)
    if wait:
        raise too_many(wait)


def _photo(world: "World", bot: Bot, form: Form, now: float) -> Body:
    named = form.text("photo") or ""
    upload = form.files.get(named.removeprefix("attach://") if named.startswith("attach://") else "photo")
    if upload is None:
        size = world.pictures.owned(named, f"telegram:{bot.id}")
        if size is None:
            # An address on the web is refused as well: the simulator fetches nothing.
            raise bad_request(
                "wrong file identifier/HTTP URL specified" if named else "there is no photo in the request"
            )
        return _photo_size(named, size.width, size.height)
    if len(upload.content) > MAX_PHOTO_BYTES:
        raise bad_request("file is too big")
    size = measure(upload.content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    sides = sorted((max(1, size.width), max(1, size.height)))
    if sum(sides) > MAX_PHOTO_SIDES or sides[1] > MAX_PHOTO_RATIO * sides[0]:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    file_id = "AgAC" + secrets.token_urlsafe(24)
    world.pictures.add(file_id, f"telegram:{bot.id}", size, upload.content, now)
    return _photo_size(file_id, size.width, size.height)


def _photo_size(file_id: str, width: int, height: int) -> Body:
    return {"file_id": file_id, "file_unique_id": file_id[-16:], "width": width, "height": height}
