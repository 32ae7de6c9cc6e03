"""What is done for many, each by itself: a mistake of ours over one keeps none of the others back."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Each = TypeVar("Each")


def for_each(many: Iterable[Each], do: Callable[[Each], int | None], failed: Callable[[Each, Exception], None]) -> int:
    """Do something for each, whatever happens with the others, and return the sum of what it returns; nothing counts 0.

    Args:
        many: for what.
        do: does it for one.
        failed: says in the log over which one there was which mistake.

    Raises:
        Exception: the first mistake, after everything else was done.
    """
    total = 0
    first: Exception | None = None
    for each in many:
        try:
            total += do(each) or 0
        except Exception as error:  # noqa: BLE001 - `failed` logs it, and it is raised in the end
            failed(each, error)
            first = first or error
    if first is not None:
        raise first
    return total
