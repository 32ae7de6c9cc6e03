"""Sharing an answer for some seconds, so that asking often costs little."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# An answer is shared for so many times what it cost: asking takes a twentieth of the time at most, however often it is done.
SHARE = 20
PATIENCE_S = 5.0


class Busy(Exception):
    """Somebody else has been asking for longer than it is worth waiting: threads are for citizens first."""


class Shared(Generic[T]):
    """An answer that this process's threads share."""

    def __init__(
        self, ask: Callable[[], T], *, least_s: float, share: float = SHARE, patience_s: float = PATIENCE_S
    ) -> None:
        """Make it.

        Args:
            ask: finds the answer; what it raises is passed on and not kept.
            least_s: it is kept for at least so many seconds,
            share: and for so many times as long as it took to find.
            patience_s: how long to wait for somebody else who asks.
        """
        self._ask, self._least_s, self._share, self._patience_s = ask, least_s, share, patience_s
        self._lock = threading.Lock()
        self._until = 0.0
        self._answer: T

    def get(self) -> T:
        """Return the answer, asking for it if the last one is too old.

        Raises:
            Busy: somebody else asks, and does not come to an end.
        """
        if not self._lock.acquire(timeout=self._patience_s):
            raise Busy
        try:
            began = time.monotonic()
            if began >= self._until:
                self._answer = self._ask()
                ended = time.monotonic()
                self._until = ended + max(self._least_s, (ended - began) * self._share)
            return self._answer
        finally:
            self._lock.release()
