"""The AT Protocol on the wire: who asks (a token bound to a key, proved by each request), what is left, and the answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.bluesky import consent, records, threads
from simulator.bluesky.errors import JSON, Headers, Refused, invalid, limit_headers, too_many, trouble, unauthorized
from simulator.bluesky.proofs import BadProof, check_proof
from simulator.bluesky.records import Asked, Body
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim
from simulator.forms import BadForm, Form, read_form
from simulator.oauth2 import Refused as OAuthRefused

if TYPE_CHECKING:
    from simulator.world import World

PREFIX = "/bluesky"
OAUTH: dict[str, Callable[["World", Form, str, str, float], dict[str, Any]]] = {
    "/oauth/par": consent.push,
    "/oauth/token": consent.hand_out,
    "/oauth/revoke": consent.end,
}
SAID = {
    "/.well-known/oauth-protected-resource": consent.protected_resource,
    "/.well-known/oauth-authorization-server": consent.server,
}


@dataclass(frozen=True, slots=True)
class Route:
    """One method: its kind, by which faults know it, what does it, how many points it costs, and whether anybody may ask."""

    kind: str
    do: Callable[["World", Asked], Body]
    method: str = "GET"
    points: int = 0
    public: str = ""


ROUTES = {
    "com.atproto.repo.putRecord": Route("create", records.put, "POST", 3),
    "com.atproto.repo.deleteRecord": Route("delete", records.delete, "POST", 1),
    "com.atproto.repo.uploadBlob": Route("other", records.upload, "POST"),
    "com.atproto.server.getSession": Route("other", records.session),
    "com.atproto.repo.getRecord": Route("list", records.get, public="repo"),
    "com.atproto.repo.listRecords": Route("list", records.listed, public="repo"),
    "com.atproto.repo.describeRepo": Route("other", records.describe, public="repo"),
    "app.bsky.feed.getPostThread": Route("list", threads.thread, public="uri"),
    "com.atproto.identity.resolveHandle": Route("other", records.resolve, public="handle"),
}


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    wire = BlueskyWire(world)
    return [
        Address(f"{PREFIX}/xrpc/{{method}}", wire),
        Address(f"{PREFIX}/plc/{{did}}", wire),
        *(Address(f"{PREFIX}{path}", wire) for path in SAID),
        *(Address(f"{PREFIX}{path}", wire, methods=["POST"]) for path in OAUTH),
    ]


class BlueskyWire:
    """Serves `/bluesky/...`, but for the pages for people."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        path = exchange.path.removeprefix(PREFIX)
        name = path.rpartition("/")[2].rpartition(".")[2]
        if any(each in ("access_token", "client_secret", "token") for each, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        try:
            call = await self._call(exchange, path, name)
        except Refused as refused:
            answer = refused.answer(self._fresh())
            self._world.tally.count("bluesky", name, answer.status)
            return await exchange.reply(answer)
        return await conduct(exchange, call, self._world.faults, self._world.tally)

    async def _call(self, exchange: Exchange, path: str, name: str) -> Call:
        issuer = exchange.base_url + PREFIX
        if path in SAID:
            return self._told(name, SAID[path](issuer))
        if path.startswith("/plc/"):
            account = self._world.accounts.numbered("bluesky", path.removeprefix("/plc/"))
            if account is None:
                raise Refused(404, "NotFound", "DID not registered")
            return self._told("plc", records.document(account, issuer))
        if path in OAUTH:
            return await self._of_consent(exchange, path, name)
        route = ROUTES.get(path.rpartition("/")[2])
        if route is None or route.method != exchange.method:
            raise Refused(501, "MethodNotImplemented", "Method Not Implemented")
        return await self._of_an_account(exchange, route, name)

    def _told(self, name: str, body: dict[str, Any]) -> Call:
        now = present().timestamp()
        aim = Aim("bluesky", name, "consent", ())
        return Call(aim, lambda _: json_answer(200, body, (), JSON), lambda fault: trouble(fault, now, "consent"))

    async def _of_consent(self, exchange: Exchange, path: str, name: str) -> Call:
        """Return what an app asks for, in which no account has a voice yet."""
        now = present().timestamp()
        issuer = exchange.base_url + PREFIX
        try:
            form = read_form("", exchange.headers.get("content-type", ""), await exchange.body())
        except (BadForm, TooLarge) as error:
            raise invalid(str(error)) from error
        try:
            proof = exchange.headers.get("dpop", "")
            jkt = check_proof(self._world, proof, exchange.method, exchange.base_url + exchange.path, now)
        except BadProof as bad:
            raise Refused(400, "use_dpop_nonce" if bad.nonce else "invalid_dpop_proof", str(bad)) from bad

        def run(_: float) -> Answer:
            try:
                return json_answer(200, OAUTH[path](self._world, form, issuer, jkt, now), self._fresh(), JSON)
            except OAuthRefused as refused:
                status = 401 if refused.error == "invalid_client" else 400
                body = {"error": refused.error, "error_description": refused.description}
                return json_answer(status, body, self._fresh(), JSON)

        return Call(Aim("bluesky", name, "consent", ()), run, lambda fault: trouble(fault, now, "consent"))

    async def _of_an_account(self, exchange: Exchange, route: Route, name: str) -> Call:
        now = present().timestamp()
        asks = None if route.public else self._authenticate(exchange, now)
        try:
            content = await exchange.body()
        except TooLarge as error:
            raise Refused(413, "PayloadTooLarge", "request entity too large") from error
        values: dict[str, Any] = dict(exchange.query)
        if route.points:
            values = _json(content)
        about = values.get(route.public, "")
        account = asks or self._about(threads.account_of(self._world, about) if route.public == "uri" else about)
        if asks is not None and "repo" in values and values["repo"] not in (asks.platform_id, asks.key):
            raise Refused(403, "Forbidden", "Invalid repo")
        asked = Asked(account, values, exchange.base_url + PREFIX, now, content)
        kind = route.kind
        if kind == "create" and self._world.publications.find(account, asked.text("rkey")):
            kind = "edit"

        def run(hidden_seconds: float) -> Answer:
            asked.hidden_seconds = hidden_seconds
            return self._run(route, asked)

        aim = Aim("bluesky", name, kind, (account.key, account.platform_id))
        return Call(aim, run, lambda fault: trouble(fault, now, kind))

    def _authenticate(self, exchange: Exchange, now: float) -> Account:
        scheme, _, token = exchange.headers.get("authorization", "").partition(" ")
        if not token:
            raise Refused(401, "AuthMissing", "Authentication Required")
        if scheme.lower() != "dpop":
            raise unauthorized("invalid_token", "Malformed token")
        try:
            proof = exchange.headers.get("dpop", "")
            jkt = check_proof(self._world, proof, exchange.method, exchange.base_url + exchange.path, now, token)
        except BadProof as bad:
            raise unauthorized("use_dpop_nonce" if bad.nonce else "invalid_dpop_proof", str(bad)) from bad
        account = self._world.accounts.holding("bluesky", "access_token", token)
        if account is None or consent.bound_to(account) != jkt:
            raise unauthorized("invalid_token", "Invalid token")
        if float(account.secrets.get("access_until", now)) < now:
            raise unauthorized("invalid_token", '"exp" claim timestamp check failed')
        return account

    def _about(self, name: str) -> Account:
        found = self._world.accounts.numbered("bluesky", name) or self._world.accounts.named("bluesky", name)
        if found is None:
            raise invalid(f"Could not find repo: {name}")
        return found

    def _run(self, route: Route, asked: Asked) -> Answer:
        headers: Headers = ()
        for name, window in self._world.bluesky.windows.items() if route.points else ():
            seconds = 3600 if name.endswith("hour") else 86_400
            for _ in range(route.points):
                allowed, left, reset, fits = window.take(asked.account.key, self._world.limits[name], asked.now)
                headers = limit_headers(allowed, left, reset, seconds, asked.now)
                if not fits:
                    return too_many(headers).answer(self._fresh())
        try:
            return json_answer(200, route.do(self._world, asked), headers + self._fresh(), JSON)
        except Refused as refused:
            return refused.answer(headers + self._fresh())
        except (AttributeError, TypeError, ValueError):
            # Half a surrogate pair, or another shape than the lexicon's.
            return invalid("Invalid input").answer(headers + self._fresh())

    def _fresh(self) -> Headers:
        return (("dpop-nonce", self._world.bluesky.nonce(present().timestamp())),)


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise invalid("Unexpected token in JSON") from error
    if not isinstance(found, dict):
        raise invalid("Input must be an object")
    return found
