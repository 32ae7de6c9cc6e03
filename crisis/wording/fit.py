"""Making a text fit a platform's limit, in the platform's own unit, by leaving out whole blocks; nothing is ever cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Measure = Callable[[str], int]

GAP = "-"


@dataclass(frozen=True, slots=True)
class Filled:
    """A block of a layout with its words; `drop` 0 always stays."""

    text: str
    drop: int = 0


class TooLong(Exception):
    """Even the shortest form is over the limit.

    Attributes:
        units: its length in the platform's unit.
        limit: what the platform takes.
    """

    def __init__(self, units: int, limit: int) -> None:
        super().__init__(f"The shortest form has {units} of {limit}.")
        self.units = units
        self.limit = limit


def assemble(blocks: Sequence[Filled]) -> str:
    """Join blocks by line breaks; blank ones vanish, gaps become one empty line between text."""
    lines: list[str] = []
    for block in blocks:
        text = block.text.strip()
        if text == GAP:
            if lines and lines[-1]:
                lines.append("")
        elif text:
            lines.append(text)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def fit(blocks: Sequence[Filled], *, limit: int, measure: Measure) -> str:
    """Return the longest form that fits.

    Args:
        blocks: in order.
        limit: the most that the platform takes, in the unit of `measure`.
        measure: counts a text as the platform does.

    Raises:
        TooLong: the blocks that always stay are over the limit.
    """
    kept = list(blocks)
    for drop in (None, *sorted({block.drop for block in blocks if block.drop}, reverse=True)):
        kept = [block for block in kept if block.drop != drop]
        text = assemble(kept)
        units = measure(text)
        if units <= limit:
            return text
    raise TooLong(units, limit)


def whole(blocks: Sequence[Filled]) -> str:
    """Return the form in which nothing is left out."""
    return assemble(blocks)
