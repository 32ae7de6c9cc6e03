"""The errors of the Bot API, in its own words and with its own statuses."""

from typing import Any

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
TWO_POLLERS = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Refusal(Exception):
    """The Bot API refuses a request.

    Args:
        status: HTTP status, which is also the `error_code`.
        description: the platform's sentence, whole.
        parameters: `retry_after` (seconds) or `migrate_to_chat_id`.
    """

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def answer(self) -> Answer:
        """Return the refusal as it goes over the wire; a 429 carries its time as a header too."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        headers: tuple[tuple[str, str], ...] = ()
        if self.parameters:
            body["parameters"] = self.parameters
            if "retry_after" in self.parameters:
                headers = (("retry-after", str(self.parameters["retry_after"])),)
        return json_answer(self.status, body, headers)


def bad_request(what: str) -> Refusal:
    """Return the 400 that says `what`."""
    return Refusal(400, f"Bad Request: {what}")


def too_many(seconds: int | None) -> Refusal:
    """Return the 429 that asks for `seconds` of patience, or for an unknown time."""
    if seconds is None:
        return Refusal(429, "Too Many Requests")
    return Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


GONE = {
    "blocked": Refusal(403, "Forbidden: bot was blocked by the user"),
    "deactivated": Refusal(403, "Forbidden: user is deactivated"),
    "kicked": Refusal(403, "Forbidden: bot was kicked from the channel chat"),
    "not_found": Refusal(400, "Bad Request: chat not found"),
}


def trouble(fault: Fault, method: str) -> Answer:
    """Say a fault in Telegram's words.

    Args:
        fault: one of the refusals among the faults.
        method: the method that it strikes.
    """
    return _refusal(fault, method).answer()


def _refusal(fault: Fault, method: str) -> Refusal:
    if fault.name == "rate_limit":
        wait = fault.params.get("retry_after", 5)
        return too_many(None if wait is None else int(wait))
    if fault.name == "quota":
        # The Bot API sells no quota: what comes nearest is a flood answer that lasts for hours.
        return too_many(int(fault.number("retry_after", 36000)))
    if fault.name == "gone":
        return GONE[str(fault.params.get("reason", "blocked"))]
    if fault.name == "migrated":
        return Refusal(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": int(fault.params["to"])},
        )
    if fault.name == "edit_missing":
        return bad_request("message to delete not found" if method == "deleteMessage" else "message to edit not found")
    if fault.name == "suspended":
        return GONE["kicked"]
    return Refusal(401, "Unauthorized")
