"""Counts that need no table: code points, UTF-16 code units, UTF-8 bytes."""


def characters(text: str) -> int:
    """Count code points."""
    return len(text)


def utf16_units(text: str) -> int:
    """Count UTF-16 code units, as Telegram counts characters and offsets "after entities parsing".

    Our texts carry no markup, so that nothing is taken away by the parsing.
    Source: core.telegram.org/bots/api, sendMessage and MessageEntity (Bot API 10.0), read on 2026-11-01.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """Count the bytes of a text as UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))
