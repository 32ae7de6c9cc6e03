"""The one clock: doors (views, tasks, bot, commands) read it and pass `now` in, so that tests can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place
