"""Making texts fit a platform's limit, in the platform's own unit, by leaving out whole blocks; nothing is ever cut.

Texts in several languages are fitted together: what is left out is left out in each of them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

Measure = Callable[[str], int]

GAP = "-"
# From this number on a block is worth its room, but no publication of its own.
FILLER = 9


@dataclass(frozen=True, slots=True)
class Filled:
    """A block of a layout with its words.

    Attributes:
        drop: 0 always stays; else the greatest goes first.
        kind: what it says, the same in every language.
    """

    text: str
    drop: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """What a first publication leaves to those that follow, in one language; head and tail stand around each of them."""

    head: tuple[Filled, ...]
    blocks: tuple[Filled, ...]
    tail: tuple[Filled, ...]

    def part(self, kinds: Sequence[str]) -> str:
        """Return a publication with the blocks of these kinds."""
        return assemble([*self.head, *(block for block in self.blocks if block.kind in kinds), *self.tail])


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


def kept(blocks: Sequence[Filled], kinds: Collection[str]) -> list[Filled]:
    """Return the blocks that always stay, and those of these kinds."""
    return [block for block in blocks if not block.drop or block.kind in kinds]


def fit_equally(
    rows: Sequence[Sequence[Filled]], *, limit: int, measure: Measure, among: Collection[str] | None = None
) -> list[str]:
    """Return which kinds of blocks may stay, so that each of several texts fits: the same ones for all.

    The smaller a block's number, the sooner it is given room; what is too long leaves its room to what comes after it. Of
    blocks with one number (the lines of a list) none stands without those before it.

    Args:
        rows: for each language its blocks, in order.
        limit: the most that the platform takes, in the unit of `measure`.
        measure: counts a text as the platform does.
        among: no other kinds than these, for texts that may say no more than others do.

    Raises:
        TooLong: the blocks that always stay are over the limit in one of them.
    """
    found: list[str] = []
    longest = _longest(rows, found, measure)
    if longest > limit:
        raise TooLong(longest, limit)
    full: set[int] = set()
    optional = [block for blocks in rows for block in blocks if block.drop and block.text]
    numbers = {block.kind: block.drop for block in optional if among is None or block.kind in among}
    for kind in sorted(numbers, key=lambda kind: numbers[kind]):
        if numbers[kind] in full:
            continue
        if _longest(rows, [*found, kind], measure) <= limit:
            found.append(kind)
        else:
            full.add(numbers[kind])
    return found


def _longest(rows: Sequence[Sequence[Filled]], kinds: Collection[str], measure: Measure) -> int:
    return max((measure(assemble(kept(blocks, kinds))) for blocks in rows), default=0)


def fit(blocks: Sequence[Filled], *, limit: int, measure: Measure) -> str:
    """Return the longest form of one text that fits.

    Raises:
        TooLong: the blocks that always stay are over the limit.
    """
    apart = [replace(block, kind=str(number)) for number, block in enumerate(blocks)]
    return assemble(kept(apart, fit_equally([apart], limit=limit, measure=measure)))


def continue_equally(rests: Sequence[Rest], *, most: int, limit: int, measure: Measure) -> list[list[str]]:
    """Return which kinds of blocks stand in each further publication: the same ones for every language.

    A block for which there is no room in one of the languages is left out in all of them, whole; a filler begins none.

    Args:
        rests: for each language, what is left to say.
        most: no more publications than this.
        limit: the most that the platform takes, in the unit of `measure`.
        measure: counts a text as the platform does.
    """
    parts: list[list[str]] = []
    numbers = {block.kind: block.drop for rest in rests for block in rest.blocks if block.text}
    for kind, number in numbers.items():
        last = parts[-1] if parts else []
        if all(measure(rest.part([*last, kind])) <= limit for rest in rests) and last:
            last.append(kind)
        elif number < FILLER and len(parts) < most and all(measure(rest.part([kind])) <= limit for rest in rests):
            parts.append([kind])
    return parts


def whole(blocks: Sequence[Filled]) -> str:
    """Return the form in which nothing is left out."""
    return assemble(blocks)
