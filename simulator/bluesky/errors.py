"""Refusals of the AT Protocol, in its own bodies, and the headers that tell what is left of a limit."""

import math

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

Headers = tuple[tuple[str, str], ...]
JSON = "application/json; charset=utf-8"


class Refused(Exception):
    """The server refuses a request: status, the error's name, and its sentence."""

    def __init__(self, status: int, name: str, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status, self.name, self.message, self.headers = status, name, message, headers

    def answer(self, headers: Headers = ()) -> Answer:
        """Return the refusal as it goes over the wire."""
        return json_answer(self.status, {"error": self.name, "message": self.message}, self.headers + headers, JSON)


def invalid(message: str) -> Refused:
    """Return the 400 of what the server cannot take."""
    return Refused(400, "InvalidRequest", message)


def invalid_record(message: str) -> Refused:
    """Return the 400 of a record that its lexicon does not allow."""
    return invalid(f"Invalid app.bsky.feed.post record: {message}")


def unauthorized(name: str, message: str) -> Refused:
    """Return the 401 of who may not ask. RFC 9449, 7.1: the header names the error too."""
    return Refused(401, name, message, (("www-authenticate", f'DPoP error="{name}", error_description="{message}"'),))


def limit_headers(limit: int, left: int, reset: float, seconds: int, now: float) -> Headers:
    """Return the headers of a limit that is lifted at `reset` (Unix seconds)."""
    known = (
        ("ratelimit-limit", str(limit)),
        ("ratelimit-remaining", str(left)),
        ("ratelimit-reset", str(math.ceil(reset))),
        ("ratelimit-policy", f"{limit};w={seconds}"),
    )
    return known if left else (*known, ("retry-after", str(max(1, math.ceil(reset - now)))))


def too_many(headers: Headers) -> Refused:
    """Return the 429."""
    return Refused(429, "RateLimitExceeded", "Rate Limit Exceeded", headers)


def trouble(fault: Fault, now: float, kind: str) -> Answer:
    """Say a fault in the protocol's words.

    Args:
        fault: one of the refusals among the faults.
        now: Unix seconds.
        kind: of the request; one that deletes is not told that nothing stood there.
    """
    if fault.name == "edit_missing" and kind == "delete":
        return json_answer(200, {}, (), JSON)
    return _refused(fault, now).answer()


def _refused(fault: Fault, now: float) -> Refused:
    if fault.name == "rate_limit":
        wait = fault.params.get("retry_after", 300)
        return too_many(() if wait is None else limit_headers(5000, 0, now + float(wait), 3600, now))
    if fault.name == "quota":
        return too_many(limit_headers(35_000, 0, now + 6 * 3600, 86_400, now))
    if fault.name == "suspended":
        return Refused(401, "AccountTakedown", "Account has been taken down")
    if fault.name == "edit_missing":
        return Refused(400, "InvalidSwap", "Record was at null")
    return unauthorized("invalid_token", "Token has been revoked")
