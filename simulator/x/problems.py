"""X's errors, in its own bodies."""

from typing import Any

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

PROBLEM = "application/problem+json"
INVALID_REQUEST = "https://api.twitter.com/2/problems/invalid-request"
NOT_FOUND = "https://api.twitter.com/2/problems/resource-not-found"
Headers = tuple[tuple[str, str], ...]
# docs.x.com, "response codes and errors": numbers that may come with a 403.
CODES = {
    64: "Your account is suspended and is not permitted to access this feature.",
    89: "Invalid or expired token.",
    185: "User is over daily status update limit.",
    187: "Status is a duplicate.",
    226: "This request looks like it might be automated.",
    326: "To protect our users from spam and other malicious activity, this account is temporarily locked.",
}


class Problem(Exception):
    """X refuses a request; `body` is what it says, `headers` what goes with it."""

    def __init__(self, status: int, body: dict[str, Any], headers: Headers = ()) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, headers

    def answer(self, headers: Headers = ()) -> Answer:
        """Return the refusal as it goes over the wire, with `headers` that its own may replace."""
        own = {name for name, _ in self.headers}
        kept = tuple(pair for pair in headers if pair[0] not in own)
        return json_answer(self.status, self.body, kept + self.headers, PROBLEM)


def unauthorized() -> Problem:
    """Return the 401: no token, an unknown one, or a bad signature."""
    return Problem(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"})


def forbidden(detail: str) -> Problem:
    """Return the 403 that says `detail`."""
    return Problem(403, {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403})


def not_permitted() -> Problem:
    """Return the 403 of a post that is too long, or of something this account may not do."""
    return forbidden("You are not permitted to perform this action.")


def duplicate() -> Problem:
    """Return the 403 of a text that was posted before."""
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def invalid(message: str, **parameters: str) -> Problem:
    """Return the 400 of a request that makes no sense."""
    error = {"message": message, "parameters": {name: [value] for name, value in parameters.items()}}
    return Problem(
        400,
        {
            "errors": [error],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": INVALID_REQUEST,
        },
    )


def missing(kind: str, value: str) -> dict[str, Any]:
    """Return the partial error of a tweet or user that is not there."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with id: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": "id",
        "resource_id": value,
        "type": NOT_FOUND,
    }


def tweet_missing(value: str) -> Problem:
    """Return the 404 of a tweet that is not there."""
    return Problem(
        404, {"errors": [missing("tweet", value)], "title": "Not Found Error", "type": NOT_FOUND, "status": 404}
    )


def too_many(headers: Headers) -> Problem:
    """Return the 429."""
    body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
    return Problem(429, body, headers)


def trouble(fault: Fault, account_id: str, now: float) -> Answer:
    """Say a fault in X's words.

    Args:
        fault: one of the refusals among the faults.
        account_id: the numeric id of the account that it strikes.
        now: Unix seconds.
    """
    if fault.name == "rate_limit":
        return _rate_limit(fault, now).answer()
    if fault.name == "quota":
        return _quota(fault, account_id).answer()
    if fault.name == "suspended":
        return _suspended(fault).answer()
    if fault.name == "duplicate":
        return duplicate().answer()
    if fault.name == "edit_missing":
        return tweet_missing(str(fault.params.get("id", "0"))).answer()
    return unauthorized().answer()


def _rate_limit(fault: Fault, now: float) -> Problem:
    wait = fault.params.get("retry_after", 900)
    if wait is None:
        return too_many(())
    reset = str(int(now + float(wait) + 0.999))
    if fault.params.get("scope") == "app":
        # The 24-hour limit of the whole app has headers of its own; the client library looks at x-rate-limit-reset
        # only.
        return too_many(
            (
                ("x-app-limit-24hour-limit", "10000"),
                ("x-app-limit-24hour-remaining", "0"),
                ("x-app-limit-24hour-reset", reset),
                ("x-rate-limit-limit", "100"),
                ("x-rate-limit-remaining", "99"),
                ("x-rate-limit-reset", reset),
            )
        )
    return too_many((("x-rate-limit-limit", "100"), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", reset)))


def _quota(fault: Fault, account_id: str) -> Problem:
    if fault.params.get("kind") == "usage-capped":
        return Problem(
            429,
            {
                "account_id": int(account_id),
                "product_name": "standard-basic",
                "title": "UsageCapExceeded",
                "period": "Monthly",
                "scope": "Product",
                "detail": "Usage cap exceeded: Monthly product cap",
                "type": "https://api.twitter.com/2/problems/usage-capped",
            },
        )
    return Problem(
        402,
        {
            "account_id": int(account_id),
            "title": "CreditsDepleted",
            "detail": f"Your enrolled account [{account_id}] does not have any credits to fulfill this request.",
            "type": "https://api.twitter.com/2/problems/credits",
        },
    )


def _suspended(fault: Fault) -> Problem:
    code = fault.params.get("code")
    if code is not None:
        return Problem(403, {"errors": [{"code": int(code), "message": CODES.get(int(code), "Forbidden")}]})
    body = forbidden("Your account is suspended and is not permitted to access this feature.").body
    return Problem(403, body | {"type": "https://api.twitter.com/2/problems/user-suspended"})
