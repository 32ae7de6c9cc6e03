"""One event loop on a thread of its own: an SDK that is async belongs to one loop, while workers call from many threads."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class EventLoop:
    """Starts its thread when it is first used, and again in a process that was forked off since."""

    def __init__(self, name: str) -> None:
        """Make it.

        Args:
            name: of the thread.
        """
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner = 0

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._owner != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._owner = os.getpid()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def stop(self) -> None:
        """End the thread, if this process started one."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None and self._owner == os.getpid():
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(5)
            loop.close()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start something there.

        Args:
            work: bounds its own time.
        """
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something there and wait for it; see `start`."""
        return self.start(work).result()
