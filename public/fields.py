"""Reading what was typed into a public form: kept as typed, with what is wrong said at its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest

from public import checkin_words

LARGEST_BODY = 20_000  # bytes; every field filled to its brim in four-byte letters is less
MOST_PEOPLE = 99


@dataclass(slots=True)
class Typed:
    """A form as it came.

    Attributes:
        values: what was typed, by field.
        errors: what is wrong, by field, in the visitor's words; in the order of the page.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, most: int, *, cut: bool = False) -> str:
        """Return a text without blanks around it; a longer one is cut, or an error."""
        value = self.values.get(name, "").strip()
        if len(value) > most and not cut:
            self.errors[name] = checkin_words.too_long(most)
        return value[:most]

    def number(self, name: str, *, least: int, most: int, empty: int, lenient: bool = False) -> int:
        """Return a whole number; nothing typed is `empty`, and where it is lenient so is nonsense."""
        value = self.values.get(name, "").strip()
        if not value:
            return empty
        if value.isascii() and value.isdecimal() and len(value) < 4 and least <= int(value) <= most:
            return int(value)
        if not lenient:
            self.errors[name] = checkin_words.mistakes()["people"]
        return empty

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of some values, or blank."""
        value = self.values.get(name, "")
        return value if value in choices else ""


def typed(request: HttpRequest, names: Sequence[str]) -> Typed:
    """Return what was typed into the fields of a form; what else was sent is not looked at."""
    return Typed({name: request.POST.get(name, "").replace("\0", "") for name in names})


def is_too_big(request: HttpRequest) -> bool:
    """Tell whether more was sent than any form of ours holds, before it is read."""
    length = request.headers.get("Content-Length") or "0"
    return not length.isdecimal() or int(length) > LARGEST_BODY
