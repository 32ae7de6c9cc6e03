"""Text messages: which alphabet a text needs, and how many messages it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass

from platforms.measure.plain import utf16_units

# 3GPP TS 23.038 (GSM 03.38): the basic alphabet, 7 bits each, and its extension, which costs two.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
# One message alone, and each of several: 140 bytes, less 6 for the header that joins them (3GPP TS 23.040, 9.2.3.24.1).
_GSM_ALONE, _GSM_JOINED = 160, 153
_UCS_ALONE, _UCS_JOINED = 70, 67
# GSM-7 has no space that does not break; in a text message none is needed.
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True, slots=True)
class Sms:
    """A text as it is sent by SMS.

    Attributes:
        units: septets of GSM-7, or UTF-16 units where `forcing` is not empty.
        segments: how many messages are paid for.
        forcing: each character, once, for which the whole text goes out as UCS-2; empty is GSM-7.
    """

    units: int
    segments: int
    forcing: tuple[str, ...]


def sms_text(text: str) -> str:
    """Return a text as it leaves by SMS: with spaces for those that do not break, which would more than double its price."""
    return text.translate(_SPACES)


def sms(text: str) -> Sms:
    """Count a text as SMS: GSM-7 with 160 or 153 septets a message, else UCS-2 with 70 or 67 UTF-16 units.

    What is counted is what leaves; see `sms_text`.
    A character of the extension, or one outside the BMP, is not torn between two messages: it moves to the next.
    Source: 3GPP TS 23.038 release 18 (alphabets) and TS 23.040 release 18 (joined messages), read on 2026-11-25.
    """
    text = sms_text(text)
    forcing = tuple(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENSION))
    if forcing:
        costs, alone, joined = [utf16_units(char) for char in text], _UCS_ALONE, _UCS_JOINED
    else:
        costs, alone, joined = [2 if char in _EXTENSION else 1 for char in text], _GSM_ALONE, _GSM_JOINED
    return Sms(sum(costs), _segments(costs, alone, joined), forcing)


def sms_units(text: str) -> int:
    """Count septets, or UTF-16 units where a character needs UCS-2; see `sms`."""
    return sms(text).units


def sms_segments(text: str) -> int:
    """Count the messages that a text becomes; see `sms`."""
    return sms(text).segments


def _segments(costs: Sequence[int], alone: int, joined: int) -> int:
    if sum(costs) <= alone:
        return 1 if costs else 0
    segments, room = 1, joined
    for cost in costs:
        if cost > room:
            segments, room = segments + 1, joined
        room -= cost
    return segments
