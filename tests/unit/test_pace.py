"""How fast, and until when: arithmetic that promises nothing it cannot know."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crisis.broadcast.pace import Forecast, pace

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_after_the_first_minute_the_last_minute_counts() -> None:
    told = pace(lately=1500, first_at=ago(600), left=3000, now=NOW)
    assert told.per_s == 25
    assert told.ends_at == NOW + timedelta(seconds=120)


def test_in_the_first_minute_only_what_has_passed_of_it_counts() -> None:
    assert pace(lately=250, first_at=ago(10), left=0, now=NOW).per_s == 25
    assert pace(lately=3, first_at=ago(0), left=1, now=NOW).per_s == 3, "never divided by nearly nothing"


def test_what_does_not_move_has_no_end() -> None:
    assert pace(lately=0, first_at=ago(600), left=10, now=NOW).ends_at is None
    assert pace(lately=0, first_at=None, left=10, now=NOW).ends_at is None


def test_nothing_left_has_no_end_either() -> None:
    assert pace(lately=10, first_at=ago(5), left=0, now=NOW).ends_at is None


def test_the_whole_ends_with_the_slower_kind() -> None:
    fast = pace(lately=60, first_at=ago(60), left=1, now=NOW)
    slow = pace(lately=60, first_at=ago(60), left=100, now=NOW)
    done = pace(lately=60, first_at=ago(60), left=0, now=NOW)
    stands = pace(lately=0, first_at=ago(60), left=1, now=NOW)
    assert Forecast(fast, slow).ends_at == slow.ends_at
    assert Forecast(done, slow).ends_at == slow.ends_at
    assert Forecast(done, done).ends_at is None
    assert Forecast(slow, stands).ends_at is None, "half a forecast is none"


@given(lately=st.integers(0, 10**7), since_s=st.none() | st.floats(-10, 10**7), left=st.integers(0, 10**7))
def test_it_never_fails_nor_lies_in_the_past(lately: int, since_s: float | None, left: int) -> None:
    told = pace(lately=lately, first_at=None if since_s is None else ago(since_s), left=left, now=NOW)
    assert told.per_s >= 0
    assert told.ends_at is None or told.ends_at >= NOW
