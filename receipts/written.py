"""What people write on WhatsApp, read out of its webhook: each message for itself, so that a broken one hides no other."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crisis.audience.operations import Place

LONGEST_TEXT = 4096  # characters. Source: developers.facebook.com, WhatsApp Cloud API, text messages
LONGEST_ID = 300
_LAST = 2**33  # seconds: a moment after that is a mistake
# What a phone sends by itself, or takes back: nobody has said anything.
_SILENT = frozenset({"system", "request_welcome", "ephemeral"})
_MEDIA = frozenset({"image", "audio", "voice", "video", "document", "sticker", "contacts", "order", "unsupported"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        id: the platform's.
        sender: as it stands there: a number without its +, or a name that the platform made.
        text: what was written, or what stands on the button that was pressed.
        at: when.
        beside: what came with it that no rule can read; blank if nothing did.
        place: where the person is, if that is what was sent.
    """

    id: str
    sender: str
    text: str
    at: datetime
    beside: str = ""
    place: Place | None = None


def messages(told: dict[str, Any]) -> Iterator[Message]:
    """Return the messages of a webhook; what has not the form of one is passed over.

    Args:
        told: as it was posted, an object.
    """
    for entry in _objects(told.get("entry")):
        for change in _objects(entry.get("changes")):
            value = change.get("value")
            for each in _objects(value.get("messages")) if isinstance(value, dict) else ():
                if (message := _message(each)) is not None:
                    yield message


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _message(each: dict[str, Any]) -> Message | None:
    number, sender, kind, at = (each.get(name) for name in ("id", "from", "type", "timestamp"))
    if not (isinstance(number, str) and isinstance(sender, str) and isinstance(kind, str)):
        return None
    if not 0 < len(number) <= LONGEST_ID or not 0 < len(sender) <= LONGEST_ID or kind in _SILENT:
        return None
    at = at if isinstance(at, int) else int(at) if isinstance(at, str) and at.isascii() and at.isdecimal() else -1
    if isinstance(at, bool) or not 0 <= at < _LAST:
        return None
    written_at = datetime.fromtimestamp(at, UTC)
    part = each.get(kind)
    part = part if isinstance(part, dict) else {}
    if kind == "location" and (place := _place(part)) is not None:
        return Message(number, sender, "", written_at, place=place)
    text = _said(kind, part)
    if text is None:
        # Whatever it is, a person sees that something came.
        name = kind if kind in _MEDIA else "message"
        return Message(number, sender, _string(part, "caption"), written_at, beside=name)
    # A reaction that is taken back has no sign left.
    return Message(number, sender, text, written_at) if text or kind != "reaction" else None


def _said(kind: str, part: dict[str, Any]) -> str | None:
    """Return what was said in words; None where it was not."""
    match kind:
        case "text":
            return _string(part, "body")
        case "reaction":
            return _string(part, "emoji")
        case "button":
            return _pressed(_string(part, "payload"), _string(part, "text"))
        case "interactive":
            for name in ("button_reply", "list_reply"):
                if isinstance(chosen := part.get(name), dict):
                    return _pressed(_string(chosen, "id"), _string(chosen, "title"))
    return None


def _pressed(number: str, words: str) -> str:
    """Return what a button says: its number where it is an answer's, else the words on it."""
    return number if number in ("1", "2", "3") else words


def _string(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _place(part: dict[str, Any]) -> Place | None:
    lat, lon = part.get("latitude"), part.get("longitude")
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (lat, lon)):
        return None
    lat, lon = float(lat or 0), float(lon or 0)
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Place(lat, lon)
