"""What the lexicon of a post allows, by the protocol's own counting."""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

import regex  # type: ignore[import-untyped, unused-ignore] # it ships no types

from simulator.bluesky.errors import invalid, invalid_record

# bluesky-social/atproto, lexicons app.bsky.feed.post and app.bsky.embed.images.
MAX_GRAPHEMES, MAX_BYTES = 300, 3000
MAX_LANGUAGES, MAX_PICTURES, MAX_PICTURE_BYTES = 3, 4, 2_000_000
_GRAPHEME = regex.compile(r"\X")
# atproto.com, TID: the first digit leaves the highest bit alone.
_TID = regex.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_TIME = regex.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def check_key(rkey: str) -> None:
    """Refuse a name that no post may have."""
    if not _TID.fullmatch(rkey):
        raise invalid(f'Invalid record key for collection "app.bsky.feed.post": {rkey}')


def check_post(record: Any) -> dict[str, Any]:
    """Return a record that may stand.

    Raises:
        Refused: the lexicon does not allow it.
    """
    if not isinstance(record, dict) or record.get("$type") != "app.bsky.feed.post":
        raise invalid('Invalid record: $type must be "app.bsky.feed.post"')
    text = record.get("text")
    if not isinstance(text, str):
        raise invalid_record('Missing required key "text" at $.record')
    size, graphemes = len(text.encode()), len(_GRAPHEME.findall(text))
    if size > MAX_BYTES:
        raise invalid_record(f"string too big (maximum {MAX_BYTES}, got {size}) at $.record.text")
    if graphemes > MAX_GRAPHEMES:
        raise invalid_record(f"grapheme too big (maximum {MAX_GRAPHEMES}, got {graphemes}) at $.record.text")
    _check_time(record.get("createdAt"))
    if len(record.get("langs") or []) > MAX_LANGUAGES:
        raise invalid_record(f"array too big (maximum {MAX_LANGUAGES}) at $.record.langs")
    for facet in record.get("facets") or []:
        span = facet.get("index") or {}
        if not 0 <= span.get("byteStart", -1) < span.get("byteEnd", -1) <= size or not facet.get("features"):
            raise invalid_record("Invalid facet at $.record.facets")
    reply = record.get("reply")
    if reply is not None and not all(
        isinstance(each, dict) and str(each.get("uri", "")).startswith("at://") and each.get("cid")
        for each in (reply.get("root"), reply.get("parent"))
    ):
        raise invalid_record("Invalid strong reference at $.record.reply")
    return record


def pictures_of(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the references of a record's pictures, each with what stands for it.

    Raises:
        Refused: they may not be shown.
    """
    embed = record.get("embed")
    if embed is None:
        return []
    images = embed.get("images") if isinstance(embed, dict) else None
    if embed.get("$type") != "app.bsky.embed.images" or not isinstance(images, list) or len(images) > MAX_PICTURES:
        raise invalid_record("Invalid embed at $.record.embed")
    found = []
    for each in images:
        blob = each.get("image") or {}
        if not isinstance(each.get("alt"), str) or blob.get("$type") != "blob":
            raise invalid_record("Invalid image at $.record.embed.images")
        if int(blob.get("size", 0)) > MAX_PICTURE_BYTES:
            raise invalid_record(f"blob too big (maximum {MAX_PICTURE_BYTES}) at $.record.embed.images")
        found.append((str((blob.get("ref") or {}).get("$link")), each["alt"]))
    return found


def cid(content: bytes, codec: int) -> str:
    """Return the name of a content. Source: multiformats, CIDv1, SHA-256; codec 0x55 is raw, 0x71 a record."""
    digest = bytes([1, codec, 0x12, 0x20]) + hashlib.sha256(content).digest()
    return "b" + base64.b32encode(digest).decode().rstrip("=").lower()


def record_cid(record: dict[str, Any]) -> str:
    """Return the name of a record: the same for the same content. Hashed here is JSON, not the protocol's own binary form."""
    return cid(json.dumps(record, sort_keys=True, separators=(",", ":")).encode(), 0x71)


def _check_time(text: Any) -> None:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise invalid_record("Invalid datetime at $.record.createdAt")
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_record("Invalid datetime at $.record.createdAt") from error
