"""Flickr's OAuth 1.0a: the app's two steps, and the screen between them."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.consents import CODE_SECONDS, Asked, token
from simulator.exchange import Answer, Exchange
from simulator.faults import Aim, Fault
from simulator.flickr.errors import problem
from simulator.oauth1 import fits, read_authorization
from simulator.pages.consent import back, buttons, choose_again, form_of, refused, screen, who
from simulator.pages.layout import esc, hidden

if TYPE_CHECKING:
    from simulator.world import World

SCREEN = "/flickr/services/oauth/authorize"
MAY = {
    "read": "see your photos",
    "write": "see your photos, upload new ones and change what is written to them",
    "delete": "see your photos, upload new ones, change what is written to them and delete them",
}
STALE = "Flickr does not know this request: it may have been used, or is too old."


def routes(world: "World") -> list[Address]:
    """Return the addresses of the two steps, and of the screen."""
    steps = Steps(world)

    async def show(request: Request) -> Response:
        return _screen(world, request)

    async def answer(request: Request) -> Response:
        return await _answer(world, request)

    return [
        *(Address(f"/flickr/services/oauth/{n}", steps, methods=["POST"]) for n in ("request_token", "access_token")),
        Address(SCREEN, show, methods=["GET"]),
        Address(SCREEN, answer, methods=["POST"]),
    ]


class Steps:
    """Serves `request_token` and `access_token`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        name = exchange.path.rpartition("/")[2]
        oauth, now = read_authorization(exchange.headers.get("authorization", "")), present().timestamp()
        do = self._request_token if name == "request_token" else self._access_token
        call = Call(Aim("flickr", name, "consent", ()), lambda _: do(exchange, oauth, now), _trouble)
        await conduct(exchange, call, self._world.faults, self._world.tally)

    def _request_token(self, exchange: Exchange, oauth: dict[str, str], now: float) -> Answer:
        app = self._world.consents.app("flickr", oauth.get("oauth_consumer_key", ""))
        if app is None:
            return problem("consumer_key_unknown")
        if not fits("POST", exchange.base_url + exchange.path, exchange.raw_query, oauth, (app.secret, ""), now):
            return problem("signature_invalid")
        callback = oauth.get("oauth_callback", "")
        if not self._world.consents.may_send_back(app, callback):
            return problem("parameter_rejected")
        name, secret = token("rt-"), token("")
        self._world.consents.asked[name] = Asked(app, secret, callback, now + CODE_SECONDS)
        return _form({"oauth_callback_confirmed": "true", "oauth_token": name, "oauth_token_secret": secret})

    def _access_token(self, exchange: Exchange, oauth: dict[str, str], now: float) -> Answer:
        # Whatever comes of it, a request token is of use once.
        asked = self._world.consents.asked.pop(oauth.get("oauth_token", ""), None)
        if asked is None or asked.app.key != oauth.get("oauth_consumer_key") or asked.until < now:
            return problem("token_rejected")
        pair = (asked.app.secret, asked.secret)
        if not fits("POST", exchange.base_url + exchange.path, exchange.raw_query, oauth, pair, now):
            return problem("signature_invalid")
        account = self._world.accounts.named("flickr", asked.account) if asked.account else None
        if account is None or not asked.verifier or oauth.get("oauth_verifier") != asked.verifier:
            return problem("verifier_invalid")
        given = {"access_token": token("72157720-"), "access_token_secret": token("")}
        allowed = {"perms": asked.verifier.partition("-")[0]}
        app = {"api_key": asked.app.key, "api_secret": asked.app.secret}
        self._world.accounts.give(account, app | given | allowed)
        told = {"oauth_token": given["access_token"], "oauth_token_secret": given["access_token_secret"]}
        return _form({"fullname": account.name, **told, "user_nsid": account.platform_id, "username": account.name})


def _screen(world: "World", request: Request) -> Response:
    name, perms = request.query_params.get("oauth_token", ""), request.query_params.get("perms", "")
    asked = _open(world, name)
    if asked is None or perms not in MAY:
        return refused("flickr", STALE)
    body = (
        f"<h1>{esc(asked.app.key)} wants to link to your Flickr account</h1><p>It wants to {MAY[perms]}."
        f' It never sees your password.</p><form method="post" action="{SCREEN}">{hidden(oauth_token=name, perms=perms)}'
        f"{who(world, 'flickr', 'account', 'You are signed in as')}{buttons('OK, I authorise it')}</form>"
    )
    return screen("Authorise an app", body, "flickr", asked.callback)


async def _answer(world: "World", request: Request) -> Response:
    form = await form_of(request)
    name = form.text("oauth_token") or ""
    asked, perms = _open(world, name), form.text("perms") or ""
    if asked is None or perms not in MAY:
        return refused("flickr", STALE)
    if form.text("answer") != "yes":
        # Flickr leads nobody back who says no.
        del world.consents.asked[name]
        return refused("flickr", "You did not authorise the app.")
    account = world.accounts.named("flickr", form.text("account") or "")
    if account is None:
        query = urlencode({"oauth_token": name, "perms": perms})
        return choose_again("flickr", "account", form.text("account") or "", f"{SCREEN}?{query}")
    # What was allowed stands before the verifier.
    asked.account, asked.verifier = account.address, token(f"{perms}-")
    return back(asked.callback, {"oauth_token": name, "oauth_verifier": asked.verifier})


def _open(world: "World", name: str) -> Asked | None:
    asked = world.consents.asked.get(name)
    return asked if asked and asked.until > present().timestamp() and not asked.verifier else None


def _trouble(fault: Fault) -> Answer:
    if fault.name == "rate_limit":
        return Answer(429, b"Too Many Requests", media_type="text/plain")
    return problem("token_rejected")


def _form(values: dict[str, str]) -> Answer:
    return Answer(200, urlencode(values).encode(), media_type="text/plain; charset=utf-8")
