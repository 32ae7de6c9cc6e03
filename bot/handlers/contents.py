"""What a message holds that is no text, as plain values; whatever is not as Telegram's documentation says is left out."""

import math
from typing import Any, TypeGuard

from telegram import Message

from bot.media import Point
from crisis.checkins.attachments import MAX_BYTES, Sent

# A message of a later kind also holds what an earlier one knew (an animation is a document too): the first that fits.
KINDS = (
    "photo", "voice", "video_note", "animation", "video", "audio", "document", "sticker", "contact", "poll", "venue", "dice",
)  # fmt: skip
LONGEST_ID = 200  # characters; Telegram's own have about eighty


def sent_in(message: Message) -> tuple[Sent, str]:
    """Return what was sent, and the words that came with it."""
    kind = next((name for name in KINDS if getattr(message, name, None)), "message")
    what = getattr(message, kind, None) if kind != "message" else None
    words = _text(message.caption) or _words(kind, what)
    file = _largest(what) if kind == "photo" else what
    sent = Sent(
        kind=kind,
        remote_id=_text(getattr(file, "file_id", "")) if len(_text(getattr(file, "file_id", ""))) <= LONGEST_ID else "",
        size=_number(getattr(file, "file_size", 0)),
        media_type=_text(getattr(file, "mime_type", "")),
        album=_text(message.media_group_id),
    )
    return sent, words


def point_in(message: Message) -> Point | None:
    """Return the place that a message shares, or None if it shares none that is on this planet."""
    venue, at = message.venue, message.location
    at = at or getattr(venue, "location", None)
    lat, lon = getattr(at, "latitude", None), getattr(at, "longitude", None)
    if not (_is_degrees(lat, 90) and _is_degrees(lon, 180)):
        return None
    return Point(lat, lon, _text(getattr(venue, "title", ""))[:80])


def _is_degrees(value: Any, most: int) -> TypeGuard[float]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and -most <= value <= most


def _largest(sizes: Any) -> Any:
    """Return the largest form of a picture that is not too large; Telegram makes several of each."""
    fit = [size for size in sizes if _number(getattr(size, "file_size", 0)) <= MAX_BYTES]
    return max(fit, key=lambda size: _number(getattr(size, "width", 0)), default=None)


def _words(kind: str, what: Any) -> str:
    names = {
        "contact": ("first_name", "last_name", "phone_number"),
        "sticker": ("emoji",),
        "dice": ("emoji",),
        "poll": ("question",),
        "venue": ("title", "address"),
        "document": ("file_name",),
    }.get(kind, ())
    return " ".join(found for name in names if (found := _text(getattr(what, name, ""))))[:900]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
