"""Carrying out one request of a platform, with the fault that strikes it, if one does."""

from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from simulator.exchange import Answer, Exchange, json_answer
from simulator.faults import Aim, Fault, FaultBook

HTML = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Something went wrong</h1></body></html>"
# What a fault answers in HTML or bare JSON, the same on every platform: usual status and body.
FOREIGN: dict[str, tuple[int, bytes, str]] = {
    "error_html": (502, HTML, "text/html; charset=utf-8"),
    "error_json": (500, b'{"message":"Internal server error"}', "application/json"),
    "empty_json": (500, b"{}", "application/json"),
    "garbage_2xx": (200, HTML, "text/html; charset=utf-8"),
    "created_garbage": (200, HTML, "text/html; charset=utf-8"),
    "array_2xx": (200, b"[]", "application/json"),
    "redirect": (302, b"", "text/plain"),
    "answer_bytes": (200, b"", "application/json"),
}


class Tally:
    """How many requests there were, by platform, method and status, and how many carried a token in their address.

    Since the start of the process. A request that got no answer counts under `cut` or `left`.
    """

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self.tokens_in_urls = 0

    def count(self, platform: str, method: str, status: int | str) -> None:
        """Count one request."""
        self._requests[platform, method, str(status)] += 1

    def as_json(self) -> dict[str, Any]:
        """Return the counts as the control API shows them."""
        nested: dict[str, dict[str, dict[str, int]]] = {}
        for (platform, method, status), number in sorted(self._requests.items()):
            nested.setdefault(platform, {}).setdefault(method, {})[status] = number
        return {"requests": nested, "total": self._requests.total(), "tokens_in_urls": self.tokens_in_urls}

    def clear(self) -> None:
        """Begin anew."""
        self._requests.clear()
        self.tokens_in_urls = 0


@dataclass(slots=True)
class Call:
    """A request that its platform has understood and let in.

    `run` does what was asked and answers; it may get the number of seconds for which lists hide what is new. `wait`
    does it for a long poll instead. `trouble` says a fault in the platform's own words.
    """

    aim: Aim
    run: Callable[[float], Answer] | None
    trouble: Callable[[Fault], Answer]
    wait: Callable[[], Coroutine[Any, Any, Answer]] | None = None


async def conduct(exchange: Exchange, call: Call, faults: FaultBook, tally: Tally) -> None:
    """Carry out `call` and answer it, or let a fault strike it."""
    fault = faults.strike(call.aim)
    count = Counting(tally, call.aim)
    if fault is None:
        answer = await _work(exchange, call)
        await _reply(exchange, answer, count)
    elif fault.name in BROKEN:
        await BROKEN[fault.name](exchange, call, fault, count)
    elif fault.name in FOREIGN:
        if fault.name == "created_garbage" or fault.params.get("stored"):
            await _work(exchange, call)
        await _reply(exchange, foreign(fault), count)
    else:
        await _reply(exchange, call.trouble(fault), count)


class Counting:
    """Counts the one request that it is made for."""

    def __init__(self, tally: Tally, aim: Aim) -> None:
        self._tally, self._aim = tally, aim

    def __call__(self, status: int | str) -> None:
        """Count it under `status`."""
        self._tally.count(self._aim.platform, self._aim.method, status)


async def _work(exchange: Exchange, call: Call, hidden_seconds: float = 0) -> Answer | None:
    if call.wait is not None:
        return await exchange.unless_left(call.wait())
    return call.run(hidden_seconds) if call.run else None


async def _reply(exchange: Exchange, answer: Answer | None, count: Counting) -> None:
    if answer is None:
        # The long poller has left, or the simulator stops: there is nobody to answer.
        count("left")
        return await exchange.hang_up()
    # Counted before it is sent: a test may ask for the counts as soon as it has its answer.
    count(answer.status)
    return await exchange.reply(answer)


def foreign(fault: Fault) -> Answer:
    """Return the answer of a proxy or a broken server, which knows nothing of the platform."""
    status, body, media_type = FOREIGN[fault.name]
    status = int(fault.number("status", status))
    headers: tuple[tuple[str, str], ...] = ()
    if fault.name == "error_json" and "body" in fault.params:
        body = json_answer(status, fault.params["body"]).body
    elif fault.name == "redirect":
        headers = (("location", str(fault.params["to"])),)
    elif fault.name == "answer_bytes":
        size = int(fault.number("size", 0))
        body = b'{"padding":"' + b"x" * max(0, size - 14) + b'"}'
    return Answer(status, body, headers, fault.params.get("content_type", media_type))


async def _cut_before(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:  # noqa: ARG001 - one signature
    count("cut")
    await exchange.hang_up()


async def _cut_after(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:  # noqa: ARG001
    await _work(exchange, call)
    count("cut")
    await exchange.hang_up()


async def _cut_within(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:  # noqa: ARG001
    answer = await _work(exchange, call)
    count("cut")
    await (exchange.reply_part(answer) if answer else exchange.hang_up())


async def _slow_after(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:
    answer = await _work(exchange, call)
    left = await exchange.left_within(fault.number("seconds", 0))
    await _reply(exchange, None if left else answer, count)


async def _slow_before(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:
    left = await exchange.left_within(fault.number("seconds", 0))
    await _reply(exchange, None if left else await _work(exchange, call), count)


async def _drip(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:
    answer = await _work(exchange, call)
    if answer is None:
        return await _reply(exchange, None, count)
    count(answer.status)
    return await exchange.reply_dripping(answer, fault.number("seconds", 0))


async def _hidden_for(exchange: Exchange, call: Call, fault: Fault, count: Counting) -> None:
    await _reply(exchange, await _work(exchange, call, fault.number("seconds", 0)), count)


BROKEN: dict[str, Callable[[Exchange, Call, Fault, Counting], Coroutine[Any, Any, None]]] = {
    "cut_before": _cut_before,
    "cut_after": _cut_after,
    "cut_within": _cut_within,
    "slow_after": _slow_after,
    "slow_before": _slow_before,
    "drip": _drip,
    "hidden_for": _hidden_for,
}
