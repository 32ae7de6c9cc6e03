"""The hands of the worker for public posts: one message names some deliveries, and each of them has a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from threading import BoundedSemaphore
from typing import TypeVar

from django.db import connections

from tasks import wiring

MOST = 300  # at the same time, unless the worker was told otherwise; a thread is made only where none is free

_One = TypeVar("_One")


@cache
def _free() -> BoundedSemaphore:
    return BoundedSemaphore(MOST)


@cache
def _pool() -> ThreadPoolExecutor:
    # A third more than ordinary ones may use: what goes first never waits for a slow platform.
    return ThreadPoolExecutor(MOST + MOST // 3, thread_name_prefix="hand")


def share(do: Callable[[_One], None], these: Sequence[_One], *, first: bool = False) -> None:
    """Do something with each of these at the same time, and come back when all is done.

    Args:
        do: with one; what it raises keeps none of the others from being done.
        these: the first is done by this thread itself, so that one alone needs no other.
        first: they go before whatever else waits for a thread.

    Raises:
        Exception: the first that was raised.
    """
    if not these:
        return
    if len(these) > 1:
        wiring.lend_connection()  # while others are waited for
    others = []
    for one in these[1:]:
        _take(first=first)
        others.append(_pool().submit(_alone, do, one, first=first))
    _take(first=first)
    try:
        _do(do, these[0], first=first)
    finally:
        wiring.lend_connection()
        wait(others)
    for other in others:
        other.result()


def _take(*, first: bool) -> None:
    """Wait until one may begin, unless it goes first: no ordinary one ever stands in the pool's own queue."""
    if not first:
        _free().acquire()


def _do(do: Callable[[_One], None], one: _One, *, first: bool) -> None:
    try:
        do(one)
    finally:
        if not first:
            _free().release()


def _alone(do: Callable[[_One], None], one: _One, *, first: bool) -> None:
    try:
        _do(do, one, first=first)
    finally:
        # As a task's own thread does when it ends: nobody holds a connection that is not used.
        connections.close_all()
