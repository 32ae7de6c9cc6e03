"""The places for recording: an update holds one until there is nothing left to do but to answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar

_give_up: ContextVar[contextlib.AsyncExitStack | None] = ContextVar("place", default=None)


@contextlib.asynccontextmanager
async def holding(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """Hold a place, unless it is given up before."""
    async with contextlib.AsyncExitStack() as place:
        await place.enter_async_context(places)
        mark = _give_up.set(place)
        try:
            yield
        finally:
            _give_up.reset(mark)


async def give_up() -> None:
    """Give up the place that the update at hand holds, if it holds one: what follows only waits for the platform."""
    if (place := _give_up.get()) is not None:
        await place.aclose()
