"""What a citizen sends that is no text, and the files that a bot fetches: getFile, and the download that follows it."""

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Any

from simulator.exchange import Answer
from simulator.forms import Form
from simulator.pictures import Measure, measure
from simulator.telegram.acts import Impossible, deliver
from simulator.telegram.bots import Bot
from simulator.telegram.people import Person
from simulator.telegram.refusal import Refusal, bad_request
from simulator.telegram.sending import read_point

if TYPE_CHECKING:
    from simulator.world import World

Body = dict[str, Any]
# Bot API, getFile: "bots can download files of up to 20MB in size".
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
# The fields of each kind that client libraries insist on, and what Telegram calls its file.
FILES: dict[str, tuple[Body, str, str]] = {
    "voice": ({"duration": 3, "mime_type": "audio/ogg"}, "voice", "oga"),
    "audio": ({"duration": 3, "mime_type": "audio/mpeg"}, "music", "mp3"),
    "video": ({"duration": 3, "width": 640, "height": 480, "mime_type": "video/mp4"}, "videos", "mp4"),
    "video_note": ({"duration": 3, "length": 240}, "video_notes", "mp4"),
    "animation": ({"duration": 3, "width": 320, "height": 240, "mime_type": "video/mp4"}, "animations", "mp4"),
    "document": ({"mime_type": "application/pdf", "file_name": "form.pdf"}, "documents", "bin"),
    "sticker": (
        {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "👍"},
        "stickers",
        "webp",
    ),
    "photo": ({}, "photos", "jpg"),
}
PLAIN: dict[str, Body] = {
    "contact": {"phone_number": "+32470000000", "first_name": "Bo"},
    "dice": {"emoji": "🎲", "value": 4},
    "poll": {
        "id": "1", "question": "Leave?", "total_voter_count": 0, "is_closed": False, "is_anonymous": True, "type": "regular",
        "options": [{"text": text, "voter_count": 0, "persistent_id": text} for text in ("Yes", "No")],
        "allows_multiple_answers": False, "allows_revoting": True, "members_only": False,
    },
}  # fmt: skip


def send(world: "World", bot: Bot, person: Person, wanted: Body, now: float) -> tuple[int, int]:
    """Send something that is no text.

    Args:
        world: the simulator.
        bot: to whom.
        person: who.
        wanted: `what` (a kind of FILES or PLAIN, "venue", "live_location"); of a file its `content` in base64; and, where wanted,
            `caption`, `album`, `mime_type`, `file_size`, `latitude` and `longitude`.
        now: Unix seconds.

    Raises:
        Impossible: there is nothing of that kind to send.
    """
    what = str(wanted.get("what"))
    content: Body = {
        name: wanted[key] for name, key in (("caption", "caption"), ("media_group_id", "album")) if key in wanted
    }
    if what in FILES:
        content[what] = _file(world, bot, what, wanted, now)
        if what == "animation":
            content["document"] = content[what]
    elif what in PLAIN:
        content[what] = PLAIN[what]
    elif what == "venue":
        point = read_point(wanted)
        content |= {"venue": {"location": point, "title": "Town hall", "address": "Main Street 1"}, "location": point}
    elif what == "live_location":
        content["location"] = {**read_point(wanted), "live_period": 900}
    else:
        raise Impossible(f"nobody can send {what!r}")
    return deliver(world, bot, person, content, str(content.get("caption", "")), now)


def walk(world: "World", bot: Bot, person: Person, wanted: Body, now: float) -> tuple[int, int]:
    """Move on while a live location is shared: Telegram edits the message."""
    point = {**read_point(wanted), "live_period": 900}
    body = {
        "message_id": int(wanted["message_id"]), "from": person.as_user(), "chat": person.as_chat(), "date": int(now),
        "edit_date": int(now), "location": point,
    }  # fmt: skip
    return world.updates.add(bot, "edited_message", body, person.chat_id, now), int(wanted["message_id"])


def get_file(world: "World", bot: Bot, form: Form, now: float) -> Body:  # noqa: ARG001 - one signature for every method
    """Do getFile and return a File, whose path holds for the download."""
    file_id = form.text("file_id") or ""
    found = world.pictures.content(file_id) if world.pictures.owned(file_id, f"telegram:{bot.id}") else None
    if found is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(found[1]) > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    kind = next((name for name in FILES if file_id.startswith(f"{name}-")), "photo")
    return {
        "file_id": file_id,
        "file_unique_id": file_id[-16:],
        "file_size": len(found[1]),
        "file_path": f"{FILES[kind][1]}/{file_id}.{FILES[kind][2]}",
    }


def download(world: "World", bot: Bot, path: str) -> Answer:
    """Return the bytes of a file by the path that getFile gave."""
    file_id = path.rpartition("/")[2].partition(".")[0]
    found = world.pictures.content(file_id) if world.pictures.owned(file_id, f"telegram:{bot.id}") else None
    if found is None:
        return Refusal(404, "Not Found").answer()
    return Answer(200, found[1], media_type="application/octet-stream")


def _file(world: "World", bot: Bot, what: str, wanted: Body, now: float) -> Any:
    try:
        content = base64.b64decode(str(wanted.get("content", "")), validate=True)
    except binascii.Error as error:
        raise Impossible("the content is not base64") from error
    fields = FILES[what][0]
    size = measure(content) or Measure(str(fields.get("mime_type", "application/octet-stream")), 0, 0)
    file_id = f"{what}-{secrets.token_urlsafe(24)}"
    world.pictures.add(file_id, f"telegram:{bot.id}", size, content, now)
    file: Body = {
        "file_id": file_id,
        "file_unique_id": file_id[-16:],
        "file_size": wanted.get("file_size", len(content)),
    }
    if what == "photo":
        small = file | {"file_id": f"{file_id}-small", "width": 90, "height": 67, "file_size": 100}
        return [small, file | {"width": size.width or 1280, "height": size.height or 960}]
    return file | fields | ({"mime_type": wanted["mime_type"]} if "mime_type" in wanted else {})
