"""The Graph API's errors, in its own bodies."""

import math
import secrets
from typing import Any

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

Headers = tuple[tuple[str, str], ...]


class GraphError(Exception):
    """The Graph API refuses a request.

    Args:
        code: its number.
        message: its sentence.
        subcode: its second number, if it has one.
        status: HTTP status; client libraries of Facebook hardly look at it.
        kind: the `type`.
        transient: whether it says that trying again may help.
        headers: what goes with it.
        title: the `error_user_title`; the sentence for people is the message then.
    """

    def __init__(
        self,
        code: int,
        message: str,
        subcode: int | None = None,
        *,
        status: int = 400,
        kind: str = "OAuthException",
        transient: bool = False,
        headers: Headers = (),
        title: str = "",
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers
        self.body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            self.body["error_subcode"] = subcode
        self.body["is_transient"] = transient
        if title:
            self.body |= {"error_user_title": title, "error_user_msg": message}
        self.body["fbtrace_id"] = "A" + secrets.token_urlsafe(16)

    def answer(self) -> Answer:
        """Return the refusal as it goes over the wire."""
        return json_answer(self.status, {"error": self.body}, self.headers, "application/json; charset=UTF-8")


def no_such_object(name: str, verb: str = "get") -> GraphError:
    """Return the error for an object that is not there, or that this token may not touch; both look the same."""
    return GraphError(
        100,
        f"Unsupported {verb} request. Object with ID '{name}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation. Please read the Graph API documentation at"
        " https://developers.facebook.com/docs/graph-api",
        33,
        kind="GraphMethodException",
    )


def unsupported_version(version: str) -> GraphError:
    """Return the error for a version that is no longer, or not yet, served.

    Code 3 and a sentence that begins with "Unsupported": both ways in which an adapter may recognise it. (Code 2635 is
    the marketing API's.)
    """
    return GraphError(
        3, f"Unsupported Graph API version {version}: please update to the latest version, v26.0", status=400
    )


def bad_token(subcode: int | None = None) -> GraphError:
    """Return the error for a token that is unknown (no subcode) or no longer good."""
    sentences = {
        None: "Invalid OAuth access token - Cannot parse access token",
        458: "Error validating access token: The user has not authorized application 1234567890.",
        459: "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow"
        " the instructions given.",
        460: "Error validating access token: The session has been invalidated because the user changed their password"
        " or Facebook has changed the session for security reasons.",
        463: "Error validating access token: Session has expired.",
        464: "Error validating access token: Sessions for the user are not allowed because the user is not a"
        " confirmed user.",
        467: "Error validating access token: The session is invalid because the user logged out.",
        492: "Error validating access token: The user must be an administrator, editor, or moderator of the page in"
        " order to impersonate it.",
    }
    return GraphError(190, sentences.get(subcode, "Error validating access token."), subcode)


def duplicate() -> GraphError:
    """Return the error for a message that stands on the page already."""
    return GraphError(
        506,
        "Duplicate status message",
        1455006,
        title="Duplicate Status Update",
    )


def trouble(fault: Fault, page_id: str, name: str) -> Answer:
    """Say a fault in Facebook's words.

    Args:
        fault: one of the refusals among the faults.
        page_id: the page that it strikes.
        name: the object in the address.
    """
    return _error(fault, page_id, name).answer()


def _error(fault: Fault, page_id: str, name: str) -> GraphError:
    if fault.name == "rate_limit":
        return _rate_limit(fault, page_id)
    if fault.name == "quota":
        return GraphError(
            368,
            "The action attempted has been deemed abusive or is otherwise disallowed",
            int(fault.number("subcode", 1390008)),
            title="You can't use this feature right now",
        )
    if fault.name == "duplicate":
        return duplicate()
    if fault.name == "edit_missing":
        return no_such_object(name, "post")
    if fault.name == "suspended":
        return bad_token(int(fault.number("subcode", 459)))
    return bad_token(int(fault.number("subcode", 460)))


def _rate_limit(fault: Fault, page_id: str) -> GraphError:
    wait = fault.params.get("retry_after", 3600)
    if fault.params.get("scope") == "app":
        used: Headers = ()
        if wait is not None:
            used = (("x-app-usage", '{"call_count":101,"total_time":25,"total_cputime":25}'),)
        return GraphError(4, "(#4) Application request limit reached", transient=True, status=403, headers=used)
    headers: Headers = ()
    if wait is not None:
        # Whole minutes, not seconds.
        minutes = math.ceil(float(wait) / 60)
        usage = (
            f'{{"{page_id}":[{{"type":"pages","call_count":101,"total_cputime":20,"total_time":20,'
            f'"estimated_time_to_regain_access":{minutes}}}]}}'
        )
        headers = (("x-business-use-case-usage", usage),)
    code = int(fault.number("code", 32))
    return GraphError(code, f"(#{code}) Page request limit reached", transient=True, status=403, headers=headers)
