"""Speaking to the simulator's control interface: what the demo furnishes there, and what it asks."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from django.conf import settings

TIMEOUT_S = 30.0


class SimulatorDown(Exception):
    """The loopback platforms do not answer: the house is not running."""


class SimulatorRefused(Exception):
    """The simulator does not take what we furnish it with: a mistake of ours, in its words."""


def call(method: str, path: str, body: object = None) -> Any:
    """Call the control interface.

    Raises:
        SimulatorDown: it does not answer.
        SimulatorRefused: it does not take what was sent.
    """
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{settings.SIMULATOR_URL}/_control/{path}", data=data, method=method)  # noqa: S310 - loopback, by the settings
    request.add_header("Content-Type", "application/json")
    try:
        # No proxy of the environment: this never leaves the machine.
        with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read())
    except HTTPError as error:
        raise SimulatorRefused(error.read().decode("utf-8", "replace")) from error
    except (URLError, OSError) as error:
        raise SimulatorDown("The loopback platforms do not answer.") from error


def health() -> dict[str, Any]:
    """Return how much the simulator holds."""
    found: dict[str, Any] = call("GET", "health")
    return found


def put(kind: str, items: Sequence[dict[str, Any]]) -> Any:
    """Furnish it with accounts, bots or people."""
    return call("PUT", kind, list(items))
