"""Threads' tokens: a code becomes one for an hour, that one for 60 days, and that another one before it ends."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.consents import LONG_TOKEN_SECONDS, SHORT_TOKEN_SECONDS, token
from simulator.exchange import Answer, Exchange, json_answer
from simulator.faults import Aim
from simulator.forms import BadForm, Form
from simulator.graph.errors import GraphError, bad_token, trouble
from simulator.oauth2 import Refused, check_app, redeem

if TYPE_CHECKING:
    from simulator.world import World

Body = dict[str, Any]


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    tokens = Tokens(world)
    return [
        Address("/threads/oauth/access_token", _Door(world, "oauth", tokens.short), methods=["POST"]),
        Address("/threads/access_token", _Door(world, "exchange", tokens.long), methods=["GET"]),
        Address("/threads/refresh_access_token", _Door(world, "refresh", tokens.again), methods=["GET"]),
    ]


class Tokens:
    """Hands tokens out; those for an hour are forgotten by a restart."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._short: dict[str, tuple[Account, str, float]] = {}

    def short(self, form: Form, now: float) -> Body:
        """Change a code for a token of an hour."""
        key, secret = form.text("client_id") or "", form.text("client_secret") or ""
        app = check_app(self._world, "threads", key, secret)
        if form.text("grant_type") != "authorization_code":
            raise Refused("invalid_request", "Invalid grant_type")
        code, callback = form.text("code") or "", form.text("redirect_uri") or ""
        _, account = redeem(self._world, app, code=code, callback=callback, now=now)
        made = token("THAA")
        self._short[made] = (account, app.secret, now + SHORT_TOKEN_SECONDS)
        return {"access_token": made, "user_id": int(account.platform_id)}

    def long(self, form: Form, now: float) -> Body:
        """Change a token of an hour for one of 60 days."""
        account, secret, until = self._short.get(form.text("access_token") or "", (None, "", 0.0))
        if account is None or until < now:
            raise bad_token()
        if form.text("grant_type") != "th_exchange_token" or form.text("client_secret") != secret:
            raise GraphError(1, "Error validating client secret.")
        return self._given(account)

    def again(self, form: Form, now: float) -> Body:  # noqa: ARG002 - its age is not kept, so a young one is not refused
        """Change a token of 60 days for another one."""
        account = self._world.accounts.holding("threads", "access_token", form.text("access_token") or "")
        if account is None:
            raise bad_token(463)
        if form.text("grant_type") != "th_refresh_token":
            raise GraphError(100, "(#100) Param grant_type must be th_refresh_token")
        return self._given(account)

    def _given(self, account: Account) -> Body:
        made = token("THAA")
        self._world.accounts.give(account, {"access_token": made})
        return {"access_token": made, "token_type": "bearer", "expires_in": LONG_TOKEN_SECONDS}


class _Door:
    """Serves one of the addresses."""

    def __init__(self, world: "World", name: str, do: Callable[[Form, float], Body]) -> None:
        self._world, self._name, self._do = world, name, do

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        try:
            form = await exchange.form()
        except BadForm as error:
            return await exchange.reply(GraphError(100, f"(#100) {error}").answer())

        def run(_: float) -> Answer:
            try:
                return json_answer(200, self._do(form, present().timestamp()))
            except Refused as refused:
                words = {"invalid_client": "Error validating client secret."}.get(refused.error, refused.description)
                return json_answer(400, {"error_type": "OAuthException", "code": 400, "error_message": words})
            except GraphError as error:
                return error.answer()

        aim = Aim("threads", self._name, "consent", ())
        call = Call(aim, run, lambda fault: trouble(fault, "0", self._name))
        return await conduct(exchange, call, self._world.faults, self._world.tally)
