"""LinkedIn on the wire: token, version, protocol, address, and the answer."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import PLATFORMS, Account, fold
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim
from simulator.forms import BadForm
from simulator.linkedin import consent, errors, posts
from simulator.linkedin.errors import LinkedInError, bad_token, inactive
from simulator.linkedin.posts import UPLOADS, Asked
from simulator.oauth2 import Refused

if TYPE_CHECKING:
    from simulator.world import World

REST = "/linkedin/rest/"
VERSION = re.compile(r"20\d{2}(0[1-9]|1[0-2])")
# A version lives for a year at least; these are taken to be alive.
OLDEST, NEWEST = "202512", "202611"


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of request: the name and kind by which faults know it, and what does it."""

    name: str
    kind: str
    do: Callable[["World", Asked], Answer]


CREATE = Route("posts", "create", posts.publish)
LIST = Route("author", "list", posts.list_posts)
SHOW = Route("post", "other", posts.show_post)
EDIT = Route("edit", "edit", posts.edit)
DELETE = Route("delete", "delete", posts.delete)
BEGIN = Route("images", "other", posts.begin_upload)
UPLOAD = Route("upload", "other", posts.upload)
ROLES = Route("organizationAcls", "other", posts.roles)
FOLLOWERS = Route("networkSizes", "other", posts.network_size)
ORGANIZATIONS = Route("organizations", "other", posts.organizations)


def find_route(method: str, restli: str, names: list[str]) -> Route | None:
    """Return the route of a request.

    Args:
        method: GET, POST or DELETE.
        restli: the method in Rest.li's words, from a header.
        names: the parts of the address behind the root.
    """
    match (method, restli.upper(), *names):
        case ("POST", "CREATE" | "", "posts"):
            return CREATE
        case ("GET", "FINDER", "posts"):
            return LIST
        case ("GET", _, "posts", _):
            return SHOW
        case ("POST", "PARTIAL_UPDATE", "posts", _):
            return EDIT
        case ("DELETE", _, "posts", _):
            return DELETE
        case ("POST", _, "images"):
            return BEGIN
        case ("GET", _, "organizationAcls"):
            return ROLES
        case ("GET", _, "organizations"):
            return ORGANIZATIONS
        case ("GET", _, "networkSizes", _):
            return FOLLOWERS
    return None


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs, and the one of a post, which there does not name whose it is."""

    async def post_page(request: Request) -> Response:
        found = world.publications.search(platform="linkedin", remote_id=request.path_params["id"], limit=1)
        name = fold(found[0].address) if found else "-"
        return RedirectResponse(PLATFORMS["linkedin"].page.format(name=name, id=request.path_params["id"]), 302)

    wire = LinkedInWire(world)
    return [
        Address(REST + "{path:path}", wire),
        Address(UPLOADS + "{path:path}", wire, methods=["PUT"]),
        Address("/linkedin/oauth/v2/accessToken", wire.tokens, methods=["POST"]),
        Address("/linkedin/oauth/v2/revoke", wire.tokens, methods=["POST"]),
        Address("/linkedin/feed/update/{id}", post_page, methods=["GET"]),
    ]


class LinkedInWire:
    """Serves `/linkedin/rest/...`, the uploads, and the side of OAuth 2.0 that programs see."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.tokens = TokensWire(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        name = "-"
        try:
            account = self._authenticate(exchange)
            if exchange.path.startswith(UPLOADS):
                route, names = UPLOAD, exchange.path.removeprefix(UPLOADS).split("/")
            else:
                route, names = self._address(exchange)
            name = route.name
            asked = await self._read(exchange, account, names, as_json=route is not UPLOAD)
        except LinkedInError as error:
            answer = error.answer()
            self._world.tally.count("linkedin", name, answer.status)
            await exchange.reply(answer)
        else:
            await conduct(exchange, self._call(route, asked), self._world.faults, self._world.tally)

    def _authenticate(self, exchange: Exchange) -> Account:
        if any(name in ("oauth2_access_token", "access_token") for name, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        scheme, _, held = exchange.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not held:
            raise LinkedInError(401, "Empty oauth2_access_token", service=401)
        for secret in ("access_token", "earlier_token"):
            account = self._world.accounts.holding("linkedin", secret, held)
            if account is not None:
                if float(account.secrets.get("access_until", "inf")) < present().timestamp():
                    raise bad_token(65602)
                return account
        raise bad_token()

    @staticmethod
    def _address(exchange: Exchange) -> tuple[Route, list[str]]:
        version = exchange.headers.get("linkedin-version", "")
        if not version:
            raise LinkedInError(400, "A version must be present", code="VERSION_MISSING")
        if not VERSION.fullmatch(version) or not OLDEST <= version <= NEWEST:
            raise inactive(version)
        if exchange.headers.get("x-restli-protocol-version") != "2.0.0":
            raise LinkedInError(400, "X-Restli-Protocol-Version 2.0.0 is required", code="PROTOCOL_VERSION")
        names = [name for name in exchange.path.removeprefix(REST).split("/") if name]
        route = find_route(exchange.method, exchange.headers.get("x-restli-method", ""), names)
        if route is None:
            raise LinkedInError(404, f"No virtual resource found for /{'/'.join(names)}", code="RESOURCE_NOT_FOUND")
        return route, names

    @staticmethod
    async def _read(exchange: Exchange, account: Account, names: list[str], *, as_json: bool) -> Asked:
        try:
            content = await exchange.body()
            body = json.loads(content) if as_json and content else None
        except (ValueError, TooLarge) as error:
            raise LinkedInError(400, "The body cannot be read", code="ILLEGAL_ARGUMENT") from error
        return Asked(
            account, names, dict(exchange.query), body, exchange.base_url, present().timestamp(), content=content
        )

    def _call(self, route: Route, asked: Asked) -> Call:
        account = asked.account

        def run(hidden_seconds: float) -> Answer:
            asked.hidden_seconds = hidden_seconds
            try:
                return route.do(self._world, asked)
            except LinkedInError as error:
                return error.answer()

        aim = Aim("linkedin", route.name, route.kind, (account.key, account.platform_id))
        return Call(aim, run, lambda fault: errors.trouble(fault, "/".join(asked.names)))


class TokensWire:
    """Serves `/linkedin/oauth/v2/accessToken` and `/linkedin/oauth/v2/revoke`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        name = exchange.path.rpartition("/")[2]
        if any(key in ("client_secret", "code", "refresh_token", "token") for key, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        try:
            form = await exchange.form()
        except (BadForm, TooLarge):
            return await exchange.reply(json_answer(400, {"error": "invalid_request"}))

        def run(_: float) -> Answer:
            try:
                if name == "revoke":
                    return consent.revoke(self._world, form)
                return consent.hand_out(self._world, form, present().timestamp())
            except Refused as refused:
                return consent.refusal(refused)

        # A fault may be meant for refreshing alone.
        method = "refresh" if form.text("grant_type") == "refresh_token" else name
        aim = Aim("linkedin", method, "consent", ())
        return await conduct(exchange, Call(aim, run, consent.trouble), self._world.faults, self._world.tally)
