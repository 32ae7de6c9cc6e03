"""Pictures that were uploaded: kept so that the pages can show them, measured from their own first bytes."""

import struct
from dataclasses import dataclass

from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Measure:
    """What a picture says of itself: its media type, width and height in pixels."""

    media_type: str
    width: int
    height: int


def measure(content: bytes) -> Measure | None:
    """Read type and size of a PNG, JPEG, GIF or WebP from its bytes; None when it is none of them."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return Measure("image/png", *struct.unpack(">II", content[16:24]))
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        return Measure("image/gif", *struct.unpack("<HH", content[6:10]))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Measure("image/webp", 0, 0)
    if content.startswith(b"\xff\xd8"):
        return _measure_jpeg(content)
    return None


def _measure_jpeg(content: bytes) -> Measure:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        # Start-of-frame markers carry the size; C4, C8 and CC share the range but mean tables.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Measure("image/jpeg", width, height)
        at += 2 + length
    return Measure("image/jpeg", 0, 0)


class Pictures:
    """Every uploaded picture, by the id that its platform gave it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, picture_id: str, owner: str, size: Measure, content: bytes, now: float, alt_text: str = "") -> None:
        """Keep a picture. `owner` is `platform:address`, or the bot; `now` in Unix seconds."""
        self._store.write(
            "INSERT OR REPLACE INTO pictures"
            " (picture_id, owner, media_type, width, height, alt_text, added_at, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(picture_id, owner, size.media_type, size.width, size.height, alt_text, now, content),
        )

    def describe(self, picture_id: str, alt_text: str) -> None:
        """Set the text that stands for the picture."""
        self._store.write("UPDATE pictures SET alt_text = ? WHERE picture_id = ?", alt_text, picture_id)

    def owned(self, picture_id: str, owner: str) -> Measure | None:
        """Return the measure of a picture of `owner`, None when there is no such picture of theirs."""
        row = self._store.row("SELECT * FROM pictures WHERE picture_id = ? AND owner = ?", picture_id, owner)
        return None if row is None else Measure(row["media_type"], row["width"], row["height"])

    def alt_text(self, picture_id: str) -> str:
        """Return the text that stands for the picture, empty when none was given."""
        row = self._store.row("SELECT alt_text FROM pictures WHERE picture_id = ?", picture_id)
        return str(row["alt_text"]) if row else ""

    def content(self, picture_id: str) -> tuple[str, bytes] | None:
        """Return media type and bytes of a picture, for the pages."""
        row = self._store.row("SELECT media_type, content FROM pictures WHERE picture_id = ?", picture_id)
        return None if row is None else (row["media_type"], row["content"])
