"""The limits that the platforms enforce, changeable while running, and the windows in which they are counted."""

import json
import math
from collections import defaultdict, deque
from typing import Any

from simulator.store import Store

# None switches a limit off. Sources: Bots FAQ (30 messages a second for one bot, 20 a minute in one group); X developer
# documentation, "rate limits" (posts, deletions, reading a timeline, reading oneself: per user and 15 minutes); the
# rest are choices of this simulator for what the platforms do not publish.
DEFAULTS: dict[str, float | None] = {
    "telegram_per_second": 30,
    "telegram_group_per_minute": 20,
    "telegram_callback_seconds": 900,
    "telegram_webhook_retry_max_seconds": 60,
    "x_posts_per_15_minutes": 100,
    "x_deletes_per_15_minutes": 50,
    "x_timelines_per_15_minutes": 900,
    "x_me_per_15_minutes": 75,
    "x_media_per_15_minutes": 500,
    "x_duplicate_hours": 24,
    "facebook_duplicate_seconds": 600,
    "facebook_text_characters": 63206,
    # mastodon/mastodon, rack_attack.rb and rate_limiter.rb; how long a server works on a picture is a choice of this simulator.
    "mastodon_requests_per_5_minutes": 300,
    "mastodon_statuses_per_3_hours": 300,
    "mastodon_media_per_30_minutes": 30,
    "mastodon_deletes_per_30_minutes": 30,
    "mastodon_status_characters": 500,
    "mastodon_media_seconds": 0,
    # docs.bsky.app, rate limits: points, 3 for a record, 2 for a change, 1 for a deletion.
    "bluesky_points_per_hour": 5_000,
    "bluesky_points_per_day": 35_000,
    "instagram_posts_per_day": 100,
    "instagram_processing_seconds": 0,
    "threads_posts_per_day": 250,
    "threads_processing_seconds": 0,
    # learn.microsoft.com, Posts API: 3,000, of what it does not say; a deleted post blocks its text for a day or two.
    "linkedin_text_units": 3000,
    "linkedin_duplicate_hours": 24,
    # open.weibo.com/wiki: 2/statuses/share and Rate-limiting; for how long a text is the same is a choice of this simulator.
    "weibo_text_characters": 140,
    "weibo_posts_per_hour": 30,
    "weibo_duplicate_minutes": 60,
}


class Limits:
    """The limits in force."""

    def __init__(self, store: Store) -> None:
        self._store = store
        row = store.row("SELECT value FROM settings WHERE name = 'limits'")
        self._changed: dict[str, float | None] = json.loads(row["value"]) if row else {}

    def __getitem__(self, name: str) -> float | None:
        return self._changed.get(name, DEFAULTS[name])

    def as_json(self) -> dict[str, float | None]:
        """Return every limit by name."""
        return {name: self[name] for name in DEFAULTS}

    def change(self, wanted: dict[str, Any]) -> None:
        """Change the limits that `wanted` names; None switches one off.

        Raises:
            ValueError: no such limit, or not a number of at least 0.
        """
        for name, value in wanted.items():
            if name not in DEFAULTS:
                raise ValueError(f"there is no limit {name!r}; there are {', '.join(DEFAULTS)}")
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                raise ValueError(f"{name} is a number of at least 0, or null to switch it off")
        self._changed |= wanted
        self._store.write("INSERT OR REPLACE INTO settings VALUES ('limits', ?)", json.dumps(self._changed))

    def reset(self) -> None:
        """Go back to the defaults (the table is emptied by the store)."""
        self._changed = {}


class RollingWindow:
    """Counts events of many keys over the last so many seconds, as Telegram's flood control seems to."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._events: defaultdict[object, deque[float]] = defaultdict(deque)

    def wait(self, key: object, allowed: float | None, now: float) -> int:
        """Take one event if it fits, and return 0; else take nothing and return the whole seconds until one would fit.

        Args:
            key: what is limited, a bot or a chat.
            allowed: events in one window; None for no limit.
            now: Unix seconds.
        """
        if allowed is None:
            return 0
        events = self._events[key]
        while events and events[0] <= now - self._seconds:
            events.popleft()
        if len(events) < allowed:
            events.append(now)
            return 0
        opens_at = events[0] + self._seconds if events else now + self._seconds
        return max(1, math.ceil(opens_at - now))

    def clear(self) -> None:
        """Forget all events."""
        self._events.clear()


class FixedWindow:
    """Counts requests of many keys in windows that begin with the first request, as X does."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._windows: dict[object, tuple[float, int]] = {}

    def take(self, key: object, allowed: float | None, now: float) -> tuple[int, int, int, bool]:
        """Take one request.

        Returns:
            The limit, what remains of it, when the window ends (Unix seconds), and whether this request still fits.
            Without a limit the headers still need numbers: a million.
        """
        limit = 1_000_000 if allowed is None else int(allowed)
        reset, used = self._windows.get(key, (now + self._seconds, 0))
        if now >= reset:
            reset, used = now + self._seconds, 0
        fits = used < limit
        self._windows[key] = (reset, used + fits)
        return limit, max(0, limit - used - fits), math.ceil(reset), fits

    def clear(self) -> None:
        """Forget all windows."""
        self._windows.clear()
