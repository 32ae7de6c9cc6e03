"""What a server of the AT Protocol remembers beside its posts: whole records, points that run, and proofs that were seen."""

import secrets
from typing import Any

from simulator.limits import FixedWindow

# RFC 9449, 8: a server's nonces are its own and short-lived; the reference server changes them every three minutes.
NONCE_SECONDS = 180
SKEW_SECONDS = 120  # a proof is good for so long, so it is remembered for as long
MOST_SEEN = 10_000


class State:
    """In memory only: a restart forgets it, as it does what runs in a window."""

    def __init__(self) -> None:
        self.windows = {
            "bluesky_points_per_hour": FixedWindow(3600),
            "bluesky_points_per_day": FixedWindow(86_400),
        }
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.seen: dict[str, float] = {}
        self._secret = secrets.token_hex(16)

    def nonce(self, now: float, back: int = 0) -> str:
        """Return the nonce of this moment, or of so many periods before."""
        return f"{self._secret[:12]}{int(now // NONCE_SECONDS) - back:x}"

    def note(self, proof: str, now: float) -> None:
        """Remember that a proof was used; what would be too old by now is forgotten."""
        if len(self.seen) >= MOST_SEEN:
            self.seen = {name: at for name, at in self.seen.items() if now - at <= 2 * SKEW_SECONDS}
        self.seen[proof] = now

    def clear(self) -> None:
        """Begin anew."""
        self.records.clear()
        self.seen.clear()
        for window in self.windows.values():
            window.clear()
