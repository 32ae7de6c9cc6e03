"""How often one address may ask what is ours: counted in this process, so that no question waits for another server.

What is written is held back by `crisis.audience.knocks`, which all processes share; who asks, both learn from `visitor.place_of`.
"""

import hashlib
import threading
import time

from django.http import HttpRequest

from public.visitor import place_of

MOST = 20_000  # addresses that are remembered; then all begin anew


class Pace:
    """So many questions in a row, and then one in so many seconds."""

    def __init__(self, *, burst: int, every_s: float) -> None:
        self._burst, self._every_s = burst, every_s
        self._full_at: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def wait_s(self, request: HttpRequest) -> float:
        """Count a question; return 0 if it may be answered, else in how many seconds the next one may."""
        address = place_of(request)
        if not address:
            return 0.0
        # What stands in memory names nobody.
        asker = hashlib.blake2b(address.encode(), digest_size=8).digest()
        now = time.monotonic()
        with self._lock:
            if len(self._full_at) >= MOST:
                self._full_at.clear()
            full_at = max(now, self._full_at.get(asker, now))
            wait = full_at - now - self._every_s * (self._burst - 1)
            if wait > 0:
                return wait
            self._full_at[asker] = full_at + self._every_s
        return 0.0

    def clear(self) -> None:
        """Forget everybody."""
        self._full_at.clear()
