"""What every consent by OAuth 2.0 has in common, whatever a platform calls its addresses."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from platforms.errors import ConsentDeclined, ConsentMismatch, UnexpectedResponse
from platforms.wire import Answer


def challenge(verifier: str) -> str:
    """Return what is shown of a secret before it is needed. Source: RFC 7636, 4.2, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def answered(query: Mapping[str, str], kept: Mapping[str, str]) -> str:
    """Return the code of an answer to the very consent that this browser began. Source: RFC 6749, 4.1.2 and 10.12.

    Args:
        query: what the browser brought back.
        kept: of the consent; its `state` is ours alone.

    Raises:
        ConsentMismatch: it is no answer to this consent.
        ConsentDeclined: the editor did not allow it.
    """
    came = query.get("state", "")
    if not came or not hmac.compare_digest(came.encode(), kept.get("state", "").encode()):
        raise ConsentMismatch
    if "error" in query:
        raise ConsentDeclined
    return query.get("code", "")


def text(answer: Mapping[str, Any], name: str) -> str:
    """Return a text of an answer.

    Raises:
        UnexpectedResponse: there is none.
    """
    if not isinstance(value := answer.get(name), str) or not value:
        raise UnexpectedResponse(f"an answer without {name}")
    return value


def answered_at(answer: Answer) -> datetime:
    """Return when a platform says that it answered, with its zone: a consent has no clock of its own. Source: RFC 9110, 6.6.1.

    Raises:
        UnexpectedResponse: it does not say so.
    """
    try:
        found = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        raise UnexpectedResponse("an answer without a date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
