"""The one clock of the room, and the ways in which platforms write a moment down."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC. Taken once at the door of a request and passed on from there."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the simulator may not import the product's clock, so this is its own


def from_epoch(seconds: float) -> datetime:
    """Return the aware UTC moment of Unix `seconds`."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def iso(seconds: float | None) -> str | None:
    """Write Unix `seconds` as ISO 8601 in UTC, as the control API does; None stays None."""
    return None if seconds is None else from_epoch(seconds).isoformat()


def x_time(seconds: float) -> str:
    """Write Unix `seconds` as X does: `2026-11-23T07:26:00.000Z`."""
    return from_epoch(seconds).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds % 1 * 1000):03d}Z"


def graph_time(seconds: float) -> str:
    """Write Unix `seconds` as the Graph API does: `2026-11-23T07:26:00+0000`."""
    return from_epoch(seconds).strftime("%Y-%m-%dT%H:%M:%S+0000")
