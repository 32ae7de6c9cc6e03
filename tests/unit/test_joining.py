"""Writes of many threads, joined into one."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from crisis.checkins.joining import Joined

PATIENCE_S = 10


class Store:
    """Writes all or none, and lets whoever asks look at it in the middle of a write."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.writing = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def write(self, rows: Sequence[int]) -> None:
        self.writing.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        if any(row < 0 for row in rows):
            raise ValueError(f"{list(rows)} cannot be written")
        self.batches.append(list(rows))


def while_one_is_written(
    store: Store, joined: Joined[int], pool: ThreadPoolExecutor, rows: list[int]
) -> list[Future[Any]]:
    """Begin to write 0, and let others come meanwhile, in order."""
    asked = [pool.submit(joined, 0)]
    assert store.writing.acquire(timeout=PATIENCE_S)
    for row in rows:
        before = len(joined._waiting)
        asked.append(pool.submit(joined, row))
        until = threading.Event()
        while len(joined._waiting) == before:
            until.wait(0.001)
    return asked


def test_whoever_comes_during_a_write_goes_with_the_next_in_one_statement() -> None:
    store = Store()
    joined = Joined(store.write, most=3)
    with ThreadPoolExecutor(8) as pool:
        asked = while_one_is_written(store, joined, pool, [1, 2, 3, 4])
        assert not any(each.done() for each in asked)  # nobody is told before the row stands
        store.go_on.release(10)
        for each in asked:
            each.result(PATIENCE_S)
    assert store.batches == [[0], [1, 2, 3], [4]]
    joined(5)  # and whoever comes after finds the door open
    assert store.batches[-1] == [5]


def test_a_row_that_cannot_be_written_is_nobody_elses_fault() -> None:
    store = Store()
    joined = Joined(store.write, most=10)
    with ThreadPoolExecutor(8) as pool:
        asked = while_one_is_written(store, joined, pool, [1, -2, 3])
        store.go_on.release(20)
        outcomes = [each.exception(PATIENCE_S) for each in asked]
    assert [type(each) for each in outcomes] == [type(None), type(None), ValueError, type(None)]
    assert sorted(row for batch in store.batches for row in batch) == [0, 1, 3]
    with pytest.raises(ValueError, match="cannot"):
        joined(-5)
    joined(6)


def test_a_thousand_rows_of_sixteen_threads_are_each_written_once() -> None:
    written: list[int] = []
    joined = Joined(written.extend, most=100)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(joined, range(1_000), timeout=PATIENCE_S))
    assert sorted(written) == list(range(1_000))
