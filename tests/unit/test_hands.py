"""Many at once, each on a thread of its own: none keeps another from its work, and what goes first waits for nobody."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from config.settings import base
from crisis.broadcast import ledger, notice_ledger
from platforms.wire import DEADLINE_FACTOR
from tasks import broadcast, hands, notices


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker of three threads, and one for what goes first."""
    monkeypatch.setattr(hands, "MOST", 3)
    hands._pool.cache_clear()
    hands._free.cache_clear()
    yield
    hands._pool().shutdown()
    hands._pool.cache_clear()
    hands._free.cache_clear()


def test_all_are_done_at_the_same_time_before_it_comes_back() -> None:
    met = threading.Barrier(3, timeout=5)
    done: list[int] = []

    def do(one: int) -> None:
        met.wait()
        done.append(one)

    hands.share(do, [1, 2, 3])
    assert sorted(done) == [1, 2, 3], "one by this thread, two by others"


def test_never_more_at_once_than_the_worker_was_told() -> None:
    now, most, lock = 0, 0, threading.Lock()

    def do(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    callers = [threading.Thread(target=hands.share, args=(do, list(range(8)))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert most == 3


def test_one_alone_needs_no_other_thread() -> None:
    names: list[str] = []
    hands.share(lambda _: names.append(threading.current_thread().name), [1])
    assert names == [threading.current_thread().name]
    hands.share(lambda _: names.append("none"), [])
    assert len(names) == 1


@pytest.mark.parametrize("broken", [1, 3])
def test_one_that_fails_keeps_none_of_the_others_from_their_work(broken: int) -> None:
    done: list[int] = []

    def do(one: int) -> None:
        if one == broken:
            raise ValueError(f"{one} is broken")
        done.append(one)

    with pytest.raises(ValueError, match="is broken"):
        hands.share(do, [1, 2, 3, 4])
    assert sorted([*done, broken]) == [1, 2, 3, 4]


def test_what_goes_first_does_not_wait_for_a_slow_platform() -> None:
    over = threading.Event()
    slow = threading.Thread(target=hands.share, args=(lambda _: over.wait(10), list(range(9))))
    slow.start()
    while hands._free()._value:  # all threads for ordinary ones are taken
        time.sleep(0.01)
    done: list[int] = []
    hands.share(done.append, [1, 2], first=True)
    assert sorted(done) == [1, 2]
    assert not over.is_set()
    over.set()
    slow.join(5)
    assert not slow.is_alive()


def test_no_sending_that_is_begun_outlasts_its_claim() -> None:
    whole = max(base.HTTP_CONNECT_S + base.HTTP_READ_S * DEADLINE_FACTOR, base.TELEGRAM_READ_S * DEADLINE_FACTOR)
    assert timedelta(seconds=whole) < notices.LONGEST_SEND < notice_ledger.LEASE
    assert timedelta(seconds=whole) < broadcast.LONGEST_SEND < ledger.LEASE
