"""Writes of many threads, joined: whoever comes while one is being written goes with the next, in one statement."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")


class _Place(Generic[Row]):
    """One thread's row in the queue."""

    __slots__ = ("called", "row", "written")

    def __init__(self, row: Row) -> None:
        self.row = row
        # Its row was written, or tried, or it is its turn to write; whoever writes at once waits for nothing.
        self.called: threading.Event | None = None
        self.written: bool | None = None

    def call(self) -> None:
        """Let its thread go on, if that waits."""
        if self.called is not None:
            self.called.set()


class Joined(Generic[Row]):
    """A write that threads share (a group commit): as many commits as a database can make, however many ask for one.

    The first to come writes at once, alone; nobody ever waits for others to come. It returns only once the row is committed.
    """

    def __init__(self, write: Callable[[Sequence[Row]], None], *, most: int) -> None:
        """Make it.

        Args:
            write: writes rows in one transaction of its own: all or none.
            most: so many rows at once.
        """
        self._write, self._most = write, most
        self._waiting: list[_Place[Row]] = []
        self._busy = False
        self._guard = threading.Lock()

    def __call__(self, row: Row) -> None:
        """Write a row.

        Raises:
            Exception: what `write` raised for this row alone: rows that fail together are tried one by one, each by its thread.
        """
        place = _Place(row)
        with self._guard:
            if self._busy:
                place.called = threading.Event()
            self._waiting.append(place)
            self._busy = True
        if place.called is not None:
            place.called.wait()
        if place.written is None:
            self._lead()
        if not place.written:
            self._write([row])

    def _lead(self) -> None:
        with self._guard:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        written = False
        try:
            self._write([each.row for each in batch])
            written = True
        except Exception:
            # Each tries its own; one that cannot be written must not be the others' fault.
            if len(batch) == 1:
                raise
        finally:
            for each in batch:
                each.written = written
                each.call()
            with self._guard:
                if self._waiting:
                    self._waiting[0].call()
                else:
                    self._busy = False
