"""Mastodon's refusals, in its own bodies, and the headers that tell what is left of a limit."""

import math
from datetime import UTC, datetime

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

Headers = tuple[tuple[str, str], ...]
JSON = "application/json; charset=utf-8"


class Refused(Exception):
    """The server refuses a request: status, and the sentence of its error."""

    def __init__(self, status: int, error: str, headers: Headers = ()) -> None:
        super().__init__(error)
        self.status, self.error, self.headers = status, error, headers

    def answer(self, headers: Headers = ()) -> Answer:
        """Return the refusal as it goes over the wire, with `headers` that its own may replace."""
        return json_answer(self.status, {"error": self.error}, self.headers or headers, JSON)


def invalid(what: str) -> Refused:
    """Return the 422 of what the server's rules do not let it keep."""
    return Refused(422, f"Validation failed: {what}")


def not_found() -> Refused:
    """Return the 404 of what is not there, or is somebody else's."""
    return Refused(404, "Record not found")


def limit_headers(limit: int, left: int, reset: float) -> Headers:
    """Return the headers of a limit that is lifted at `reset` (Unix seconds), which they write in ISO 8601."""
    moment = datetime.fromtimestamp(math.ceil(reset), tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return (("x-ratelimit-limit", str(limit)), ("x-ratelimit-remaining", str(left)), ("x-ratelimit-reset", moment))


def too_many(headers: Headers) -> Refused:
    """Return the 429. It has no Retry-After."""
    return Refused(429, "Too many requests", headers)


def trouble(fault: Fault, now: float) -> Answer:
    """Say a fault in Mastodon's words.

    Args:
        fault: one of the refusals among the faults.
        now: Unix seconds.
    """
    return _refused(fault, now).answer()


def _refused(fault: Fault, now: float) -> Refused:
    if fault.name == "rate_limit":
        wait = fault.params.get("retry_after", 300)
        return too_many(() if wait is None else limit_headers(300, 0, now + float(wait)))
    if fault.name == "quota":
        return too_many(limit_headers(300, 0, now + 3 * 3600))
    if fault.name == "suspended":
        return Refused(403, "Your login is currently disabled")
    if fault.name == "edit_missing":
        return not_found()
    return Refused(401, "The access token was revoked")
