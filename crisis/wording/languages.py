"""In which order an account's languages speak: policy as data, the same for an alert whenever it is asked."""

import zlib
from collections.abc import Collection, Sequence


def turn(alert: int, post: str) -> int:
    """Return whose turn it is to speak first, as a number to be taken modulo the languages that take turns.

    One post's alerts go round in order; within one alert the posts begin wherever their code's checksum (CRC-32) puts them.

    Args:
        alert: its running number.
        post: the code of the post that speaks, or another stable name of the speaker.
    """
    return alert + zlib.crc32(post.encode())


def in_turn(languages: Sequence[str], required: Collection[str], at: int) -> tuple[str, ...]:
    """Return languages with the required ones first, beginning with the one whose turn it is, and the others in their order.

    Args:
        languages: in their own order.
        required: those that take turns.
        at: as `turn` gives it.
    """
    first = [language for language in languages if language in required]
    others = [language for language in languages if language not in required]
    start = at % len(first) if first else 0
    return (*first[start:], *first[:start], *others)
