"""Mastodon on the wire: who asks (a Bearer token), which address, how much is left, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim
from simulator.forms import BadForm, Form, read_form
from simulator.mastodon import consent, replies, statuses
from simulator.mastodon.errors import JSON, Headers, Refused, limit_headers, too_many, trouble
from simulator.mastodon.statuses import Asked, Body
from simulator.oauth2 import Refused as OAuthRefused

if TYPE_CHECKING:
    from simulator.world import World

PREFIX = "/mastodon/"
EVERY = "mastodon_requests_per_5_minutes"


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the interface: name and kind by which faults know it, what does it, and a limit beside that of all."""

    name: str
    kind: str
    do: Callable[["World", Asked], tuple[int, Body]]
    limit: str = ""


POST = Route("statuses", "create", statuses.post, "mastodon_statuses_per_3_hours")
EDIT = Route("edit", "edit", statuses.edit)
DELETE = Route("delete", "delete", statuses.delete, "mastodon_deletes_per_30_minutes")
SHOW = Route("status", "other", replies.show_any)
CONTEXT = Route("context", "list", replies.context)
SOURCE = Route("source", "other", statuses.source)
HISTORY = Route("history", "other", statuses.history)
LIST = Route("account_statuses", "list", statuses.listed)
VERIFY = Route("verify_credentials", "other", statuses.verify)
UPLOAD = Route("media", "other", statuses.upload, "mastodon_media_per_30_minutes")
MEDIA = Route("media_state", "other", statuses.media)
INSTANCE = Route("instance", "other", statuses.instance)
CONSENT: dict[tuple[str, str], Callable[["World", Form, float], dict[str, Any]]] = {
    ("POST", "api/v1/apps"): consent.register,
    ("POST", "oauth/token"): consent.hand_out,
    ("POST", "oauth/revoke"): consent.end,
}


ROUTES = {
    ("POST", "api/v1/statuses"): POST,
    ("PUT", "api/v1/statuses/*"): EDIT,
    ("DELETE", "api/v1/statuses/*"): DELETE,
    ("GET", "api/v1/statuses/*"): SHOW,
    ("GET", "api/v1/statuses/*/context"): CONTEXT,
    ("GET", "api/v1/statuses/*/source"): SOURCE,
    ("GET", "api/v1/statuses/*/history"): HISTORY,
    ("GET", "api/v1/accounts/verify_credentials"): VERIFY,
    ("GET", "api/v1/accounts/*/statuses"): LIST,
    ("POST", "api/v2/media"): UPLOAD,
    ("GET", "api/v1/media/*"): MEDIA,
    ("GET", "api/v2/instance"): INSTANCE,
}


def find_route(method: str, path: str) -> tuple[Route, str] | None:
    """Return the route of a request and the id in its address.

    Args:
        method: GET, POST, PUT or DELETE.
        path: behind the server's name.
    """
    if (method, path) in ROUTES:
        return ROUTES[method, path], ""
    names, number = path.split("/"), ""
    if len(names) > 3:
        number, names[3] = names[3], "*"
    route = ROUTES.get((method, "/".join(names)))
    return None if route is None else (route, number)


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    wire = MastodonWire(world)
    return [
        Address("/mastodon/api/{path:path}", wire),
        *(Address(f"/mastodon/{path}", wire, methods=["POST"]) for path in ("oauth/token", "oauth/revoke")),
    ]


class MastodonWire:
    """Serves `/mastodon/api/...` and, of `/mastodon/oauth/...`, what programs ask."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        path = exchange.path.removeprefix(PREFIX).rstrip("/")
        if any(name in ("access_token", "client_secret", "token") for name, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        name = "-"
        try:
            if (exchange.method, path) in CONSENT:
                name = path.rpartition("/")[2]
                call = await self._of_consent(exchange, path, name)
            else:
                found = find_route(exchange.method, path)
                if found is None:
                    raise Refused(404, "Not Found")
                name = found[0].name
                call = await self._of_an_account(exchange, *found)
        except Refused as refused:
            answer = refused.answer()
            self._world.tally.count("mastodon", name, answer.status)
            return await exchange.reply(answer)
        return await conduct(exchange, call, self._world.faults, self._world.tally)

    async def _of_consent(self, exchange: Exchange, path: str, name: str) -> Call:
        """Return what an app asks for, in which no account has a voice yet."""
        form, _ = await self._read(exchange)
        now = present().timestamp()

        def run(_: float) -> Answer:
            try:
                return json_answer(200, CONSENT["POST", path](self._world, form, now), (), JSON)
            except OAuthRefused as refused:
                status = 401 if refused.error == "invalid_client" else 400
                body = {"error": refused.error, "error_description": refused.description}
                return json_answer(status, body, (), JSON)
            except Refused as refused:
                return refused.answer()

        return Call(Aim("mastodon", name, "consent", ()), run, lambda fault: trouble(fault, now))

    async def _of_an_account(self, exchange: Exchange, route: Route, name: str) -> Call:
        account = self._authenticate(exchange)
        form, lists = await self._read(exchange)
        now = present().timestamp()
        key = exchange.headers.get("idempotency-key", "")
        asked = Asked(account, name, form, lists, exchange.base_url, now, key, form.files)

        def run(hidden_seconds: float) -> Answer:
            asked.hidden_seconds = hidden_seconds
            return self._run(route, asked)

        aim = Aim("mastodon", route.name, route.kind, (account.key, account.platform_id))
        return Call(aim, run, lambda fault: trouble(fault, now))

    def _authenticate(self, exchange: Exchange) -> Account:
        scheme, _, token = exchange.headers.get("authorization", "").partition(" ")
        account = self._world.accounts.holding("mastodon", "access_token", token.strip())
        if scheme.lower() != "bearer" or account is None:
            raise Refused(401, "The access token is invalid")
        return account

    @staticmethod
    async def _read(exchange: Exchange) -> tuple[Form, dict[str, list[str]]]:
        """Return the parameters, and those of them that may come several times: `media_ids[]`."""
        kind = exchange.headers.get("content-type", "")
        try:
            body = await exchange.body()
            form = read_form(exchange.raw_query, kind, body)
        except BadForm as error:
            raise Refused(400, str(error)) from error
        except TooLarge as error:
            raise Refused(413, "Payload too large") from error
        lists: dict[str, list[str]] = {}
        if kind.startswith("application/x-www-form-urlencoded"):
            for name, value in parse_qsl(body.decode()):
                if name.endswith("[]"):
                    lists.setdefault(name.removesuffix("[]"), []).append(value)
        elif kind.startswith("application/json"):
            lists = {
                name: [str(each) for each in value] for name, value in form.values.items() if isinstance(value, list)
            }
        return form, lists

    def _run(self, route: Route, asked: Asked) -> Answer:
        headers: Headers = ()
        for limit in filter(None, (EVERY, route.limit)):
            window = self._world.mastodon.windows[limit]
            allowed, left, reset, fits = window.take(asked.account.key, self._world.limits[limit], asked.now)
            headers = limit_headers(allowed, left, reset)
            if not fits:
                return too_many(headers).answer()
        try:
            status, body = route.do(self._world, asked)
        except Refused as refused:
            return refused.answer(headers)
        except UnicodeEncodeError:
            # Half a surrogate pair.
            return Refused(422, "Validation failed: Text is invalid").answer(headers)
        return json_answer(status, body, headers, JSON)
