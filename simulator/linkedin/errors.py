"""LinkedIn's errors, in its own bodies."""

from typing import Any

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

Headers = tuple[tuple[str, str], ...]


class LinkedInError(Exception):
    """LinkedIn refuses a request.

    Args:
        status: HTTP status, repeated in the body.
        message: its sentence.
        code: its word.
        service: its number, where it has one.
        headers: what goes with it.
        more: further fields of the body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        service: int | None = None,
        headers: Headers = (),
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers
        self.body: dict[str, Any] = {"status": status, "message": message}
        if service is not None:
            self.body["serviceErrorCode"] = service
        if code:
            self.body["code"] = code
        self.body |= more or {}

    def answer(self) -> Answer:
        """Return the refusal as it goes over the wire."""
        return json_answer(self.status, self.body, self.headers)


def bad_token(service: int = 65600) -> LinkedInError:
    """Return the 401 of a token that is unknown, revoked or too old."""
    codes = {
        65600: ("INVALID_ACCESS_TOKEN", "Invalid access token"),
        65601: ("REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"),
        65602: ("EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
    }
    code, message = codes[service]
    return LinkedInError(401, message, code=code, service=service)


def no_role(resource: str) -> LinkedInError:
    """Return the 403 of a member who has no such role at the organisation, or a token without the permission."""
    return LinkedInError(403, f"Not enough permissions to access: {resource}", code="ACCESS_DENIED", service=100)


def restricted() -> LinkedInError:
    """Return the 403 of a member whom LinkedIn has restricted."""
    return LinkedInError(403, "This member is restricted", code="MEMBER_RESTRICTED", service=65604)


def not_found(urn: str) -> LinkedInError:
    """Return the 404 of an entity that is not there."""
    return LinkedInError(404, f"Could not find entity {urn}", code="NOT_FOUND")


def inactive(version: str) -> LinkedInError:
    """Return the 426 of a version that is no longer, or not yet, served."""
    return LinkedInError(426, f"Requested version {version} is not active", code="NONEXISTENT_VERSION")


def unprocessable(message: str, code: str, description: str) -> LinkedInError:
    """Return the 422 of an entity that LinkedIn understands, and does not take."""
    details = {"inputErrors": [{"description": description, "input": {}, "code": code}]}
    kind = "com.linkedin.common.error.BadRequest"
    return LinkedInError(422, message, more={"errorDetailType": kind, "errorDetails": details})


def duplicate(urn: str) -> LinkedInError:
    """Return the 422 of a text that stands, or lately stood, on the organisation's page."""
    message = f"Error while processing the post: Content is a duplicate of {urn}"
    return unprocessable(message, "DUPLICATE_POST", "Duplicate post is detected")


def used_up() -> LinkedInError:
    """Return the 429 of what an app or a member may do in a day, which ends at midnight UTC."""
    return LinkedInError(
        429,
        "Resource level throttle APPLICATION DAY limit for calls to this resource is reached.",
        code="TOO_MANY_REQUESTS",
        service=101,
    )


def trouble(fault: Fault, name: str) -> Answer:
    """Say a fault in LinkedIn's words; `name` is the entity in the address."""
    match fault.name:
        case "rate_limit":
            wait = fault.params.get("retry_after", 60)
            headers = () if wait is None else (("retry-after", str(int(wait))),)
            error = LinkedInError(429, "Too many requests", code="TOO_MANY_REQUESTS", headers=headers)
        case "quota":
            error = used_up()
        case "duplicate":
            error = duplicate(str(fault.params.get("urn", "urn:li:share:7140000000000000000")))
        case "edit_missing":
            error = not_found(name)
        case "suspended":
            error = restricted()
        case _:
            error = bad_token(int(fault.number("code", 65601)))
    return error.answer()
