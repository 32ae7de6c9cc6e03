"""A ministry's own gateway on the wire: it takes what Apprise posts to `json://`, under a key in a header, and gives no id.

Source: the source of Apprise, `plugins/custom_json.py`: a POST of {"version", "title", "message", "attachments", "type"},
headers of one's own behind `+` in the address, any 2xx is a success. Each refusal's words are this gateway's own.
"""

import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim, Fault

if TYPE_CHECKING:
    from simulator.world import World

VERSION = "1.0"
KINDS = ("info", "success", "warning", "failure")
# What a fault is here: status and words. A gateway has no account to suspend: whoever runs it locks the key out.
TROUBLES = {
    "unauthorized": (401, "this key is not good any more"),
    "suspended": (403, "this key is locked"),
    "quota": (402, "this month's messages are used up"),
    "rate_limit": (429, "too many messages"),
    "edit_missing": (404, "there is nothing to change here"),
}


def routes(world: "World") -> list[Address]:
    """Return the address for programs."""
    return [Address("/apprise/notify/{name}", AppriseWire(world))]


class Refusal(Exception):
    """The gateway takes it not."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def answer(self) -> Answer:
        """Return it as it goes over the wire."""
        return json_answer(self.status, {"error": str(self)})


class AppriseWire:
    """Serves `/apprise/notify/NAME`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        try:
            account = self._let_in(exchange, str(scope["path_params"]["name"]))
            message = await _message(exchange)
        except Refusal as refusal:
            self._world.tally.count("apprise", "notify", refusal.status)
            await exchange.reply(refusal.answer())
        else:
            await conduct(exchange, self._call(account, message), self._world.faults, self._world.tally)

    def _let_in(self, exchange: Exchange, name: str) -> Account:
        account = self._world.accounts.named("apprise", name)
        if account is None:
            raise Refusal(404, "there is no such channel")
        if exchange.method != "POST":
            raise Refusal(405, "post a message here")
        for header, value in demanded(account.secrets.get("service_url", "")):
            if not secrets.compare_digest(exchange.headers.get(header, "").encode(), value.encode()):
                raise Refusal(401, "this key is not known")
        return account

    def _call(self, account: Account, message: str) -> Call:
        def run(_: float) -> Answer:
            self._world.publications.add(account, secrets.token_hex(8), message, present().timestamp())
            return json_answer(200, {"status": "ok"})

        aim = Aim("apprise", "notify", "create", (account.key, account.platform_id))
        return Call(aim, run, trouble)


def demanded(address: str) -> list[tuple[str, str]]:
    """Return the headers that an address of Apprise says are sent with each message: (name in small letters, value)."""
    pairs = [part.partition("=") for part in urlsplit(address).query.split("&") if part.startswith("+")]
    return [(unquote(name[1:]).lower(), unquote(value)) for name, _, value in pairs]


async def _message(exchange: Exchange) -> str:
    """Return the text of a notification.

    Raises:
        Refusal: it is none.
    """
    if not exchange.headers.get("content-type", "").startswith("application/json"):
        raise Refusal(400, "post JSON")
    try:
        body: Any = json.loads(await exchange.body())
    except TooLarge as error:
        raise Refusal(413, "the message is too large") from error
    except ValueError as error:
        raise Refusal(400, "this is no JSON") from error
    if not isinstance(body, dict) or body.get("version") != VERSION or body.get("type") not in KINDS:
        raise Refusal(400, f"a notification of version {VERSION} has a type among {', '.join(KINDS)}")
    title, message = body.get("title"), body.get("message")
    if not isinstance(title, str) or not isinstance(message, str) or not message.strip():
        raise Refusal(400, "a notification has a title and a message")
    return f"{title}\n{message}" if title else message


def trouble(fault: Fault) -> Answer:
    """Say a fault in this gateway's words."""
    status, words = TROUBLES[fault.name]
    wait = fault.params.get("retry_after", 60) if fault.name == "rate_limit" else None
    headers = (("retry-after", f"{float(wait):g}"),) if wait is not None else ()
    return json_answer(status, {"error": words}, headers)
