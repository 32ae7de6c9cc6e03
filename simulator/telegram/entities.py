"""Formatted text: parse modes read into plain text and entities, and the entities that Telegram finds by itself.

Offsets and lengths are UTF-16 code units, the Bot API's own unit.
"""

import html
import re
from typing import Any

from simulator.telegram.markdown import read_markdown
from simulator.telegram.refusal import bad_request

Entity = dict[str, Any]
# Bot API, "HTML style".
ENTITY_KEYS = {"type", "offset", "length"}
STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "span": "spoiler", "tg-spoiler": "spoiler", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)([^<>]*)>|<|[^<]+")
LINK = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""")
FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")),
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@\w{3,64})?")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z]\w{3,31}")),
    ("hashtag", re.compile(r"(?<!\w)#\w*[^\W\d]\w*")),
)


def utf16(text: str) -> int:
    """Count `text` in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read_formatted(text: str, parse_mode: str, given: object) -> tuple[str, list[Entity]]:
    """Return the plain text and all its entities.

    Args:
        text: as sent.
        parse_mode: empty, HTML, MarkdownV2 or Markdown; capitals do not matter.
        given: the `entities` of the request, used without a parse mode.

    Raises:
        Refusal: an unknown mode, or markup that cannot be read.
    """
    mode = parse_mode.lower()
    entities: list[Entity] = []
    if mode == "html":
        text, entities = _read_html(text)
    elif mode in ("markdown", "markdownv2"):
        text, entities = read_markdown(text, strict=mode == "markdownv2")
    elif mode:
        raise bad_request("unsupported parse_mode")
    elif isinstance(given, list):
        entities = [dict(entity) for entity in given if isinstance(entity, dict) and set(entity) >= ENTITY_KEYS]
    plain = text.strip()
    shift = utf16(text[: len(text) - len(text.lstrip())])
    for entity in entities:
        entity["offset"] = max(0, int(entity["offset"]) - shift)
    return plain, _merge(entities, plain)


def detect(text: str) -> list[Entity]:
    """Return the links, commands, mentions and hashtags that Telegram marks by itself."""
    found: list[Entity] = []
    for kind, pattern in FOUND:
        for match in pattern.finditer(text):
            offset, length = utf16(text[: match.start()]), utf16(match[0])
            if not any(_overlap(offset, length, entity) for entity in found):
                found.append({"type": kind, "offset": offset, "length": length})
    return sorted(found, key=lambda entity: int(entity["offset"]))


def _overlap(offset: int, length: int, entity: Entity) -> bool:
    return bool(offset < entity["offset"] + entity["length"] and entity["offset"] < offset + length)


def _merge(entities: list[Entity], plain: str) -> list[Entity]:
    size = utf16(plain)
    kept = []
    for entity in entities:
        length = min(int(entity["length"]), size - int(entity["offset"]))
        if length > 0:
            kept.append({**entity, "length": length})
    fixed = [entity for entity in kept if entity["type"] in ("text_link", "code", "pre", "url", "text_mention")]
    for entity in detect(plain):
        if not any(_overlap(entity["offset"], entity["length"], other) for other in fixed):
            kept.append(entity)
    return sorted(kept, key=lambda entity: (int(entity["offset"]), -int(entity["length"])))


def _read_html(text: str) -> tuple[str, list[Entity]]:
    parts: list[str] = []
    size, offset_bytes = 0, 0
    waiting: list[tuple[str, Entity]] = []
    entities: list[Entity] = []
    for match in TAG.finditer(text):
        piece = match[0]
        if match[2] is None and piece != "<":
            plain = html.unescape(piece)
            parts.append(plain)
            size += utf16(plain)
        elif match[2] is None or match[2].lower() not in STYLES:
            name = (match[2] or "").lower()
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {offset_bytes}')
        elif match[1]:
            entities.append(_close(waiting, match[2].lower(), size, offset_bytes))
        else:
            waiting.append((match[2].lower(), _open(match[2].lower(), match[3], size)))
        offset_bytes += len(piece.encode())
    if waiting:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{waiting[-1][0]}\"")
    return "".join(parts), [entity for entity in entities if entity["length"] and entity.get("url", "-")]


def _open(tag: str, attributes: str, size: int) -> Entity:
    entity: Entity = {"type": STYLES[tag], "offset": size}
    if tag == "a":
        link = LINK.search(attributes)
        entity["url"] = html.unescape(link[1]) if link else ""
    return entity


def _close(waiting: list[tuple[str, Entity]], tag: str, size: int, offset_bytes: int) -> Entity:
    if not waiting:
        raise bad_request(f"can't parse entities: Unexpected end tag at byte offset {offset_bytes}")
    expected, entity = waiting.pop()
    if expected != tag:
        raise bad_request(
            f"can't parse entities: Unmatched end tag at byte offset {offset_bytes},"
            f' expected "</{expected}>", found "</{tag}>"'
        )
    entity["length"] = size - entity["offset"]
    return entity
