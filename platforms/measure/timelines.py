"""Bluesky, Threads and Mastodon: how each counts a text."""

import re
import unicodedata

from platforms.measure.graphemes import graphemes
from platforms.measure.links import count
from platforms.measure.plain import utf8_bytes, utf16_units

_MASTODON_LINK = 23
# Surely a mention of another server: alone between spaces, of signs that both servers allow.
_ELSEWHERE = re.compile(r"(?<!\S)@([a-z0-9_]+)@(?:[a-z0-9-]+\.)+[a-z]{2,}(?!\S)", re.IGNORECASE)
# Emoji that are no symbols to Unicode: !! !? the wavy dash, the i of information, what joins and shows others.
_EMOJI_TOO = frozenset("\u203c\u2049\u3030\u2139\ufe0f\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}


def bluesky(text: str) -> int:
    """Count for Bluesky's two limits, 300 graphemes and 3,000 bytes: the greater of the graphemes and of a tenth of the bytes.

    It is 300 or less exactly where a text is within both.
    Source: atproto, lexicon app.bsky.feed.post (maxGraphemes 300, maxLength 3000), read on 2026-11-01.
    """
    return max(graphemes(text), -(-utf8_bytes(text) // 10))


def threads_units(text: str) -> int:
    """Count characters for Threads, an emoji as its UTF-8 bytes; whatever may be one, or part of one, counts so. Limit: 500.

    Source: developers.facebook.com, Threads API overview ("emojis are counted as the number of UTF-8 bytes"), read on 2026-11-01.
    """
    return sum(utf8_bytes(char) if _maybe_emoji(char) else utf16_units(char) for char in text)


def _maybe_emoji(char: str) -> bool:
    return char in _EMOJI_TOO or unicodedata.category(char) in ("So", "Sk", "Sm", "Me", "Cn", "Co", "Cs")


def mastodon_units(text: str) -> int:
    """Count for Mastodon: graphemes, never fewer; a link 23; of @user@host only @user. The limit is the instance's own (500).

    A link whose ending may be unknown there counts as the longer of 23 and itself.
    Source: mastodon/mastodon, StatusLengthValidator (4.5); `configuration.statuses` of /api/v2/instance; read on 2026-11-01.
    """
    return count(text, plain=lambda piece: graphemes(_ELSEWHERE.sub(r"@\1", piece)), price=_MASTODON_LINK)
