"""What a Mastodon server remembers beside its statuses: keys of tries, limits that run, and how a status was edited."""

from collections import defaultdict
from typing import Any

from simulator.limits import FixedWindow

# mastodon/mastodon, post_status_service.rb: for so long a key answers with the status of its first try.
KEY_SECONDS = 3600


class State:
    """In memory only: a restart forgets it, as it does what runs in a window."""

    def __init__(self) -> None:
        self.windows = {
            "mastodon_requests_per_5_minutes": FixedWindow(300),
            "mastodon_statuses_per_3_hours": FixedWindow(10_800),
            "mastodon_media_per_30_minutes": FixedWindow(1_800),
            "mastodon_deletes_per_30_minutes": FixedWindow(1_800),
        }
        self.keys: dict[tuple[str, str], tuple[str, float]] = {}
        self.edits: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.languages: dict[str, str | None] = {}
        self.last_id = 0

    def clear(self) -> None:
        """Begin anew; ids go on."""
        for table in (self.keys, self.edits, self.languages):
            table.clear()
        for window in self.windows.values():
            window.clear()
