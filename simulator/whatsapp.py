"""The WhatsApp Cloud API: template messages, and the webhook that says later what became of each."""

import hmac
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

if TYPE_CHECKING:
    from simulator.world import World

WAY = "whatsapp"
NOT_THERE = "000"  # how a number ends that is not on WhatsApp
# Documented: "parameters cannot have newline/tab characters or more than 4 consecutive spaces"; a body has 1,024 characters.
_FORBIDDEN = re.compile(r"[\n\t]| {5,}")
_BODY, _FRAME = 1024, "Consular alert\n\n\n\nThis number sends alerts only."
WINDOW_S = 24 * 3600  # documented: the customer service window
LONGEST_TEXT = 4096
_APPROVED = frozenset({"nl", "fr", "de", "en"})


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    return [Address("/whatsapp/{version}/{number}/messages", CloudApi(world), methods=["POST"])]


class _Wrong(Exception):
    """A request that the platform refuses."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.answer = _error(status, code, message)


def _error(status: int, code: int, message: str) -> Answer:
    told = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "simulated"}
    return json_answer(status, {"error": told})


class CloudApi:
    """Serves `POST /whatsapp/<version>/<number>/messages`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        try:
            message = await self._let_in(exchange, str(scope["path_params"]["number"]))
        except _Wrong as wrong:
            self._world.tally.count(WAY, "messages", wrong.answer.status)
            return await exchange.reply(wrong.answer)
        aim = Aim(WAY, "messages", "create", (), str(message["to"]))
        call = Call(aim, lambda _: self._take(message), _trouble)
        return await conduct(exchange, call, self._world.faults, self._world.tally)

    async def _let_in(self, exchange: Exchange, number: str) -> dict[str, Any]:
        known = self._world.ways[WAY].secrets
        given = exchange.headers.get("authorization", "").removeprefix("Bearer ")
        if not known.get("token") or not hmac.compare_digest(known["token"].encode(), given.encode()):
            raise _Wrong(190, "Invalid OAuth access token", 401)
        if number != known.get("number_id"):
            raise _Wrong(33, "Object does not exist")
        try:
            message = read_form("", exchange.headers.get("content-type", ""), await exchange.body()).values
        except (BadForm, TooLarge) as error:
            raise _Wrong(100, "Invalid parameter") from error
        if message.get("messaging_product") != "whatsapp" or message.get("type") not in ("template", "text"):
            raise _Wrong(100, "Invalid parameter")
        if not re.fullmatch(r"[1-9]\d{6,14}", str(message.get("to", "")).removeprefix("+")):
            raise _Wrong(131009, "Parameter value is not valid: to")
        if message["type"] == "text":
            return self._free(message)
        return _whole(message, known.get("template", ""))

    def _free(self, message: dict[str, Any]) -> dict[str, Any]:
        """Let a text without a template pass, for 24 hours after that person wrote."""
        to, body = str(message["to"]).removeprefix("+"), (message.get("text") or {}).get("body")
        if not self._world.strangers.wrote(WAY, to, since=present().timestamp() - WINDOW_S):
            raise _Wrong(
                131047, "Re-engagement message: more than 24 hours have passed since the customer last replied"
            )
        if not isinstance(body, str) or not 0 < len(body) <= LONGEST_TEXT:
            raise _Wrong(100, "Invalid parameter: text.body")
        return message

    def _take(self, message: dict[str, Any]) -> Answer:
        to, reference = str(message["to"]).removeprefix("+"), str(message.get("biz_opaque_callback_data", ""))
        wamid = f"wamid.{secrets.token_urlsafe(36)}"
        if message["type"] == "text":
            text, body = str(message["text"]["body"]), {"type": "text"}
        else:
            template = message["template"]
            text = "\n\n".join(_filled(template))
            body = {"template": template["name"], "language": template["language"]["code"]}
        self._world.letters.add(
            WAY, f"+{to}", text, present().timestamp(), remote_id=wamid, reference=reference,
            body=body,
        )  # fmt: skip
        state = "failed" if to.endswith(NOT_THERE) else "delivered"
        self._world.receipts.tell(WAY, wamid, _status(wamid, to, reference, state), state=state)
        answered = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": str(message["to"]), "wa_id": to}],
            "messages": [{"id": wamid}],
        }
        return json_answer(200, answered)


def _whole(message: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a message whose template is filled in as it was approved."""
    template = message.get("template") or {}
    if template.get("name") != name or (template.get("language") or {}).get("code") not in _APPROVED:
        raise _Wrong(132001, "Template name does not exist in the translation", 404)
    parts = _filled(template)
    if len(parts) != 3:
        raise _Wrong(132000, "Number of parameters does not match the expected number of params")
    if any(_FORBIDDEN.search(part) or not part for part in parts):
        raise _Wrong(
            132018, "Template parameters cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
    if len("".join(parts).encode("utf-16-le")) // 2 + len(_FRAME) > _BODY:
        raise _Wrong(132005, "Translated text too long")
    return message


def _filled(template: dict[str, Any]) -> list[str]:
    bodies = [each for each in template.get("components", []) if each.get("type") == "body"]
    return [str(each.get("text", "")) for body in bodies for each in body.get("parameters", [])]


def _status(wamid: str, to: str, reference: str, state: str) -> dict[str, Any]:
    """Return the webhook's body for what became of a message."""
    status: dict[str, Any] = {
        "id": wamid,
        "status": state,
        "timestamp": str(int(present().timestamp())),
        "recipient_id": to,
        "biz_opaque_callback_data": reference,
    }
    if state == "failed":
        status["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000000", "phone_number_id": "1"},
        "statuses": [status],
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "0", "changes": [{"field": "messages", "value": value}]}],
    }


def _trouble(fault: Fault) -> Answer:
    """Say a fault in the platform's own words."""
    match fault.name:
        case "rate_limit":
            answer = _error(429, 130429, "Rate limit hit")
            wait = fault.params.get("retry_after")
            headers = (("Retry-After", str(wait)),) if wait is not None else ()
            return Answer(answer.status, answer.body, headers)
        case "unauthorized":
            return _error(401, 190, "Error validating access token: session has expired")
        case "suspended":
            return _error(403, 131031, "Business account has been locked")
        case "quota":
            return _error(400, 131048, "Spam rate limit hit")
        case "gone":
            return _error(400, 131026, "Message undeliverable")
        case _:
            return _error(500, 131000, "Something went wrong")
