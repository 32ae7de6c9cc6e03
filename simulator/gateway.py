"""The SMS gateway: takes messages, sends each reference once, and tells later, signed, what became of them."""

import hmac
import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim, Fault
from simulator.forms import BadForm, read_form
from simulator.receipts import post, signed

if TYPE_CHECKING:
    from simulator.world import World

WAY = "sms"
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_REFERENCE = re.compile(r"[A-Z0-9.\-]{1,60}")
# 3GPP TS 23.038: the basic alphabet, and what costs two.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("\f^{}\\[~]|€")
NOBODY, UNREACHABLE = "000", "001"  # how a number ends that does not exist, or whose phone never answers


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    return [Address("/sms/messages", Gateway(world), methods=["POST"])]


def segments(text: str) -> tuple[str, int]:
    """Return the encoding that a text needs, and how many messages it becomes; nothing is torn in two."""
    wide = any(letter not in _GSM and letter not in _GSM_TWO for letter in text)
    costs = [len(c.encode("utf-16-le")) // 2 if wide else 2 if c in _GSM_TWO else 1 for c in text]
    alone, joined = (70, 67) if wide else (160, 153)
    if sum(costs) <= alone:
        return ("ucs-2" if wide else "gsm-7"), 1
    number, used = 1, 0
    for cost in costs:
        if used + cost > joined:
            number, used = number + 1, 0
        used += cost
    return ("ucs-2" if wide else "gsm-7"), number


class Gateway:
    """Serves `POST /sms/messages`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        token = self._world.ways[WAY].secrets.get("token", "")
        given = exchange.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            form = read_form("", exchange.headers.get("content-type", ""), await exchange.body())
        except (BadForm, TooLarge):
            form = None
        if not token or not hmac.compare_digest(token.encode(), given.encode()):
            refused = json_answer(401, {"code": "token"})
        elif form is None or (mistake := _mistake(form.values)):
            refused = json_answer(422, {"code": "request" if form is None else mistake})
        else:
            message = form.values
            call = Call(Aim(WAY, "messages", "create", (), str(message["to"])), lambda _: self._take(message), _trouble)
            return await conduct(exchange, call, self._world.faults, self._world.tally)
        self._world.tally.count(WAY, "messages", refused.status)
        return await exchange.reply(refused)

    def _take(self, message: dict[str, Any]) -> Answer:
        to, reference = str(message["to"]), str(message["reference"])
        standing = self._world.letters.referred(WAY, reference)
        if standing is not None:
            return json_answer(202, {"id": standing.remote_id})
        if to.endswith(NOBODY):
            return json_answer(422, {"code": "number"})
        encoding, number = segments(str(message["text"]))
        remote_id = f"sms-{secrets.token_hex(8)}"
        self._world.letters.add(
            WAY, to, str(message["text"]), present().timestamp(), remote_id=remote_id, reference=reference,
            body={"encoding": encoding, "segments": number},
        )  # fmt: skip
        failed = to.endswith(UNREACHABLE)
        told = {"reference": reference, "id": remote_id, "status": "failed" if failed else "delivered"}
        self._world.receipts.tell(WAY, remote_id, told | ({"code": "absent"} if failed else {}), state=told["status"])
        return json_answer(202, {"id": remote_id})


async def write_back(world: "World", sender: str, text: str, number: str = "") -> int:
    """Carry a text from a phone to whoever sends by SMS, signed as a receipt is.

    Args:
        world: the simulator.
        sender: the phone, E.164.
        text: what is written.
        number: the gateway's own for it; blank for a new one. The same one again is a repetition.

    Returns:
        The status with which it was taken.

    Raises:
        ValueError: nobody sends by SMS, or its address is not on this machine.
    """
    to = world.ways[WAY]
    if not to.callback:
        raise ValueError("nobody sends by SMS")
    at = int(present().timestamp())
    told = {"id": number or f"in-{secrets.token_hex(8)}", "from": sender, "text": text, "at": at}
    body = json.dumps(told).encode()
    return await post(f"{to.callback}/messages", body, signed(WAY, to.callback_secret, body))


def _mistake(message: dict[str, Any]) -> str:
    """Return the code of what is wrong with a message, or blank."""
    if set(message) != {"to", "text", "encoding", "segments", "reference"}:
        return "request"
    if not _PHONE.fullmatch(str(message["to"])):
        return "number"
    if not _REFERENCE.fullmatch(str(message["reference"])):
        return "request"
    if segments(str(message["text"])) != (message["encoding"], message["segments"]):
        return "text"
    return ""


def _trouble(fault: Fault) -> Answer:
    """Say a fault in the gateway's own words."""
    match fault.name:
        case "rate_limit":
            wait = fault.params.get("retry_after")
            return json_answer(429, {"code": "rate"}, (("Retry-After", str(wait)),) if wait is not None else ())
        case "unauthorized":
            return json_answer(401, {"code": "token"})
        case "suspended":
            return json_answer(403, {"code": "suspended"})
        case "quota":
            return json_answer(402, {"code": "credit"})
        case "gone":
            return json_answer(422, {"code": "number"})
        case _:
            return json_answer(500, {"code": fault.name})
