"""Where somebody who signs in comes from, for the lock-out: the same address that the public pages believe."""

from typing import Any

from django.http import HttpRequest

from public.visitor import place_of


def address(request: HttpRequest) -> str | None:
    """Return an address; of an IPv6 network its first one; None where nothing tells."""
    return place_of(request).partition("/")[0] or None


def nobody(*_: Any) -> str:
    """Return who tried, for the log: a name that was typed may be a password, and an address is somebody's."""
    return "somebody"
