"""X's own way with text, from its own library's port: how long a post is, and what becomes of its links."""

import hashlib
import html
import unicodedata
import warnings
from typing import Any

with warnings.catch_warnings():
    # It reads its data through an interface that setuptools warns of; requirements keep a release that has it.
    warnings.simplefilter("ignore")
    import twitter_text  # type: ignore[import-untyped, unused-ignore] # it ships no types; this module is its wrapper

# docs.x.com, "counting characters": 280 weighted characters, 25 000 for Premium.
MAX_WEIGHT = 280
MAX_WEIGHT_PREMIUM = 25_000


def weight(text: str) -> int:
    """Return the weighted length of `text`: a link is 23, an emoji 2, so is most of what is not written in Latin."""
    return int(twitter_text.parse_tweet(text).weightedLength)


def has_invalid_characters(text: str) -> bool:
    """Tell whether `text` has a code point that X refuses (U+FFFE, U+FEFF, U+FFFF and the directional overrides)."""
    return any(character in "\ufffe\ufeff\uffff\u202a\u202b\u202c\u202d\u202e" for character in text)


def normal(text: str) -> str:
    """Return `text` as X stores it, and as it compares it with earlier posts."""
    return unicodedata.normalize("NFC", text).strip()


def wire_text(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Return `text` as the API hands it out, and its link entities: every link becomes a t.co link, & < > are escaped.

    A reader who looks for a link in what he reads back will not find it: that is so on X too.
    """
    parts, urls, done = [], [], 0
    for found in twitter_text.extract_urls_with_indices(text):
        start, end = found["indices"]
        short = "https://t.co/" + hashlib.sha256(found["url"].encode()).hexdigest()[:10]
        parts += [html.escape(text[done:start], quote=False), short]
        done = end
        begin = sum(map(len, parts)) - len(short)
        shown = found["url"].partition("://")[2] or found["url"]
        urls.append(
            {
                "start": begin,
                "end": begin + len(short),
                "url": short,
                "expanded_url": found["url"],
                "display_url": shown if len(shown) <= 27 else shown[:26] + "…",
            }
        )
    parts.append(html.escape(text[done:], quote=False))
    return "".join(parts), urls
