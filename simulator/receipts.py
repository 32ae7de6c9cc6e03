"""Telling a sender later what became of its messages: signed posts to its address, on loopback only, until they are taken."""

import asyncio
import hashlib
import hmac
import json
import logging
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator.clock import now as present
from simulator.telegram.webhook import is_loopback

if TYPE_CHECKING:
    from simulator.world import World

log = logging.getLogger(__name__)
AFTER_S = (0.2, 1.5)  # a phone takes about so long
TRIES = 8
ANSWER_S = 10


class Receipts:
    """Carries receipts; those that wait when the simulator stops are lost, as a network's sometimes are."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, way: str, remote_id: str, told: dict[str, Any], *, state: str) -> None:
        """Tell the sender by that way, in a moment, what became of a message.

        Args:
            way: whose sender.
            remote_id: of the message.
            told: what is posted, as JSON.
            state: what the message's state is from then on.
        """
        if self._world.ways[way].callback:
            task = asyncio.get_running_loop().create_task(self._tell(way, remote_id, told, state))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, way: str, remote_id: str, told: dict[str, Any], state: str) -> None:
        await asyncio.sleep(random.uniform(*AFTER_S))  # noqa: S311 - play
        self._world.letters.became(remote_id, state)
        for tried in range(TRIES):
            sender = self._world.ways[way]
            body = json.dumps(told).encode()
            try:
                async with asyncio.timeout(ANSWER_S):
                    status = await post(sender.callback, body, signed(way, sender.callback_secret, body))
                if status < 500:
                    return
            except (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
                log.info("a receipt is not taken: %s", type(error).__name__)
            await asyncio.sleep(min(2.0**tried, 30.0))


def signed(way: str, secret: str, body: bytes) -> dict[str, str]:
    """Return the headers that prove who says it."""
    if way == "whatsapp":
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    at = str(int(present().timestamp()))
    proof = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Tocsin-Timestamp": at, "Tocsin-Signature": f"sha256={proof}"}


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post JSON over a connection of its own, and return the status.

    Raises:
        ValueError: the address is not this machine's.
    """
    address = urlsplit(url)
    if address.scheme != "http" or not is_loopback(address.hostname or ""):
        raise ValueError("receipts go to http addresses on loopback only")
    lines = [f"POST {address.path} HTTP/1.1", f"Host: {address.netloc}", "Content-Type: application/json"]
    lines += [
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
    try:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    finally:
        writer.close()
    return int(head.split(" ", 2)[1])
