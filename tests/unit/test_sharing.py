"""What many ask for at once is made by one of them."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from crisis.sharing import shared


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the clock by which a value grows old."""
    real = time.time

    def by(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return by


def test_it_is_made_once_until_it_is_old(later: Any) -> None:
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [shared("k", make, seconds=5) for _ in range(3)] == [0, 0, 0]
    later(5.1)
    assert [shared("k", make, seconds=5) for _ in range(3)] == [1, 1, 1]


def test_a_clock_that_was_set_back_keeps_nothing_for_ever(later: Any) -> None:
    assert shared("k", lambda: "before", seconds=5) == "before"
    later(-3600)
    assert shared("k", lambda: "after", seconds=5) == "after"


def test_whoever_comes_while_it_is_made_anew_gets_the_last_one_at_once(later: Any) -> None:
    assert shared("k", lambda: "first", seconds=5) == "first"
    later(6)
    begun, go_on = threading.Event(), threading.Event()
    got: list[str] = []

    def slowly() -> str:
        begun.set()
        assert go_on.wait(10)
        return "second"

    maker = threading.Thread(target=lambda: got.append(shared("k", slowly, seconds=5)))
    maker.start()
    assert begun.wait(10)
    assert shared("k", lambda: "somebody made it beside", seconds=5) == "first"
    go_on.set()
    maker.join(10)
    assert got == ["second"]
    assert shared("k", lambda: "third", seconds=5) == "second"


def test_what_cannot_be_made_fails_for_whoever_made_it_and_is_tried_again(later: Any) -> None:
    def broken() -> str:
        raise OSError("no database")

    assert shared("k", lambda: "first", seconds=5) == "first"
    later(6)
    for _ in range(2):
        with pytest.raises(OSError, match="no database"):
            shared("k", broken, seconds=5)
    assert shared("k", lambda: "second", seconds=5) == "second"
