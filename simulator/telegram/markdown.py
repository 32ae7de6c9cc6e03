"""Telegram's two kinds of Markdown, read into plain text and entities."""

from typing import Any

from simulator.telegram.refusal import bad_request

Entity = dict[str, Any]
# Bot API, "MarkdownV2 style": these characters must be escaped wherever they mark nothing.
RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
# The longer marker first, because __ begins like _.
STRICT = (("__", "underline"), ("||", "spoiler"), ("*", "bold"), ("_", "italic"), ("~", "strikethrough"))
LOOSE = (("*", "bold"), ("_", "italic"))


def read_markdown(text: str, *, strict: bool) -> tuple[str, list[Entity]]:
    """Return plain text and entities of MarkdownV2 (`strict`) or of the older Markdown.

    Raises:
        Refusal: a reserved character stands alone, or a marker has no end.
    """
    return _Reader(text, strict=strict).read()


class _Reader:
    def __init__(self, text: str, *, strict: bool) -> None:
        self._text = text
        self._strict = strict
        self._at = 0
        self._size = 0
        self._parts: list[str] = []
        self._waiting: list[tuple[str, Entity]] = []
        self._entities: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        while self._at < len(self._text):
            self._step()
        if self._waiting:
            raise self._no_end(self._waiting[-1][1]["type"])
        return "".join(self._parts), [entity for entity in self._entities if entity["length"]]

    def _step(self) -> None:
        character = self._text[self._at]
        if character == "\\" and self._at + 1 < len(self._text) and ord(self._text[self._at + 1]) < 127:
            self._take(self._text[self._at + 1])
            self._at += 2
        elif character == "`":
            self._code()
        elif not self._marker() and not self._link(character):
            if character == ">" and self._strict and (self._at == 0 or self._text[self._at - 1] == "\n"):
                self._at += 1
            elif character in RESERVED and self._strict:
                raise bad_request(
                    f"can't parse entities: Character '{character}' is reserved"
                    " and must be escaped with the preceding '\\'"
                )
            else:
                self._take(character)
                self._at += 1

    def _marker(self) -> bool:
        for marker, kind in STRICT if self._strict else LOOSE:
            if not self._text.startswith(marker, self._at):
                continue
            if self._waiting and self._waiting[-1][0] == marker:
                entity = self._waiting.pop()[1]
                entity["length"] = self._size - entity["offset"]
                self._entities.append(entity)
            elif any(opened == marker for opened, _ in self._waiting):
                raise self._no_end(self._waiting[-1][1]["type"])
            else:
                self._waiting.append((marker, {"type": kind, "offset": self._size}))
            self._at += len(marker)
            return True
        return False

    def _link(self, character: str) -> bool:
        if character == "[":
            self._waiting.append(("]", {"type": "text_link", "offset": self._size}))
            self._at += 1
            return True
        if character == "]" and self._waiting and self._waiting[-1][0] == "]":
            end = self._text.find(")", self._at)
            if self._text[self._at + 1 : self._at + 2] != "(" or end < 0:
                raise self._no_end("text_link")
            entity = self._waiting.pop()[1]
            entity |= {"length": self._size - entity["offset"], "url": self._text[self._at + 2 : end].replace("\\", "")}
            self._entities.append(entity)
            self._at = end + 1
            return True
        return False

    def _code(self) -> None:
        fence, kind = ("```", "pre") if self._text.startswith("```", self._at) else ("`", "code")
        start = self._at + len(fence)
        end = self._text.find(fence, start)
        if end < 0:
            raise self._no_end(kind)
        offset = self._size
        self._take(self._text[start:end])
        self._entities.append({"type": kind, "offset": offset, "length": self._size - offset})
        self._at = end + len(fence)

    def _take(self, plain: str) -> None:
        self._parts.append(plain)
        self._size += len(plain.encode("utf-16-le", "surrogatepass")) // 2

    def _no_end(self, kind: str) -> Exception:
        where = len(self._text[: self._at].encode("utf-8", "surrogatepass"))
        return bad_request(
            f"can't parse entities: Can't find end of {kind.title().replace('_', '')} entity at byte offset {where}"
        )
