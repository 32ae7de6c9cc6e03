"""What every transport has in common: where it may lead, how much of an answer is read, and what is kept of it."""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from platforms.contract import Endpoint
from platforms.errors import AdapterMisconfigured

MAX_ANSWER = 1_000_000  # bytes; the largest honest answer of these platforms is a page of a hundred posts
DEADLINE_FACTOR = 2  # a whole answer may take so many read time-outs; a byte a second would otherwise never end


def is_loopback(url: str) -> bool:
    """Tell whether an address can only be this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_endpoint(endpoint: Endpoint) -> None:
    """Refuse an endpoint that may not be used.

    Raises:
        AdapterMisconfigured: it is not on this machine although only this machine is allowed, or it is not encrypted.
    """
    if endpoint.loopback_only and not is_loopback(endpoint.base_url):
        raise AdapterMisconfigured(
            f"{urlsplit(endpoint.base_url).hostname} is not this machine: a demo talks to loopback platforms only."
        )
    if not is_loopback(endpoint.base_url) and not endpoint.base_url.startswith("https://"):
        raise AdapterMisconfigured("A platform is spoken to over https only.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered, kept because several SDKs throw it away."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or None if it is none, or one without an end."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def words(self) -> str:
        """Return the beginning of the body for people."""
        return self.body[:300].decode("utf-8", "replace")
